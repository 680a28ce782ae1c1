/* Starts that nobody waits for: what is told, when, and what may be done meanwhile. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runs.h"
#include "unit.h"

enum { WAIT_MS = 30000, MANY = 200 };

struct seen {
	struct run run;
	struct writ_proc *proc;
	struct writ_events events;
	char order[32]; /* S started, O output, E ended, as they came */
	struct writ_result res;
	int64_t started_pid;
	bool free_at_start;
	bool stop_at_start;
	int refused; /* what a call that waits answered in a callback */
	struct writ_error err;
};

static void
note(struct seen *seen, char letter)
{
	size_t len = strlen(seen->order);

	if (len < sizeof(seen->order) - 1 && (len == 0 || seen->order[len - 1] != letter))
		seen->order[len] = letter;
}

static void
note_start(void *ctx, struct writ_proc *proc)
{
	struct seen *seen = ctx;

	note(seen, 'S');
	seen->started_pid = writ_proc_id(proc)->pid;
	if (seen->stop_at_start)
		CHECK_INT(writ_stop(proc, WRIT_STOP_POLITE, NULL), 0);
	if (seen->free_at_start)
		writ_proc_free(proc);
}

static int
note_output(void *ctx, struct writ_proc *proc, enum writ_stream stream, const void *data,
	    size_t len)
{
	(void)proc;
	(void)stream;
	(void)data;
	(void)len;
	note(ctx, 'O');
	return WRIT_FLOW_ON;
}

static void
note_end(void *ctx, struct writ_proc *proc, struct writ_result *res)
{
	struct seen *seen = ctx;

	(void)proc;
	note(seen, 'E');
	seen->res = *res;
	*res = (struct writ_result){ 0 };
}

static void
begin(struct seen *seen)
{
	*seen = (struct seen){ 0 };
	run_begin(&seen->run);
	seen->events = (struct writ_events){ .size = sizeof(seen->events),
					     .ctx = seen,
					     .later = true,
					     .started = note_start,
					     .ended = note_end };
}

static void
end(struct seen *seen)
{
	writ_result_done(&seen->res);
	run_end(&seen->run);
}

/* What is said to it lives no longer than the call. */
static void
start(struct seen *seen, const char *program, const char *argument)
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

static void
step_to_the_end(struct seen *seen)
{
	int left = 1;

	for (int i = 0; i < 100000 && left > 0; i++)
		left = writ_host_wait(seen->run.host, WAIT_MS);
	CHECK_INT(left, 0);
}

static void
start_output_and_end_are_told_in_this_order(void)
{
	struct seen seen;

	begin(&seen);
	for (int i = 0; i < 20; i++) {
		seen.run.cmd.out = (struct writ_out){ .kind = WRIT_OUT_STREAM,
						      .sink = note_output,
						      .ctx = &seen };
		start(&seen, "/bin/sh", "echo a; echo b");
		step_to_the_end(&seen);
		CHECK_TEXT(seen.order, "SOE");
		CHECK_INT(seen.started_pid, seen.res.identity.pid);
		CHECK_INT(seen.res.out.bytes, 4);
		writ_result_done(&seen.res);
		memset(seen.order, 0, sizeof(seen.order));
	}
	end(&seen);
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
	begin(&seen);
	seen.run.cmd.env.set = WRIT_LIST("A=1");
	start(&seen, path, "x");
	step_to_the_end(&seen);
	CHECK_TEXT(seen.order, "E");
	CHECK_INT(seen.res.cause, WRIT_NOT_STARTED);
	CHECK(seen.res.error != NULL);
	CHECK_INT(seen.res.error->code, WRIT_E_NOT_FOUND);
	CHECK_INT(seen.res.error->stage, WRIT_STAGE_EXEC);
	CHECK_INT(writ_result_status(&seen.res), 127);
	CHECK_INT(seen.res.identity.pid, 0);
	end(&seen);
}

static void
who_waits_is_told_why_there_was_none(void)
{
	struct writ_result *res = NULL;
	struct seen seen;

	begin(&seen);
	seen.events = (struct writ_events){ .size = sizeof(seen.events),
					    .keep = true,
					    .later = true };
	seen.run.cmd.cwd = "/no/such/directory";
	start(&seen, "/bin/sh", "exit 0");
	CHECK_INT(writ_proc_wait(seen.proc, WAIT_MS, &res, &seen.run.err), WRIT_E_SYS);
	CHECK_INT(seen.run.err.stage, WRIT_STAGE_CHDIR);
	CHECK(res == NULL);
	writ_proc_free(seen.proc);
	end(&seen);
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

	begin(&seen);
	start(&seen, path, "x");
	other = seen;
	other.events.ctx = &other;
	other.run.cmd.out = (struct writ_out){ .kind = WRIT_OUT_NULL };
	start(&other, "/bin/sh", "exit 3");
	while (other.order[0] == '\0' || other.order[1] == '\0')
		CHECK(writ_host_wait(seen.run.host, WAIT_MS) > 0);
	CHECK_TEXT(other.order, "SE");
	CHECK_TEXT(seen.order, "");
	step_to_the_end(&seen);
	CHECK_TEXT(seen.order, "E");
	CHECK_INT(seen.res.error->err_no, ETXTBSY);
	close(fd);
	writ_result_done(&other.res);
	end(&seen);
}

