/* What a program leaves behind when it ends by itself. */
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "leak.h"
#include "runs.h"
#include "unit.h"

static void
what_is_left_behind_is_ended_and_counted(void)
{
	struct run run;

	run_begin(&run);
	run_sh(&run, "sleep 1000 >&- 2>&- & echo pid=$!");
	CHECK_INT(run.res.cause, WRIT_EXITED);
	CHECK_INT(run.res.exit_code, 0);
	CHECK_INT(run.res.left_behind.count, 1);
	CHECK_INT(run.res.left_behind.killed, 1);
	CHECK_INT(run.res.left_behind.survived, 0);
	CHECK(!run.res.forced); /* TERM was enough */
	CHECK_TEXT(run.res.stopped_by, "");
	CHECK(has_ended(told_number(&run.res.out, "pid")));
	run.cmd.teardown = runs_impatient;
	run_sh(&run, "trap '' TERM; for i in 1 2 3; do sleep 1000 >&- 2>&- & done; echo pid=$!");
	CHECK_INT(run.res.left_behind.count, 3);
	CHECK_INT(run.res.left_behind.killed, 3);
	CHECK(run.res.forced);
	CHECK_INT(run.res.cause, WRIT_EXITED);
	CHECK(has_ended(told_number(&run.res.out, "pid")));
	run_end(&run);
}

static void
a_double_fork_in_a_session_of_its_own_does_not_escape(void)
{
	struct run run;
	int64_t orphan;

	run_begin(&run);
	RUN(&run, CHILD("orphan"));
	orphan = told_number(&run.res.out, "orphan");
	if (run.res.containment < WRIT_LEVEL_LAUNCHER) {
		CHECK(!has_ended(orphan)); /* what docs/containment.md says of it */
		CHECK_INT(run.res.left_behind.count, 0);
		kill((pid_t)orphan, SIGKILL);
		check_ends(orphan);
	} else {
		CHECK(has_ended(orphan));
		CHECK_INT(run.res.left_behind.count, 1);
		CHECK_INT(run.res.left_behind.killed, 1);
	}
	CHECK(!run.res.out.held_by_descendant);
	run_end(&run);
}

static void
a_tree_that_is_kept_lives_on(void)
{
	struct run run;
	int64_t pid;
	int64_t orphan;

	run_begin(&run);
	run.cmd.keep_tree = true;
	run_sh(&run, "sleep 1000 >&- 2>&- & echo pid=$!; " CHILD("orphan"));
	pid = told_number(&run.res.out, "pid");
	orphan = told_number(&run.res.out, "orphan");
	CHECK_INT(run.res.left_behind.count, run.res.containment < WRIT_LEVEL_LAUNCHER ? 1 : 2);
	CHECK_INT(run.res.left_behind.kept, run.res.left_behind.count);
	CHECK_INT(run.res.left_behind.killed, 0);
	RUN(&run, "/bin/true");
	run_end(&run);
	CHECK(!has_ended(pid) && !has_ended(orphan));
	CHECK_INT(leak_count_groups(), 0); /* they were moved out of it */
	kill((pid_t)pid, SIGKILL);
	kill((pid_t)orphan, SIGKILL);
	check_ends(pid);
	check_ends(orphan);
}

static void
a_timeout_ends_a_tree_that_was_to_be_kept(void)
{
	struct run run;

	run_begin(&run);
	run.cmd.keep_tree = true;
	run.cmd.timeout_ms = 50;
	run_sh(&run, "sleep 1000 & echo pid=$!; sleep 1000");
	CHECK_INT(run.res.cause, WRIT_TIMEOUT);
	CHECK_INT(run.res.left_behind.kept, 0);
	CHECK(has_ended(told_number(&run.res.out, "pid")));
	run_end(&run);
}

static void
many_that_fork_at_once_are_all_ended(void)
{
	struct run run;

	run_begin(&run);
	run.cmd.teardown = runs_impatient;
	run_sh(&run, "trap '' TERM; for i in 1 2 3 4 5 6 7 8 9 10; do"
		     " (while :; do sleep 0.002; done) >&- 2>&- & done; sleep 0.02");
	CHECK_INT(run.res.cause, WRIT_EXITED);
	CHECK(run.res.left_behind.count >= 10);
	CHECK_INT(run.res.left_behind.survived, 0);
	run_end(&run);
}

/* In a fork: a subreaper gets the orphans of its runs, and must not keep them. */
static void
be_a_subreaper(void)
{
	struct run run;

	CHECK_INT(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
	run_begin(&run);
	RUN(&run, CHILD("orphan"));
	if (run.res.containment < WRIT_LEVEL_LAUNCHER) {
		/* it escaped, and is ours now: not the host's to end */
		kill((pid_t)told_number(&run.res.out, "orphan"), SIGKILL);
		check_ends(told_number(&run.res.out, "orphan"));
		run_end(&run);
		_exit(0);
	}
	CHECK(has_ended(told_number(&run.res.out, "orphan")));
	RUN(&run, "/bin/true");
	run_end(&run);
}

static void
a_host_that_is_a_subreaper_has_no_zombies(void)
{
	unit_fork(be_a_subreaper);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(what_is_left_behind_is_ended_and_counted),
		UNIT(a_double_fork_in_a_session_of_its_own_does_not_escape),
		UNIT(a_tree_that_is_kept_lives_on),
		UNIT(a_timeout_ends_a_tree_that_was_to_be_kept),
		UNIT(many_that_fork_at_once_are_all_ended),
		UNIT(a_host_that_is_a_subreaper_has_no_zombies),
	};

	return UNIT_RUN(tests);
}
