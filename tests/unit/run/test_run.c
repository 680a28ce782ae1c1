/* What comes of one run: how it ended, and what was refused. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runs.h"
#include "unit.h"

static void
captures_both_outputs(void)
{
	struct run run;

	run_begin(&run);
	run_sh(&run, "echo out; echo err >&2");
	CHECK_TEXT(run.res.out.data, "out\n");
	CHECK_TEXT(run.res.err.data, "err\n");
	CHECK_INT(run.res.out.len, 4);
	CHECK_INT(run.res.out.bytes, 4);
	CHECK(!run.res.out.truncated && !run.res.out.held_by_descendant);
	CHECK_INT(run.res.cause, WRIT_EXITED);
	CHECK_INT(run.res.exit_code, 0);
	CHECK_INT(run.res.signal, 0);
	CHECK_INT(run.res.left_behind.count, 0);
	CHECK(!run.res.forced && !run.res.timed_out);
	CHECK_TEXT(run.res.stopped_by, "");
	run_end(&run);
}

static void
reaches_the_level_that_was_asked_for(void)
{
	struct run run;

	run_begin(&run);
	RUN(&run, "/bin/true");
	if (runs_level() != WRIT_LEVEL_ANY)
		CHECK_INT(run.res.containment, runs_level());
	CHECK(run.res.guarded == (run.res.containment >= WRIT_LEVEL_LAUNCHER));
	run_end(&run);
}

static void
tells_each_exit_code(void)
{
	struct run run;

	run_begin(&run);
	for (int code = 0; code <= 255; code += 51) {
		char script[32];

		snprintf(script, sizeof(script), "exit %d", code);
		run_sh(&run, script);
		CHECK_INT(run.res.cause, WRIT_EXITED);
		CHECK_INT(run.res.exit_code, code);
		CHECK_INT(writ_result_status(&run.res), code);
	}
	run_end(&run);
}

static void
tells_the_signal_that_ended_it(void)
{
	struct run run;

	run_begin(&run);
	run.cmd.limits = WRIT_LIST("core=0");
	run_sh(&run, "kill -TERM $$");
	CHECK_INT(run.res.cause, WRIT_SIGNALED);
	CHECK_INT(run.res.signal, SIGTERM);
	CHECK_INT(run.res.exit_code, -1);
	CHECK_INT(writ_result_status(&run.res), 128 + SIGTERM);
	CHECK(!run.res.core_dumped);
	run_sh(&run, "kill -SEGV $$");
	CHECK_INT(run.res.signal, SIGSEGV);
	run_sh(&run, "kill -KILL $$");
	CHECK_INT(run.res.signal, SIGKILL);
	CHECK(!run.res.forced);
	run_end(&run);
}

static void
tells_who_ran_and_for_how_long(void)
{
	struct run run;
	struct writ_result first;

	run_begin(&run);
	run_sh(&run, "echo pid=$$");
	CHECK_INT(run.res.identity.pid, told_number(&run.res.out, "pid"));
	CHECK(run.res.identity.kind != WRIT_ID_NONE);
	CHECK_INT(writ_id_state(&run.res.identity, NULL), WRIT_ID_GONE);
	CHECK(run.res.wall_ns > 0 && run.res.started_ns > 1600000000000000000);
	CHECK_INT(strlen(run.res.id), 26);
	first = run.res;
	RUN(&run, "/bin/true");
	CHECK(strncmp(first.id, run.res.id, 10) <= 0); /* the time in it */
	CHECK(strcmp(first.id, run.res.id) != 0);
	CHECK(!writ_id_same(&first.identity, &run.res.identity));
	run_end(&run);
}