static void
what_is_not_born_yet_can_be_stopped(void)
{
	char path[64];
	struct seen seen;
	int fd = open_busy(path, sizeof(path));

	begin(&seen);
	start(&seen, path, "x");
	CHECK_INT(writ_stop(seen.proc, WRIT_STOP_KILL, "test"), 0);
	step_to_the_end(&seen);
	CHECK_TEXT(seen.order, "E");
	/* a launcher hears of it when its child has left its memory */
	CHECK_INT(seen.res.cause,
		  runs_level() == WRIT_LEVEL_LAUNCHER ? WRIT_NOT_STARTED : WRIT_CANCELLED);
	CHECK_TEXT(seen.res.stopped_by, "test");
	close(fd);
	end(&seen);
}

static void
what_is_not_born_yet_can_be_freed(void)
{
	char path[64];
	struct seen seen;
	int fd = open_busy(path, sizeof(path));

	begin(&seen);
	seen.events.keep = true;
	start(&seen, path, "x");
	writ_proc_free(seen.proc);
	step_to_the_end(&seen);
	CHECK_TEXT(seen.order, "");
	close(fd);
	end(&seen);
}

static void
a_run_can_be_stopped_when_it_is_told_of(void)
{
	struct seen seen;

	begin(&seen);
	seen.stop_at_start = true;
	start(&seen, "/bin/sh", "exec sleep 1000");
	step_to_the_end(&seen);
	CHECK_TEXT(seen.order, "SE");
	CHECK_INT(seen.res.cause, WRIT_CANCELLED);
	end(&seen);
}

static void
a_run_can_be_freed_when_it_is_told_of(void)
{
	struct seen seen;

	begin(&seen);
	seen.free_at_start = true;
	start(&seen, "/bin/sh", "sleep 1000 & exec sleep 1000");
	step_to_the_end(&seen);
	CHECK_TEXT(seen.order, "S");
	check_ends(seen.started_pid);
	end(&seen);
}

static void
the_record_tells_of_it(void)
{
	char text[4096] = { 0 };
	struct seen seen;
	int ends[2];

	CHECK_INT(pipe(ends), 0);
	begin(&seen);
	seen.run.cmd.record = true;
	seen.run.cmd.record_fd = ends[1];
	start(&seen, "/bin/sh", "exit 6");
	step_to_the_end(&seen);
	CHECK(read(ends[0], text, sizeof(text) - 1) > 0);
	CHECK(strstr(text, "\"exit_code\": 6") != NULL);
	CHECK(strstr(text, "\"guarded\": true") != NULL || runs_level() == WRIT_LEVEL_SESSION);
	close(ends[0]);
	close(ends[1]);
	end(&seen);
}

static void
many_are_on_their_way_at_once(void)
{
	struct seen *many = calloc(MANY, sizeof(*many));
	struct seen seen;

	begin(&seen);
	for (int i = 0; i < MANY; i++) {
		many[i] = seen;
		many[i].events.ctx = &many[i];
		many[i].run.cmd.out.kind = many[i].run.cmd.err.kind = WRIT_OUT_NULL;
		start(&many[i], "/bin/sh", "exit 9");
	}
	step_to_the_end(&seen);
	for (int i = 0; i < MANY; i++) {
		CHECK_TEXT(many[i].order, "SE");
		CHECK_INT(many[i].res.exit_code, 9);
		writ_result_done(&many[i].res);
	}
	free(many);
	end(&seen);
}

/* A launcher that was never seen to work is waited for. */
static void
the_first_start_of_a_host_tells_too(void)
{
	struct writ_host_options options = { .size = sizeof(options), .level_max = runs_level() };
	struct writ_host *warm;
	struct seen seen;

	begin(&seen);
	warm = seen.run.host;
	CHECK_INT(writ_host_new(&options, &seen.run.host, NULL), 0);
	seen.run.cmd.out =
		(struct writ_out){ .kind = WRIT_OUT_STREAM, .sink = note_output, .ctx = &seen };
	start(&seen, "/bin/sh", "head -c 300000 /dev/zero");
	step_to_the_end(&seen);
	CHECK_TEXT(seen.order, "SOE");
	CHECK_INT(seen.res.out.bytes, 300000);
	CHECK_INT(seen.res.exit_code, 0);
	writ_host_free(seen.run.host);
	seen.run.host = warm;
	end(&seen);
}

