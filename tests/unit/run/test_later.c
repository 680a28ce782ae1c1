/* Starts that nobody waits for: what is told, when, and what may be done meanwhile. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "seen.h"
#include "unit.h"

enum { WAIT_MS = 30000 };

static void
start_output_and_end_are_told_in_this_order(void)
{
	struct seen seen;

	seen_begin(&seen);
	for (int i = 0; i < 20; i++) {
		seen.run.cmd.out = (struct writ_out){ .kind = WRIT_OUT_STREAM,
						      .sink = seen_output,
						      .ctx = &seen };
		seen_start(&seen, "/bin/sh", "echo a; echo b");
		seen_to_the_end(&seen);
		CHECK_TEXT(seen.order, "SOE");
		CHECK_INT(seen.started_pid, seen.res.identity.pid);
		CHECK_INT(seen.res.out.bytes, 4);
		writ_result_done(&seen.res);
		memset(seen.order, 0, sizeof(seen.order));
	}
	seen_end(&seen);
}

static void
a_program_that_cannot_be_executed_is_told_at_the_end(void)
{
	char path[64];
	struct seen seen;

	snprintf(path, sizeof(path), "%s/script", unit_dir());
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);

	CHECK_INT(write(fd, "#!/no/such/interpreter\n", 23), 23);
	close(fd);
	seen_begin(&seen);
	seen.run.cmd.env.set = WRIT_LIST("A=1");
	seen_start(&seen, path, "x");
	seen_to_the_end(&seen);
	CHECK_TEXT(seen.order, "E");
	CHECK_INT(seen.res.cause, WRIT_NOT_STARTED);
	CHECK(seen.res.error != NULL);
	CHECK_INT(seen.res.error->code, WRIT_E_NOT_FOUND);
	CHECK_INT(seen.res.error->stage, WRIT_STAGE_EXEC);
	CHECK_INT(writ_result_status(&seen.res), 127);
	CHECK_INT(seen.res.identity.pid, 0);
	seen_end(&seen);
}

static void
who_waits_is_told_why_there_was_none(void)
{
	struct writ_result *res = NULL;
	struct seen seen;

	seen_begin(&seen);
	seen.events = (struct writ_events){ .size = sizeof(seen.events),
					    .keep = true,
					    .later = true };
	seen.run.cmd.cwd = "/no/such/directory";
	seen_start(&seen, "/bin/sh", "exit 0");
	CHECK_INT(writ_proc_wait(seen.proc, WAIT_MS, &res, &seen.run.err), WRIT_E_SYS);
	CHECK_INT(seen.run.err.stage, WRIT_STAGE_CHDIR);
	CHECK(res == NULL);
	writ_proc_free(seen.proc);
	seen_end(&seen);
}

/* ETXTBSY is retried for a quarter of a second: so long it is not born. */
static int
open_busy(char *path, size_t size)
{
	int fd;

	snprintf(path, size, "%s/busy", unit_dir());
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0755);
	CHECK(fd >= 0);
	CHECK_INT(write(fd, "#!/bin/true\n", 12), 12);
	return fd;
}

static void
the_loop_goes_on_before_the_program_is_born(void)
{
	char path[64];
	struct seen seen;
	struct seen other;
	int fd = open_busy(path, sizeof(path));

	seen_begin(&seen);
	seen_start(&seen, path, "x");
	other = seen;
	other.events.ctx = &other;
	other.run.cmd.out = (struct writ_out){ .kind = WRIT_OUT_NULL };
	seen_start(&other, "/bin/sh", "exit 3");
	while (other.order[0] == '\0' || other.order[1] == '\0')
		CHECK(writ_host_wait(seen.run.host, WAIT_MS) > 0);
	CHECK_TEXT(other.order, "SE");
	CHECK_TEXT(seen.order, "");
	seen_to_the_end(&seen);
	CHECK_TEXT(seen.order, "E");
	CHECK_INT(seen.res.error->err_no, ETXTBSY);
	close(fd);
	writ_result_done(&other.res);
	seen_end(&seen);
}

