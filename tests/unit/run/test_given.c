/* What the program is given: directory, identity, limits, descriptors. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runs.h"
#include "unit.h"

static char text[4096];

static void
starts_in_the_directory_asked_for(void)
{
	struct run run;
	char before[4096];

	CHECK(getcwd(before, sizeof(before)) != NULL);
	run_begin(&run);
	run.cmd.cwd = "/usr/lib";
	RUN(&run, CHILD("facts"));
	CHECK_TEXT(told(&run.res.out, "cwd", text, sizeof(text)), "/usr/lib");
	run.cmd.cwd = NULL;
	RUN(&run, CHILD("facts"));
	CHECK_TEXT(told(&run.res.out, "cwd", text, sizeof(text)), before);
	run.cmd.cwd = "";
	run_refused(&run, WRIT_LIST("/bin/true"), WRIT_E_INVAL, WRIT_STAGE_CHDIR);
	run_end(&run);
}

static void
gets_umask_and_nice_value_and_the_caller_keeps_its_own(void)
{
	struct run run;
	mode_t before = umask(022);
	int nice = getpriority(PRIO_PROCESS, 0);

	run_begin(&run);
	run.cmd.set_umask = true;
	run.cmd.umask = 0137;
	run.cmd.set_nice = true;
	run.cmd.nice = nice + 3;
	RUN(&run, CHILD("facts"));
	CHECK_INT(told_number(&run.res.out, "umask"), 0137);
	CHECK_INT(told_number(&run.res.out, "nice"), nice + 3);
	run.cmd.set_umask = run.cmd.set_nice = false;
	RUN(&run, CHILD("facts"));
	CHECK_INT(told_number(&run.res.out, "umask"), 022);
	CHECK_INT(told_number(&run.res.out, "nice"), nice);
	CHECK_INT(umask(before), 022);
	CHECK_INT(getpriority(PRIO_PROCESS, 0), nice);
	run_end(&run);
}

static void
gets_its_limits(void)
{
	struct run run;
	struct rlimit before;
	struct rlimit after;

	getrlimit(RLIMIT_NOFILE, &before);
	run_begin(&run);
	run.cmd.limits = WRIT_LIST("nofile=64:128", "core=0", "fsize=1K");
	RUN(&run, CHILD("facts"));
	CHECK_TEXT(told(&run.res.out, "nofile", text, sizeof(text)), "64:128");
	run_sh(&run, "ulimit -c; ulimit -n 128; ulimit -n");
	CHECK_TEXT(run.res.out.data, "0\n128\n");
	snprintf(text, sizeof(text), "exec " CHILD("flood") " 5000 > %s/big", unit_dir());
	run_sh(&run, text);
	CHECK_INT(run.res.signal, SIGXFSZ);
	run.cmd.limits = WRIT_LIST("nofile=64", "nofile=65");
	run_refused(&run, WRIT_LIST("/bin/true"), WRIT_E_INVAL, WRIT_STAGE_LIMIT);
	run.cmd.limits = WRIT_LIST("files=3");
	run_refused(&run, WRIT_LIST("/bin/true"), WRIT_E_SYNTAX, WRIT_STAGE_LIMIT);
	run_end(&run);
	getrlimit(RLIMIT_NOFILE, &after);
	CHECK(before.rlim_cur == after.rlim_cur && before.rlim_max == after.rlim_max);
}

static void
becomes_the_user_with_its_groups(void)
{
	struct run run;

	if (geteuid() != 0)
		SKIP("only root can become another user");
	run_begin(&run);
	run.cmd.user = "nobody";
	RUN(&run, "/usr/bin/id", "-u");
	CHECK(atoi(run.res.out.data) > 0);
	run.cmd.user = "12345:23456";
	run.cmd.program = CHILD("facts");
	/* the build directory may be closed to others: through a descriptor */
	int fd = open(CHILD("facts"), O_RDONLY | O_CLOEXEC);
	struct writ_pass pass = { fd, 9 };

	run.cmd.pass = &pass;
	run.cmd.pass_count = 1;
	run.cmd.program = "/bin/sh";
	RUN(&run, "sh", "-c", "exec /proc/self/fd/9");
	CHECK_INT(told_number(&run.res.out, "uid"), 12345);
	CHECK_INT(told_number(&run.res.out, "euid"), 12345);
	CHECK_INT(told_number(&run.res.out, "gid"), 23456);
	CHECK_INT(told_number(&run.res.out, "egid"), 23456);
	CHECK_TEXT(told(&run.res.out, "groups", text, sizeof(text)), "23456 ");
	CHECK_INT(told_number(&run.res.out, "sid"), told_number(&run.res.out, "pid"));
	if (runs_level() != WRIT_LEVEL_ANY)
		CHECK_INT(run.res.containment, runs_level());
	close(fd);
	run_end(&run);
}