static void
tells_what_was_used_and_by_which_account(void)
{
	static const int sources[] = { [WRIT_LEVEL_CGROUP] = WRIT_SOURCE_CGROUP,
				       [WRIT_LEVEL_LAUNCHER] = WRIT_SOURCE_LAUNCHER,
				       [WRIT_LEVEL_SESSION] = WRIT_SOURCE_RUSAGE };
	struct run run;

	run_begin(&run);
	run_sh(&run, "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done");
	CHECK_INT(run.res.usage.source, sources[run.res.containment]);
	CHECK(run.res.usage.user_ns + run.res.usage.sys_ns > 1000000);
	CHECK(run.res.usage.user_ns < 60000000000);
	CHECK_INT(run.res.usage.max_rss_source, WRIT_SOURCE_LARGEST_PROCESS);
	CHECK(run.res.usage.max_rss_bytes > 100000);
	RUN(&run, "/bin/true"); /* what the first used is not the second's */
	CHECK(run.res.usage.user_ns + run.res.usage.sys_ns < 50000000);
	run_end(&run);
}

static void
needs_no_host(void)
{
	struct writ_cmd cmd = { .argv = WRIT_LIST("/bin/echo", "hi") };
	struct writ_result res = { 0 };

	CHECK_INT(writ_run(NULL, &cmd, &res, NULL), 0);
	CHECK_TEXT(res.out.data, "hi\n");
	writ_result_done(&res);
	CHECK(res.out.data == NULL);
	writ_result_done(&res);
	writ_result_done(NULL);
}

static void
gives_nothing_that_was_not_asked_for(void)
{
	struct run run;
	char text[256];
	int fd = open("/dev/null", O_RDONLY); /* not close-on-exec */

	CHECK(fd > 2);
	run_begin(&run);
	run.cmd.env.preset = WRIT_ENV_NONE;
	run_do(&run, WRIT_LIST("/usr/bin/env"));
	CHECK_TEXT(run.res.out.data != NULL ? run.res.out.data : "", "");
	RUN(&run, CHILD("facts"));
	CHECK_TEXT(told(&run.res.out, "fds", text, sizeof(text)), "0 1 2 ");
	CHECK_TEXT(told(&run.res.out, "argc", text, sizeof(text)), "1");
	RUN(&run, "/bin/cat"); /* the null device */
	CHECK_INT(run.res.out.bytes, 0);
	CHECK_INT(run.res.exit_code, 0);
	run_end(&run);
	close(fd);
}

static void
passes_arguments_as_they_are(void)
{
	struct run run;

	run_begin(&run);
	RUN(&run, "/usr/bin/printf", "%s|", "", "a b", "$HOME", "\n", "*", "\xff", "--");
	CHECK_TEXT(run.res.out.data, "|a b|$HOME|\n|*|\xff|--|");
	run.cmd.program = "/bin/sh"; /* argv[0] is free */
	RUN(&run, "name of mine", "-c", "echo $0 $1", "x", "y");
	CHECK_TEXT(run.res.out.data, "x y\n");
	run_end(&run);
}

static void
says_why_nothing_could_run(void)
{
	struct run run;
	char path[128];

	run_begin(&run);
	run_refused(&run, WRIT_LIST("/no/such/program"), WRIT_E_NOT_FOUND, WRIT_STAGE_SEARCH);
	CHECK_INT(run.err.err_no, ENOENT);
	run.cmd.path = "/usr/bin:/bin";
	run_refused(&run, WRIT_LIST("no-such-program-here"), WRIT_E_NOT_FOUND, WRIT_STAGE_SEARCH);
	run_refused(&run, WRIT_LIST("/etc"), WRIT_E_NOT_EXECUTABLE, WRIT_STAGE_SEARCH);
	run_refused(&run, WRIT_LIST("/etc/passwd"), WRIT_E_NOT_EXECUTABLE, WRIT_STAGE_SEARCH);
	CHECK(run.res.out.data == NULL && run.res.identity.pid == 0); /* untouched */

	snprintf(path, sizeof(path), "%s/bad", unit_dir());
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

	CHECK_INT(write(fd, "#!/no/such/interpreter\n", 23), 23);
	close(fd);
	run_refused(&run, WRIT_LIST(path), WRIT_E_NOT_FOUND, WRIT_STAGE_EXEC);
	fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
	CHECK_INT(write(fd, "\177ELF nonsense", 13), 13);
	close(fd);
	run_refused(&run, WRIT_LIST(path), WRIT_E_NOT_EXECUTABLE, WRIT_STAGE_EXEC);
	run.cmd.cwd = "/no/such/directory";
	run_refused(&run, WRIT_LIST("/bin/true"), WRIT_E_SYS, WRIT_STAGE_CHDIR);
	CHECK_INT(run.err.err_no, ENOENT);
	CHECK_TEXT(run.err.subject, "/no/such/directory");
	run_end(&run);
}