static void
what_is_not_born_yet_can_be_stopped(void)
{
	char path[64];
	struct seen seen;
	int fd = open_busy(path, sizeof(path));

	seen_begin(&seen);
	seen_start(&seen, path, "x");
	CHECK_INT(writ_stop(seen.proc, WRIT_STOP_KILL, "test"), 0);
	seen_to_the_end(&seen);
	CHECK_TEXT(seen.order, "E");
	CHECK_INT(seen.res.cause, WRIT_CANCELLED);
	CHECK_TEXT(seen.res.stopped_by, "test");
	close(fd);
	seen_end(&seen);
}

/* The program fails to be executed after a quarter of a second, and the run is
 * stopped before. Should this machine be that slow, it is tried again. */
static void
a_record_does_not_put_off_the_time_limit_of_a_start(void)
{
	const struct writ_teardown quick = { WRIT_SIGNAL_TERM, 10 };
	struct run run;
	char path[64];
	int fd = open_busy(path, sizeof(path));
	int cause = WRIT_NOT_STARTED;

	run_begin(&run);
	run.cmd.argv = WRIT_LIST(path);
	run.cmd.timeout_ms = 20;
	run.cmd.teardown = &quick;
	run.cmd.teardown_count = 1;
	run.cmd.record = true;
	run.cmd.record_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	for (int i = 0; i < 20 && cause == WRIT_NOT_STARTED; i++) {
		struct writ_result res = { 0 };

		if (writ_run(run.host, &run.cmd, &res, NULL) == 0)
			cause = res.cause;
		writ_result_done(&res);
	}
	CHECK_INT(cause, WRIT_TIMEOUT);
	close(run.cmd.record_fd);
	close(fd);
	run_end(&run);
}

/* A core of what is executed is its own, also if nobody has looked since. */
static void
the_first_signal_of_a_stop_is_the_one_that_was_asked_for(void)
{
	const struct writ_teardown quit = { WRIT_SIGNAL_QUIT, WAIT_MS };
	struct seen seen;
	char byte;
	int ends[2];

	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	seen_begin(&seen);
	seen.events.started = NULL;
	seen.run.cmd.out = (struct writ_out){ .kind = WRIT_OUT_FD, .fd = ends[1] };
	seen.run.cmd.teardown = &quit;
	seen.run.cmd.teardown_count = 1;
	seen_start(&seen, "/bin/sh", "trap 'exit 7' QUIT; echo; while :; do sleep 0.01; done");
	CHECK_INT(read(ends[0], &byte, 1), 1);
	CHECK_INT(writ_stop(seen.proc, WRIT_STOP_POLITE, "test"), 0);
	seen_to_the_end(&seen);
	CHECK_INT(seen.res.exit_code, 7);
	CHECK(!seen.res.forced);
	seen_end(&seen);
	close(ends[0]);
	close(ends[1]);
}

static void
what_is_not_born_yet_can_be_freed(void)
{
	char path[64];
	struct seen seen;
	int fd = open_busy(path, sizeof(path));

	seen_begin(&seen);
	seen.events.keep = true;
	seen_start(&seen, path, "x");
	writ_proc_free(seen.proc);
	seen_to_the_end(&seen);
	CHECK_TEXT(seen.order, "");
	close(fd);
	seen_end(&seen);
}

static void
a_run_can_be_stopped_when_it_is_told_of(void)
{
	struct seen seen;

	seen_begin(&seen);
	seen.stop_at_start = true;
	seen_start(&seen, "/bin/sh", "exec sleep 1000");
	seen_to_the_end(&seen);
	CHECK_TEXT(seen.order, "SE");
	CHECK_INT(seen.res.cause, WRIT_CANCELLED);
	seen_end(&seen);
}

