/* Ending a run: by time, by its silence, by its caller, politely and not. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runs.h"
#include "unit.h"

static void
a_timeout_ends_the_whole_tree(void)
{
	struct run run;

	run_begin(&run);
	run.cmd.timeout_ms = 100;
	run_sh(&run, "sleep 1000 & echo pid=$!; sleep 1000");
	CHECK_INT(run.res.cause, WRIT_TIMEOUT);
	CHECK(run.res.timed_out && !run.res.forced);
	CHECK_TEXT(run.res.stopped_by, "timeout");
	CHECK_INT(run.res.signal, SIGTERM);
	CHECK_INT(writ_result_status(&run.res), 124);
	CHECK(has_ended(told_number(&run.res.out, "pid")));
	CHECK(run.res.wall_ns >= 100000000);
	run_end(&run);
}

static void
kill_follows_when_term_is_ignored(void)
{
	static const struct writ_teardown steps[] = { { SIGINT, 500 }, { SIGTERM, 500 } };
	struct run run;

	run_begin(&run);
	run.cmd.timeout_ms = 500; /* it must have come so far */
	run.cmd.teardown = steps;
	run.cmd.teardown_count = 2;
	run_sh(&run, "trap 'echo int' INT; trap 'echo term' TERM; echo ready;"
		     "while :; do sleep 0.005; done");
	CHECK_TEXT(run.res.out.data, "ready\nint\nterm\n");
	CHECK_INT(run.res.cause, WRIT_TIMEOUT);
	CHECK(run.res.forced);
	CHECK_INT(run.res.signal, SIGKILL);
	run_end(&run);
}

static void
a_timeout_can_be_answered_by_a_good_end(void)
{
	struct run run;

	run_begin(&run);
	run.cmd.timeout_ms = 500;
	run_sh(&run, "trap 'echo bye; exit 7' TERM; while :; do sleep 0.005; done");
	CHECK_INT(run.res.cause, WRIT_TIMEOUT);
	CHECK_INT(run.res.exit_code, 7);
	CHECK_TEXT(run.res.out.data, "bye\n");
	CHECK(!run.res.forced);
	run_end(&run);
}

static void
what_is_stopped_is_ended_too(void)
{
	struct run run;

	run_begin(&run);
	run.cmd.timeout_ms = 50;
	run_sh(&run, "kill -STOP $$");
	CHECK_INT(run.res.cause, WRIT_TIMEOUT);
	CHECK_INT(run.res.signal, SIGTERM);
	CHECK(!run.res.forced);
	run_end(&run);
}

static void
what_left_its_session_is_ended_too_where_that_is_promised(void)
{
	struct run run;
	int64_t orphan;

	run_begin(&run);
	run.cmd.timeout_ms = 1000; /* it must have left by then */
	run_sh(&run, CHILD("orphan") "; exec sleep 1000");
	orphan = told_number(&run.res.out, "orphan");
	CHECK_INT(run.res.cause, WRIT_TIMEOUT);
	if (run.res.containment < WRIT_LEVEL_LAUNCHER) {
		CHECK(!has_ended(orphan)); /* a session does not hold it, and promises not to */
		kill((pid_t)orphan, SIGKILL);
		check_ends(orphan);
	}
	CHECK(has_ended(orphan));
	run_end(&run);
}

static void
silence_ends_it_and_output_does_not(void)
{
	struct run run;

	run_begin(&run);
	run.cmd.idle_timeout_ms = 300;
	run_sh(&run, "for i in 1 2 3 4 5 6; do echo $i; sleep 0.1; done; echo done; sleep 1000");
	CHECK_TEXT(run.res.out.data, "1\n2\n3\n4\n5\n6\ndone\n");
	CHECK_INT(run.res.cause, WRIT_IDLE_TIMEOUT);
	CHECK_TEXT(run.res.stopped_by, "idle");
	CHECK(run.res.timed_out);
	CHECK_INT(writ_result_status(&run.res), 124);
	run.cmd.out.kind = run.cmd.err.kind = WRIT_OUT_NULL;
	run_refused(&run, WRIT_LIST("/bin/true"), WRIT_E_INVAL, WRIT_STAGE_TIME);
	run_end(&run);
}

static bool is_ready;

static int
note_ready(void *ctx, struct writ_proc *proc, enum writ_stream stream, const void *data, size_t len)
{
	(void)ctx;
	(void)proc;
	(void)stream;
	(void)data;
	is_ready = len > 0;
	return WRIT_FLOW_ON;
}

/* Starts it; with a script that says so on its error output, waits until it is
 * ready. */
static struct writ_proc *
start(struct run *run, const char *script)
{
	struct writ_events events = { .size = sizeof(events), .keep = true };
	struct writ_proc *proc = NULL;
	static const char *argv[4] = { "/bin/sh", "-c" };

	argv[2] = script;
	run->cmd.argv = argv;
	run->cmd.err = (struct writ_out){ .kind = WRIT_OUT_STREAM, .sink = note_ready };
	is_ready = strstr(script, "ready") == NULL;
	CHECK_INT(writ_start(run->host, &run->cmd, &events, &proc, &run->err), 0);
	while (!is_ready && writ_host_wait(run->host, 30000) > 0)
		;
	CHECK(is_ready);
	return proc;
}