static void
refuses_to_run_below_the_level_asked_for(void)
{
	struct writ_host_options options = { sizeof(options), NULL, WRIT_LEVEL_SESSION };
	struct writ_cmd cmd = { .argv = WRIT_LIST("/bin/true"), .contain = WRIT_LEVEL_LAUNCHER };
	struct writ_host *host = NULL;
	struct writ_result res = { 0 };
	struct writ_error err = { 0 };

	CHECK_INT(writ_host_new(&options, &host, NULL), 0);
	CHECK_INT(writ_run(host, &cmd, &res, &err), WRIT_E_UNSUPPORTED);
	CHECK_INT(err.stage, WRIT_STAGE_CONTAIN);
	cmd.contain = WRIT_LEVEL_SESSION;
	CHECK_INT(writ_run(host, &cmd, &res, &err), 0);
	CHECK_INT(res.containment, WRIT_LEVEL_SESSION);
	writ_result_done(&res);
	CHECK(writ_host_free(host) == NULL);
	CHECK(writ_host_free(NULL) == NULL);
}

static void
waits_for_a_file_that_another_has_open_for_writing(void)
{
	struct run run;
	char path[128];
	int fd;

	run_begin(&run);
	snprintf(path, sizeof(path), "%s/busy", unit_dir());
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	CHECK_INT(write(fd, "#!/bin/sh\necho ran\n", 19), 19);
	close(fd);
	RUN(&run, path);
	CHECK_TEXT(run.res.out.data, "ran\n");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	run_refused(&run, WRIT_LIST(path), WRIT_E_NOT_EXECUTABLE, WRIT_STAGE_EXEC);
	CHECK_INT(run.err.err_no, ETXTBSY);
	close(fd);
	run_end(&run);
}

static void
keeps_to_the_size_that_a_caller_knows(void)
{
	struct writ_cmd cmd = WRIT_CMD("true");
	struct writ_result res = { .size = sizeof(size_t) + sizeof(res.id) };
	struct writ_error err = { 0 };

	memset((char *)&res + 64, 0x5a, 64);
	CHECK_INT(writ_run(NULL, &cmd, &res, NULL), 0);
	CHECK_INT(((unsigned char *)&res)[64 + 63], 0x5a);
	cmd.size = sizeof(cmd) + 8;
	CHECK_INT(writ_run(NULL, &cmd, &res, &err), WRIT_E_INVAL);
}

static void
runs_a_hundred_one_after_the_other(void)
{
	struct run run;

	run_begin(&run);
	for (int i = 0; i < 100; i++) {
		RUN(&run, "/bin/echo", "x");
		CHECK_TEXT(run.res.out.data, "x\n");
	}
	CHECK_INT(run.res.left_behind.count, 0);
	run_end(&run);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(captures_both_outputs),
		UNIT(reaches_the_level_that_was_asked_for),
		UNIT(tells_each_exit_code),
		UNIT(tells_the_signal_that_ended_it),
		UNIT(tells_who_ran_and_for_how_long),
		UNIT(tells_what_was_used_and_by_which_account),
		UNIT(needs_no_host),
		UNIT(gives_nothing_that_was_not_asked_for),
		UNIT(passes_arguments_as_they_are),
		UNIT(says_why_nothing_could_run),
		UNIT(refuses_to_run_below_the_level_asked_for),
		UNIT(waits_for_a_file_that_another_has_open_for_writing),
		UNIT(keeps_to_the_size_that_a_caller_knows),
		UNIT(runs_a_hundred_one_after_the_other),
	};

	return UNIT_RUN(tests);
}
