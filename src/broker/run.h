/* run.h - one request that was accepted, from its start to its result. */
#ifndef WRIT_BROKER_RUN_H
#define WRIT_BROKER_RUN_H

#include "meter.h"
#include "monitor.h"

struct run {
	struct run *next; /* of the same peer */
	struct run **link;
	struct monitor *monitor;
	struct peer *peer;
	uint64_t id;
	bool wants_record;
	struct writ_proc *proc; /* NULL: it has ended, or did not start */
	struct meter out;
	struct meter err;
	bool has_ended; /* the program; the answer waits for the meters */
	struct wire_result result;
	struct rulebook *book;
	const struct policy_rule *rule;
};

/* Judges the request in `frame` and starts it, or refuses it: either is answered and
 * recorded. The descriptors stay the caller's. */
void run_ask(struct monitor *monitor, struct peer *peer, const struct wire_frame *frame,
	     const int *fds, unsigned fd_count);

struct run *run_find(const struct peer *peer, uint64_t id);
void run_signal(struct run *run, unsigned number);

/* A meter of the run has ended. */
void run_note_meter(struct run *run);

/* TERM, and KILL 5 s later; or KILL at once. */
void run_stop(struct run *run, bool at_once);

#endif