static void
another_user_is_ended_like_any_other(void)
{
	struct run run;

	if (geteuid() != 0)
		SKIP("only root can become another user");
	run_begin(&run);
	run.cmd.user = "nobody";
	run.cmd.timeout_ms = 100;
	run.cmd.teardown = runs_impatient;
	run_sh(&run, "trap '' TERM; sleep 1000 & echo pid=$!; while :; do sleep 1000; done");
	CHECK_INT(run.res.cause, WRIT_TIMEOUT);
	CHECK(run.res.forced);
	CHECK_INT(run.res.left_behind.survived, 0);
	CHECK(has_ended(told_number(&run.res.out, "pid")));
	run.cmd.timeout_ms = 0;
	run.cmd.cwd = "/root"; /* entered with the rights of the user */
	run.err = (struct writ_error){ 0 };
	run.cmd.argv = WRIT_LIST("/bin/true");
	run.r = writ_run(run.host, &run.cmd, &run.res, &run.err);
	CHECK(run.r == 0 || run.err.stage == WRIT_STAGE_CHDIR);
	run_end(&run);
}

static void
an_unknown_user_is_refused(void)
{
	struct run run;

	run_begin(&run);
	run.cmd.user = "no-such-user";
	run_refused(&run, WRIT_LIST("/bin/true"), WRIT_E_NOT_FOUND, WRIT_STAGE_USER);
	run.cmd.user = "54321";
	run_refused(&run, WRIT_LIST("/bin/true"), WRIT_E_NOT_FOUND, WRIT_STAGE_USER);
	CHECK(run.err.hint[0] != '\0');
	run_end(&run);
}

static void
gets_the_descriptors_passed_and_no_other(void)
{
	struct run run;
	int ends[2];
	char buf[8] = "";

	CHECK_INT(pipe(ends), 0);
	run_begin(&run);
	struct writ_pass pass[] = { { ends[1], 7 }, { ends[0], ends[1] }, { 2, 40 } };

	run.cmd.pass = pass;
	run.cmd.pass_count = 3;
	RUN(&run, CHILD("facts"));
	snprintf(text + 2048, 1024, "0 1 2 %s%d %s40 ", ends[1] < 7 ? "" : "7 ", ends[1],
		 ends[1] < 7 ? "7 " : "");
	CHECK_TEXT(told(&run.res.out, "fds", text, 1024), text + 2048);
	run_sh(&run, "echo hi >&7");
	CHECK_INT(read(ends[0], buf, sizeof(buf)), 3);
	CHECK_TEXT(buf, "hi\n");
	pass[0].to = 2;
	run_refused(&run, WRIT_LIST("/bin/true"), WRIT_E_INVAL, WRIT_STAGE_DESCRIPTOR);
	pass[0].to = 40;
	run_refused(&run, WRIT_LIST("/bin/true"), WRIT_E_INVAL, WRIT_STAGE_DESCRIPTOR);
	pass[0] = (struct writ_pass){ 999, 7 };
	run_refused(&run, WRIT_LIST("/bin/true"), WRIT_E_INVAL, WRIT_STAGE_DESCRIPTOR);
	close(ends[0]);
	close(ends[1]);
	run_end(&run);
}

static void
two_descriptors_can_change_places(void)
{
	struct run run;
	int a[2];
	int b[2];
	char buf[8] = "";

	CHECK_INT(pipe2(a, O_CLOEXEC) | pipe2(b, O_CLOEXEC), 0);
	run_begin(&run);
	struct writ_pass pass[] = { { a[1], b[1] }, { b[1], a[1] } };

	run.cmd.pass = pass;
	run.cmd.pass_count = 2;
	snprintf(text, sizeof(text), "echo a >&%d; echo b >&%d", b[1], a[1]);
	run_sh(&run, text);
	CHECK_INT(read(a[0], buf, sizeof(buf)), 2);
	CHECK_TEXT(buf, "a\n");
	CHECK_INT(read(b[0], buf, sizeof(buf)), 2);
	CHECK_TEXT(buf, "b\n");
	for (int i = 0; i < 2; i++) {
		close(a[i]);
		close(b[i]);
	}
	run_end(&run);
}