static void
a_run_can_be_freed_when_it_is_told_of(void)
{
	struct seen seen;

	seen_begin(&seen);
	seen.free_at_start = true;
	seen_start(&seen, "/bin/sh", "sleep 1000 & exec sleep 1000");
	seen_to_the_end(&seen);
	CHECK_TEXT(seen.order, "S");
	check_ends(seen.started_pid);
	seen_end(&seen);
}

static void
the_record_tells_of_it(void)
{
	char text[4096] = { 0 };
	struct seen seen;
	int ends[2];

	CHECK_INT(pipe(ends), 0);
	seen_begin(&seen);
	seen.run.cmd.record = true;
	seen.run.cmd.record_fd = ends[1];
	seen_start(&seen, "/bin/sh", "exit 6");
	seen_to_the_end(&seen);
	CHECK(read(ends[0], text, sizeof(text) - 1) > 0);
	CHECK(strstr(text, "\"exit_code\": 6") != NULL);
	CHECK(strstr(text, "\"guarded\": true") != NULL || runs_level() == WRIT_LEVEL_SESSION);
	close(ends[0]);
	close(ends[1]);
	seen_end(&seen);
}

/* The start of a launcher that was never seen to work is waited for. */
static void
the_first_start_of_a_host_tells_too(void)
{
	struct writ_host_options options = { .size = sizeof(options), .level_max = runs_level() };
	struct writ_host *warm;
	struct seen seen;

	seen_begin(&seen);
	warm = seen.run.host;
	CHECK_INT(writ_host_new(&options, &seen.run.host, NULL), 0);
	seen.run.cmd.out =
		(struct writ_out){ .kind = WRIT_OUT_STREAM, .sink = seen_output, .ctx = &seen };
	seen_start(&seen, "/bin/sh", "head -c 300000 /dev/zero");
	seen_to_the_end(&seen);
	CHECK_TEXT(seen.order, "SOE");
	CHECK_INT(seen.res.out.bytes, 300000);
	CHECK_INT(seen.res.exit_code, 0);
	writ_host_free(seen.run.host);
	seen.run.host = warm;
	seen_end(&seen);
}

static void
a_record_is_told_to_the_guardian_once(void)
{
	char byte;
	struct seen seen;
	int ends[2];

	seen_begin(&seen);
	for (int i = 0; i < 3; i++) {
		CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
		seen.run.cmd.record = true;
		seen.run.cmd.record_fd = ends[1];
		seen_start(&seen, "/bin/sh", "exit 0");
		seen_to_the_end(&seen);
		close(ends[1]);
		/* it ends, for nobody has it any more */
		while (read(ends[0], &byte, 1) == 1)
			;
		close(ends[0]);
		writ_result_done(&seen.res);
	}
	seen_end(&seen);
}

static struct writ_host *inherited;
static struct writ_proc *inherited_proc;

static void
free_the_copy(void)
{
	writ_proc_free(inherited_proc);
	writ_host_free(inherited);
	_exit(0);
}

static void
the_copy_in_a_fork_hears_no_posts(void)
{
	struct seen seen;
	int status = 0;
	pid_t pid;

	seen_begin(&seen);
	seen.events.keep = true;
	seen_start(&seen, "/bin/sh", "sleep 0.2; exit 5");
	CHECK_INT(writ_cancel(seen.run.host, UINT64_MAX, WRIT_STOP_KILL, NULL), 0);
	CHECK_INT(writ_cancel(seen.run.host, writ_proc_number(seen.proc), WRIT_STOP_KILL, "late"),
		  0);
	inherited = seen.run.host;
	inherited_proc = seen.proc;
	pid = fork();
	if (pid == 0)
		free_the_copy();
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
	/* the post is the owner's, who hears it */
	seen_to_the_end(&seen);
	CHECK_INT(seen.res.cause, WRIT_CANCELLED);
	CHECK_TEXT(seen.res.stopped_by, "late");
	writ_proc_free(seen.proc);
	seen_end(&seen);
}

