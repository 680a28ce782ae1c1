/* seen.h - a run that nobody waits for, and what was told of it, in its order. */
#ifndef TEST_SEEN_H
#define TEST_SEEN_H

#include "runs.h"

struct seen {
	struct run run;
	struct writ_proc *proc;
	struct writ_events events;
	char order[32]; /* S started, O output, E ended, as they came */
	struct writ_result res;
	int64_t started_pid;
	bool free_at_start;
	bool stop_at_start;
	struct writ_error err;
};

/* With a host of the level that the tests run at; gives all back. */
void seen_begin(struct seen *seen);
void seen_end(struct seen *seen);

/* Starts PROGRAM -c ARGUMENT `later`. */
void seen_start(struct seen *seen, const char *program, const char *argument);

/* Steps until nothing runs. */
void seen_to_the_end(struct seen *seen);

/* A sink, whose context is the struct seen. */
int seen_output(void *ctx, struct writ_proc *proc, enum writ_stream stream, const void *data,
		size_t len);

/* One more letter, if it is not the last there is. */
void seen_note(struct seen *seen, char letter);

#endif