static void
its_caller_can_end_it(void)
{
	struct writ_result *res = NULL;
	struct writ_proc *proc;
	struct run run;

	run_begin(&run);
	proc = start(&run, "sleep 1000");
	CHECK_INT(writ_proc_wait(proc, 30, &res, NULL), WRIT_E_STATE); /* it runs */
	CHECK(res == NULL);
	CHECK_INT(writ_id_state(writ_proc_id(proc), NULL), WRIT_ID_RUNNING);
	CHECK_INT(writ_stop(proc, WRIT_STOP_POLITE, "a-name-that-is-long"), 0);
	CHECK_INT(writ_stop(proc, WRIT_STOP_POLITE, "again"), 0);
	CHECK_INT(writ_proc_wait(proc, -1, &res, NULL), 0);
	CHECK_INT(res->cause, WRIT_CANCELLED);
	CHECK_TEXT(res->stopped_by, "a-name-that-is-");
	CHECK_INT(writ_result_status(res), 128 + SIGTERM);
	CHECK_INT(writ_stop(proc, WRIT_STOP_KILL, NULL), WRIT_E_STATE);
	CHECK_INT(writ_proc_signal(proc, SIGTERM, NULL), WRIT_E_GONE);
	CHECK(writ_proc_free(proc) == NULL);
	run_end(&run);
}

static void
kill_makes_a_polite_end_quicker(void)
{
	static const struct writ_teardown patient[] = { { SIGTERM, 1000000 } };
	struct writ_result *res = NULL;
	struct writ_proc *proc;
	struct run run;

	run_begin(&run);
	run.cmd.teardown = patient;
	proc = start(&run, "trap '' TERM; echo ready >&2; while :; do sleep 1000; done");
	CHECK_INT(writ_stop(proc, WRIT_STOP_POLITE, NULL), 0);
	CHECK_INT(writ_proc_wait(proc, 50, &res, NULL), WRIT_E_STATE);
	CHECK_INT(writ_stop(proc, WRIT_STOP_KILL, NULL), 0);
	CHECK_INT(writ_proc_wait(proc, 30000, &res, NULL), 0);
	CHECK(res->forced);
	CHECK_TEXT(res->stopped_by, "caller");
	CHECK_INT(res->signal, SIGKILL);
	writ_proc_free(proc);
	run_end(&run);
}

static void
one_signal_goes_to_the_program_alone(void)
{
	struct writ_result *res = NULL;
	struct writ_proc *proc;
	struct run run;

	run_begin(&run);
	proc = start(&run, "trap 'exit 9' USR1; sleep 1000 & echo ready >&2; wait; wait");
	CHECK_INT(writ_proc_signal(proc, SIGUSR1, &run.err), 0);
	CHECK_INT(writ_proc_wait(proc, 30000, &res, NULL), 0);
	CHECK_INT(res->cause, WRIT_EXITED);
	CHECK_INT(res->exit_code, 9);
	CHECK_INT(res->left_behind.killed, 1);
	writ_proc_free(proc);
	run_end(&run);
}

static void
freeing_a_run_ends_it_and_leaves_nothing(void)
{
	struct writ_proc *proc;
	struct writ_id id;
	struct run run;

	run_begin(&run);
	proc = start(&run, "sleep 1000 & sleep 1000");
	id = *writ_proc_id(proc);
	writ_proc_free(proc);
	check_ends(id.pid);
	proc = start(&run, "sleep 1000");
	id = *writ_proc_id(proc);
	run_end(&run); /* and so does freeing its host */
	check_ends(id.pid);
}

static void
many_at_once_end_each_in_its_way(void)
{
	enum { COUNT = 12 };
	struct writ_proc *procs[COUNT];
	struct writ_result *res = NULL;
	struct run run;

	run_begin(&run);
	for (int i = 0; i < COUNT; i++) {
		run.cmd.timeout_ms = i % 3 == 0 ? 50 : 0;
		procs[i] = start(&run, i % 3 == 2 ? "exit 5" : "exec sleep 1000");
	}
	for (int i = 1; i < COUNT; i += 3)
		writ_stop(procs[i], WRIT_STOP_KILL, NULL);
	for (int i = COUNT - 1; i >= 0; i--) {
		static const int causes[] = { WRIT_TIMEOUT, WRIT_CANCELLED, WRIT_EXITED };

		CHECK_INT(writ_proc_wait(procs[i], 30000, &res, NULL), 0);
		CHECK_INT(res->cause, causes[i % 3]);
		writ_proc_free(procs[i]);
	}
	CHECK_INT(writ_host_step(run.host), 0);
	CHECK_INT(writ_host_wait_ms(run.host), -1);
	run_end(&run);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(a_timeout_ends_the_whole_tree),
		UNIT(kill_follows_when_term_is_ignored),
		UNIT(a_timeout_can_be_answered_by_a_good_end),
		UNIT(what_is_stopped_is_ended_too),
		UNIT(what_left_its_session_is_ended_too_where_that_is_promised),
		UNIT(silence_ends_it_and_output_does_not),
		UNIT(its_caller_can_end_it),
		UNIT(kill_makes_a_polite_end_quicker),
		UNIT(one_signal_goes_to_the_program_alone),
		UNIT(freeing_a_run_ends_it_and_leaves_nothing),
		UNIT(many_at_once_end_each_in_its_way),
	};

	return UNIT_RUN(tests);
}