static void
a_user_s_program_that_cannot_be_executed_leaves_no_child(void)
{
	struct seen seen;

	seen_begin(&seen);
	if (geteuid() != 0)
		SKIP("an ordinary user cannot become another");
	seen.run.cmd.user = "65534:65534";
	seen.run.cmd.cwd = "/no/such/directory";
	for (int i = 0; i < 3; i++)
		run_refused(&seen.run, WRIT_LIST("/bin/true"), WRIT_E_SYS, WRIT_STAGE_CHDIR);
	CHECK_INT(writ_host_step(seen.run.host), 0);
	seen_end(&seen); /* and then there is a look at the children */
}

static void
call_what_waits(void *ctx, struct writ_proc *proc)
{
	const struct writ_cmd cmd = { .argv = WRIT_LIST("/bin/true") };
	struct writ_proc *other = NULL;
	struct writ_result *res = NULL;
	struct writ_result own = { 0 };
	struct seen *seen = ctx;
	struct writ_host *host = seen->run.host;

	CHECK_INT(writ_run(host, &cmd, &own, &seen->err), WRIT_E_WOULD_BLOCK);
	CHECK_TEXT(seen->err.subject, "writ_run()");
	CHECK_TEXT(seen->err.hint, "use writ_start() with `later`");
	CHECK_INT(writ_start(host, &cmd, NULL, &other, &seen->err), WRIT_E_WOULD_BLOCK);
	CHECK_INT(writ_host_wait(host, 100), WRIT_E_WOULD_BLOCK);
	if (proc != NULL)
		CHECK_INT(writ_proc_wait(proc, 100, &res, &seen->err), WRIT_E_WOULD_BLOCK);
	seen_note(seen, 'S');
}

static void
what_waits_is_refused_in_a_step(void)
{
	struct seen seen;

	seen_begin(&seen);
	seen.events.started = call_what_waits;
	seen_start(&seen, "/bin/sh", "exit 0");
	seen_to_the_end(&seen);
	CHECK_TEXT(seen.order, "SE");
	seen_end(&seen);
}

static void
what_waits_is_refused_on_an_attached_thread(void)
{
	const struct writ_cmd cmd = { .argv = WRIT_LIST("/bin/true") };
	struct writ_result res = { 0 };
	struct seen seen;

	seen_begin(&seen);
	CHECK_INT(writ_host_attach(seen.run.host), 0);
	call_what_waits(&seen, NULL);
	CHECK(writ_host_step(seen.run.host) >= 0);
	writ_host_detach(seen.run.host);
	CHECK_INT(writ_run(seen.run.host, &cmd, &res, &seen.run.err), 0);
	writ_result_done(&res);
	seen_end(&seen);
}

static const struct unit_test tests[] = {
	UNIT(start_output_and_end_are_told_in_this_order),
	UNIT(a_program_that_cannot_be_executed_is_told_at_the_end),
	UNIT(who_waits_is_told_why_there_was_none),
	UNIT(the_loop_goes_on_before_the_program_is_born),
	UNIT(what_is_not_born_yet_can_be_stopped),
	UNIT(what_is_not_born_yet_can_be_freed),
	UNIT(a_record_does_not_put_off_the_time_limit_of_a_start),
	UNIT(the_first_signal_of_a_stop_is_the_one_that_was_asked_for),
	UNIT(a_run_can_be_stopped_when_it_is_told_of),
	UNIT(a_run_can_be_freed_when_it_is_told_of),
	UNIT(the_record_tells_of_it),
	UNIT(the_first_start_of_a_host_tells_too),
	UNIT(a_record_is_told_to_the_guardian_once),
	UNIT(the_copy_in_a_fork_hears_no_posts),
	UNIT(a_user_s_program_that_cannot_be_executed_leaves_no_child),
	UNIT(what_waits_is_refused_in_a_step),
	UNIT(what_waits_is_refused_on_an_attached_thread),
};

int
main(void)
{
	return UNIT_RUN(tests);
}
