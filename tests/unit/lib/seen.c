#include "seen.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

enum { WAIT_MS = 30000 };

void
seen_note(struct seen *seen, char letter)
{
	size_t len = strlen(seen->order);

	if (len < sizeof(seen->order) - 1 && (len == 0 || seen->order[len - 1] != letter))
		seen->order[len] = letter;
}

static void
note_start(void *ctx, struct writ_proc *proc)
{
	struct seen *seen = ctx;

	seen_note(seen, 'S');
	seen->started_pid = writ_proc_id(proc)->pid;
	if (seen->stop_at_start)
		CHECK_INT(writ_stop(proc, WRIT_STOP_POLITE, NULL), 0);
	if (seen->free_at_start)
		writ_proc_free(proc);
}

int
seen_output(void *ctx, struct writ_proc *proc, enum writ_stream stream, const void *data,
	    size_t len)
{
	(void)proc;
	(void)stream;
	(void)data;
	(void)len;
	seen_note(ctx, 'O');
	return WRIT_FLOW_ON;
}

static void
note_end(void *ctx, struct writ_proc *proc, struct writ_result *res)
{
	struct seen *seen = ctx;

	(void)proc;
	seen_note(seen, 'E');
	seen->res = *res;
	*res = (struct writ_result){ 0 };
}

void
seen_begin(struct seen *seen)
{
	*seen = (struct seen){ 0 };
	run_begin(&seen->run);
	seen->events = (struct writ_events){ .size = sizeof(seen->events),
					     .ctx = seen,
					     .later = true,
					     .started = note_start,
					     .ended = note_end };
}

void
seen_end(struct seen *seen)
{
	writ_result_done(&seen->res);
	run_end(&seen->run);
}

/* What is said to it lives no longer than the call. */
void
seen_start(struct seen *seen, const char *program, const char *argument)
{
	char *words = strdup(program);
	char *more = strdup(argument);
	const char *argv[] = { words, "-c", more, NULL };

	seen->run.cmd.argv = argv;
	CHECK_INT(writ_start(seen->run.host, &seen->run.cmd, &seen->events, &seen->proc,
			     &seen->run.err),
		  0);
	memset(words, 'x', strlen(words));
	memset(more, 'x', strlen(more));
	free(words);
	free(more);
}

void
seen_to_the_end(struct seen *seen)
{
	int left = 1;

	for (int i = 0; i < 100000 && left > 0; i++)
		left = writ_host_wait(seen->run.host, WAIT_MS);
	CHECK_INT(left, 0);
}
