/* Many runs at once: each is told by itself, has its own, and ends. */
#include <errno.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "seen.h"
#include "unit.h"

enum { MANY = 200, CROWD = 12 };

static void
many_are_on_their_way_at_once(void)
{
	struct seen *many = calloc(MANY, sizeof(*many));
	struct seen seen;

	seen_begin(&seen);
	for (int i = 0; i < MANY; i++) {
		many[i] = seen;
		many[i].events.ctx = &many[i];
		many[i].run.cmd.out.kind = many[i].run.cmd.err.kind = WRIT_OUT_NULL;
		seen_start(&many[i], "/bin/sh", "exit 9");
	}
	seen_to_the_end(&seen);
	for (int i = 0; i < MANY; i++) {
		CHECK_TEXT(many[i].order, "SE");
		CHECK_INT(many[i].res.exit_code, 9);
		writ_result_done(&many[i].res);
	}
	free(many);
	seen_end(&seen);
}

/* In a fork: all descriptors are used up while a crowd runs. */
static void
end_without_a_descriptor(void)
{
	struct seen seen;
	struct seen *crowd = calloc(CROWD, sizeof(*crowd));
	int64_t pids[CROWD];
	int fds[1024];
	int count = 0;

	seen_begin(&seen);
	for (int i = 0; i < CROWD; i++) {
		crowd[i] = seen;
		crowd[i].events.ctx = &crowd[i];
		crowd[i].run.cmd.out.kind = crowd[i].run.cmd.err.kind = WRIT_OUT_NULL;
		seen_start(&crowd[i], "/bin/sh", "sleep 1000 & exec sleep 1000");
		pids[i] = writ_proc_id(crowd[i].proc)->pid;
	}
	for (int i = 0; i < 50; i++)
		writ_host_wait(seen.run.host, 5);
	while (count < 1024 && (fds[count] = dup(0)) >= 0)
		count++;
	CHECK_INT(errno, EMFILE);
	for (int i = 0; i < CROWD; i++)
		CHECK_INT(writ_stop(crowd[i].proc, WRIT_STOP_KILL, NULL), 0);
	seen_to_the_end(&seen);
	while (count > 0)
		close(fds[--count]);
	for (int i = 0; i < CROWD; i++) {
		CHECK_INT(crowd[i].res.cause, WRIT_CANCELLED);
		CHECK_INT(crowd[i].res.left_behind.survived, 0);
		if (pids[i] != 0)
			CHECK(has_ended(pids[i]));
		writ_result_done(&crowd[i].res);
	}
	free(crowd);
	seen_end(&seen);
}

static void
a_tree_is_not_taken_for_gone_when_there_is_no_descriptor_left(void)
{
	struct rlimit before;
	struct rlimit low = { 256, 256 };

	if (runs_level() == WRIT_LEVEL_SESSION)
		SKIP("who is in a session is looked up in /proc, with a descriptor");
	getrlimit(RLIMIT_NOFILE, &before);
	low.rlim_max = before.rlim_max;
	setrlimit(RLIMIT_NOFILE, &low);
	unit_fork(end_without_a_descriptor);
	setrlimit(RLIMIT_NOFILE, &before);
}

static void
of_a_crowd_each_has_its_own(void)
{
	struct run run;

	run_begin(&run);
	run_crowd(&run, 150); /* past where the table of descriptors is not copied any more */
	run_end(&run);
}

static const struct unit_test tests[] = {
	UNIT(many_are_on_their_way_at_once),
	UNIT(a_tree_is_not_taken_for_gone_when_there_is_no_descriptor_left),
	UNIT(of_a_crowd_each_has_its_own),
};

int
main(void)
{
	return UNIT_RUN(tests);
}