/* In a fork: all eight ways to have some of 0, 1, 2 closed. */
static void
close_standard_streams(void)
{
	for (int closed = 0; closed < 8; closed++) {
		struct run run;
		int kept[3];

		for (int fd = 0; fd < 3; fd++) {
			kept[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 10);
			if (closed & 1 << fd)
				close(fd);
		}
		run_begin(&run);
		run.cmd.in = (struct writ_in){ .kind = WRIT_IN_DATA, .data = "xyz", .len = 3 };
		RUN(&run, CHILD("both"));
		CHECK_TEXT(run.res.out.data, "xyz");
		CHECK_TEXT(run.res.err.data, "xyz");
		run.cmd.in = (struct writ_in){ .kind = WRIT_IN_INHERIT };
		run.cmd.err = (struct writ_out){ .kind = WRIT_OUT_INHERIT };
		RUN(&run, CHILD("facts"));
		CHECK_TEXT(told(&run.res.out, "fds", text, sizeof(text)), "0 1 2 ");
		for (int fd = 0; fd < 3; fd++) /* nothing of ours took its place */
			CHECK((fcntl(fd, F_GETFD) < 0) == ((closed & 1 << fd) != 0));
		run_end(&run);
		for (int fd = 0; fd < 3; fd++) {
			dup2(kept[fd], fd);
			close(kept[fd]);
		}
	}
}

static void
a_caller_without_standard_streams_is_served(void)
{
	unit_fork(close_standard_streams);
}

static void
gets_a_session_of_its_own_and_clean_signals(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };
	struct sigaction before[3];
	static const int signals[] = { SIGPIPE, SIGUSR2, SIGINT };
	sigset_t some;
	sigset_t mask;
	struct run run;

	for (int i = 0; i < 3; i++)
		sigaction(signals[i], &ignore, &before[i]);
	sigemptyset(&some);
	sigaddset(&some, SIGTERM);
	sigaddset(&some, SIGHUP);
	sigaddset(&some, SIGRTMIN + 3);
	sigprocmask(SIG_BLOCK, &some, &mask);
	run_begin(&run);
	RUN(&run, CHILD("facts"));
	CHECK_TEXT(told(&run.res.out, "blocked", text, sizeof(text)), "0");
	CHECK_TEXT(told(&run.res.out, "ignored", text, sizeof(text)), "0");
	CHECK_INT(told_number(&run.res.out, "sid"), told_number(&run.res.out, "pid"));
	run_end(&run);
	sigprocmask(SIG_SETMASK, &mask, &some);
	CHECK(sigismember(&some, SIGTERM) && sigismember(&some, SIGRTMIN + 3));
	for (int i = 0; i < 3; i++) {
		sigaction(signals[i], &before[i], &ignore);
		CHECK(ignore.sa_handler == SIG_IGN);
	}
}

static void
stays_in_the_session_of_the_caller_if_asked(void)
{
	struct run run;

	run_begin(&run);
	run.cmd.same_session = true;
	run.cmd.contain = WRIT_LEVEL_ANY; /* a session that is ours too is no cage */
	RUN(&run, CHILD("facts"));
	CHECK_INT(told_number(&run.res.out, "sid"), getsid(0));
	run_end(&run);

	run_begin(&run);
	run.cmd.same_session = true;
	run.cmd.user = "65534";
	run_refused(&run, WRIT_LIST(CHILD("facts")), WRIT_E_INVAL, WRIT_STAGE_SESSION);
	run_end(&run);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(starts_in_the_directory_asked_for),
		UNIT(gets_umask_and_nice_value_and_the_caller_keeps_its_own),
		UNIT(gets_its_limits),
		UNIT(becomes_the_user_with_its_groups),
		UNIT(another_user_is_ended_like_any_other),
		UNIT(an_unknown_user_is_refused),
		UNIT(gets_the_descriptors_passed_and_no_other),
		UNIT(two_descriptors_can_change_places),
		UNIT(a_caller_without_standard_streams_is_served),
		UNIT(gets_a_session_of_its_own_and_clean_signals),
		UNIT(stays_in_the_session_of_the_caller_if_asked),
	};

	return UNIT_RUN(tests);
}