static void
a_record_is_told_to_the_guardian_once(void)
{
	char byte;
	struct seen seen;
	int ends[2];

	begin(&seen);
	for (int i = 0; i < 3; i++) {
		CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
		seen.run.cmd.record = true;
		seen.run.cmd.record_fd = ends[1];
		start(&seen, "/bin/sh", "exit 0");
		step_to_the_end(&seen);
		close(ends[1]);
		/* it ends, for nobody has it any more */
		while (read(ends[0], &byte, 1) == 1)
			;
		close(ends[0]);
		writ_result_done(&seen.res);
	}
	end(&seen);
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

	begin(&seen);
	seen.events.keep = true;
	start(&seen, "/bin/sh", "sleep 0.2; exit 5");
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
	step_to_the_end(&seen);
	CHECK_INT(seen.res.cause, WRIT_CANCELLED);
	CHECK_TEXT(seen.res.stopped_by, "late");
	writ_proc_free(seen.proc);
	end(&seen);
}

static void
a_user_s_program_that_cannot_be_executed_leaves_no_child(void)
{
	struct seen seen;

	begin(&seen);
	if (geteuid() != 0)
		SKIP("an ordinary user cannot become another");
	seen.run.cmd.user = "65534:65534";
	seen.run.cmd.cwd = "/no/such/directory";
	for (int i = 0; i < 3; i++)
		run_refused(&seen.run, WRIT_LIST("/bin/true"), WRIT_E_SYS, WRIT_STAGE_CHDIR);
	CHECK_INT(writ_host_step(seen.run.host), 0);
	end(&seen); /* and then there is a look at the children */
}

enum { CROWD = 12 };

/* In a fork: all descriptors are used up while a crowd runs. */
static void
end_without_a_descriptor(void)
{
	struct seen seen;
	struct seen *crowd = calloc(CROWD, sizeof(*crowd));
	int64_t pids[CROWD];
	int fds[1024];
	int count = 0;

	begin(&seen);
	for (int i = 0; i < CROWD; i++) {
		crowd[i] = seen;
		crowd[i].events.ctx = &crowd[i];
		crowd[i].run.cmd.out.kind = crowd[i].run.cmd.err.kind = WRIT_OUT_NULL;
		start(&crowd[i], "/bin/sh", "sleep 1000 & exec sleep 1000");
		pids[i] = writ_proc_id(crowd[i].proc)->pid;
	}
	for (int i = 0; i < 50; i++)
		writ_host_wait(seen.run.host, 5);
	while (count < 1024 && (fds[count] = dup(0)) >= 0)
		count++;
	CHECK_INT(errno, EMFILE);
	for (int i = 0; i < CROWD; i++)
		CHECK_INT(writ_stop(crowd[i].proc, WRIT_STOP_KILL, NULL), 0);
	step_to_the_end(&seen);
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
	end(&seen);
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
	note(seen, 'S');
}

static void
what_waits_is_refused_in_a_step(void)
{
	struct seen seen;

	begin(&seen);
	seen.events.started = call_what_waits;
	start(&seen, "/bin/sh", "exit 0");
	step_to_the_end(&seen);
	CHECK_TEXT(seen.order, "SE");
	end(&seen);
}

static void
what_waits_is_refused_on_an_attached_thread(void)
{
	const struct writ_cmd cmd = { .argv = WRIT_LIST("/bin/true") };
	struct writ_result res = { 0 };
	struct seen seen;

	begin(&seen);
	CHECK_INT(writ_host_attach(seen.run.host), 0);
	call_what_waits(&seen, NULL);
	CHECK(writ_host_step(seen.run.host) >= 0);
	writ_host_detach(seen.run.host);
	CHECK_INT(writ_run(seen.run.host, &cmd, &res, &seen.run.err), 0);
	writ_result_done(&res);
	end(&seen);
}

static const struct unit_test tests[] = {
	UNIT(start_output_and_end_are_told_in_this_order),
	UNIT(a_program_that_cannot_be_executed_is_told_at_the_end),
	UNIT(who_waits_is_told_why_there_was_none),
	UNIT(the_loop_goes_on_before_the_program_is_born),
	UNIT(what_is_not_born_yet_can_be_stopped),
	UNIT(what_is_not_born_yet_can_be_freed),
	UNIT(a_run_can_be_stopped_when_it_is_told_of),
	UNIT(a_run_can_be_freed_when_it_is_told_of),
	UNIT(the_record_tells_of_it),
	UNIT(many_are_on_their_way_at_once),
	UNIT(the_first_start_of_a_host_tells_too),
	UNIT(a_record_is_told_to_the_guardian_once),
	UNIT(the_copy_in_a_fork_hears_no_posts),
	UNIT(a_user_s_program_that_cannot_be_executed_leaves_no_child),
	UNIT(a_tree_is_not_taken_for_gone_when_there_is_no_descriptor_left),
	UNIT(of_a_crowd_each_has_its_own),
	UNIT(what_waits_is_refused_in_a_step),
	UNIT(what_waits_is_refused_on_an_attached_thread),
};

int
main(void)
{
	return UNIT_RUN(tests);
}
