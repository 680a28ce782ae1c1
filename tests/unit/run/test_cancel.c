/* Another thread cancels. */
#include <pthread.h>
#include <unistd.h>

#include "runs.h"
#include "unit.h"

enum { WAIT_MS = 30000, RUNS = 20 };

struct canceller {
	struct writ_host *host;
	uint64_t number;
	int r;
};

static void *
cancel_soon(void *arg)
{
	struct canceller *canceller = arg;

	usleep(50000);
	canceller->r = writ_cancel(canceller->host, canceller->number, WRIT_STOP_KILL, "thread");
	return NULL;
}

static void
a_call_that_waits_is_cancelled(void)
{
	struct canceller canceller = { 0 };
	pthread_t thread;
	struct run run;

	run_begin(&run);
	canceller.host = run.host;
	CHECK_INT(pthread_create(&thread, NULL, cancel_soon, &canceller), 0);
	RUN(&run, "/bin/sleep", "1000");
	pthread_join(thread, NULL);
	CHECK_INT(canceller.r, 0);
	CHECK_INT(run.res.cause, WRIT_CANCELLED);
	CHECK_TEXT(run.res.stopped_by, "thread");
	run_end(&run);
}

static void
one_of_many_is_cancelled_by_its_number(void)
{
	struct writ_events events = { .size = sizeof(events), .keep = true, .later = true };
	const char *const argv[] = { "/bin/sh", "-c", "sleep 0.3", NULL };
	struct writ_proc *procs[RUNS];
	struct canceller canceller = { 0 };
	pthread_t thread;
	struct run run;

	run_begin(&run);
	run.cmd.argv = argv;
	for (int i = 0; i < RUNS; i++)
		CHECK_INT(writ_start(run.host, &run.cmd, &events, &procs[i], &run.err), 0);
	canceller.host = run.host;
	canceller.number = writ_proc_number(procs[7]);
	CHECK_INT(pthread_create(&thread, NULL, cancel_soon, &canceller), 0);
	for (int i = 0; i < RUNS; i++) {
		struct writ_result *res = NULL;

		CHECK_INT(writ_proc_wait(procs[i], WAIT_MS, &res, &run.err), 0);
		CHECK_INT(res->cause, i == 7 ? WRIT_CANCELLED : WRIT_EXITED);
		writ_proc_free(procs[i]);
	}
	pthread_join(thread, NULL);
	/* it has ended: nothing happens */
	CHECK_INT(writ_cancel(run.host, canceller.number, WRIT_STOP_KILL, NULL), 0);
	CHECK_INT(writ_host_step(run.host), 0);
	run_end(&run);
}

static void
a_cancel_does_not_reach_a_later_run(void)
{
	struct run run;

	run_begin(&run);
	CHECK_INT(writ_cancel(run.host, 0, WRIT_STOP_KILL, NULL), 0);
	run_sh(&run, "exit 3");
	CHECK_INT(run.res.cause, WRIT_EXITED);
	CHECK_INT(run.res.exit_code, 3);
	run_end(&run);
}

static void
what_was_not_heard_is_freed_with_the_host(void)
{
	struct run run;

	run_begin(&run);
	CHECK_INT(writ_cancel(run.host, 0, WRIT_STOP_POLITE, NULL), 0);
	run_end(&run);
}

static const struct unit_test tests[] = {
	UNIT(a_call_that_waits_is_cancelled),
	UNIT(one_of_many_is_cancelled_by_its_number),
	UNIT(a_cancel_does_not_reach_a_later_run),
	UNIT(what_was_not_heard_is_freed_with_the_host),
};

int
main(void)
{
	return UNIT_RUN(tests);
}
