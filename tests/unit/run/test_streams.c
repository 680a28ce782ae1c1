/* The three standard streams: fed, captured, bounded, streamed, broken. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runs.h"
#include "unit.h"

enum { MANY = 8 * 1024 * 1024 };

static char *
make_pattern(size_t len)
{
	char *data = malloc(len);

	CHECK(data != NULL);
	for (size_t i = 0; i < len; i++)
		data[i] = (char)(i * 7 + i / 4096);
	return data;
}

static void
feeds_and_captures_much_without_a_deadlock(void)
{
	char *data = make_pattern(MANY);
	struct run run;

	run_begin(&run);
	run.cmd.in = (struct writ_in){ .kind = WRIT_IN_DATA, .data = data, .len = MANY };
	RUN(&run, CHILD("both"));
	CHECK_INT(run.res.exit_code, 0);
	CHECK_INT(run.res.in.bytes, MANY);
	CHECK_INT(run.res.in.read_all, WRIT_YES);
	CHECK_INT(run.res.out.len, MANY);
	CHECK_INT(run.res.err.len, MANY);
	CHECK(memcmp(run.res.out.data, data, MANY) == 0);
	CHECK(memcmp(run.res.err.data, data, MANY) == 0);
	CHECK(!run.res.out.truncated);
	run_end(&run);
	free(data);
}

static void
tells_how_much_of_the_input_was_read(void)
{
	char *data = make_pattern(MANY);
	struct run run;

	run_begin(&run);
	run.cmd.in = (struct writ_in){ .kind = WRIT_IN_DATA, .data = data, .len = MANY };
	RUN(&run, "/usr/bin/head", "-c", "10");
	CHECK_INT(run.res.exit_code, 0);
	CHECK_INT(run.res.out.len, 10);
	CHECK_INT(run.res.in.read_all, WRIT_NO);
	CHECK(run.res.in.bytes >= 10 && run.res.in.bytes < MANY);
	run.cmd.in.len = 5; /* fits the pipe, and nobody reads it */
	RUN(&run, "/bin/sleep", "0.05");
	CHECK_INT(run.res.in.bytes, 5);
	CHECK_INT(run.res.in.read_all, WRIT_NO);
	RUN(&run, "/bin/cat");
	CHECK_INT(run.res.in.read_all, WRIT_YES);
	CHECK_INT(run.res.out.len, 5);
	run.cmd.in.len = 0;
	RUN(&run, "/bin/cat");
	CHECK_INT(run.res.in.bytes, 0);
	CHECK_INT(run.res.in.read_all, WRIT_YES);
	run_end(&run);
	free(data);
}

static void
a_closed_input_raises_no_signal(void)
{
	struct sigaction before;
	struct sigaction after;
	char *data = make_pattern(MANY);
	sigset_t mask_before;
	sigset_t mask_after;
	sigset_t pending;
	struct run run;

	sigaction(SIGPIPE, NULL, &before);
	sigprocmask(SIG_SETMASK, NULL, &mask_before);
	run_begin(&run);
	run.cmd.in = (struct writ_in){ .kind = WRIT_IN_DATA, .data = data, .len = MANY };
	run_sh(&run, "exec 0<&-; sleep 0.05; exit 3");
	CHECK_INT(run.res.cause, WRIT_EXITED);
	CHECK_INT(run.res.exit_code, 3);
	CHECK_INT(run.res.in.read_all, WRIT_NO);
	run_end(&run);
	sigaction(SIGPIPE, NULL, &after);
	sigprocmask(SIG_SETMASK, NULL, &mask_after);
	sigpending(&pending);
	CHECK(before.sa_handler == after.sa_handler);
	CHECK(memcmp(&mask_before, &mask_after, 8) == 0); /* what the kernel fills */
	CHECK(!sigismember(&pending, SIGPIPE));
	free(data);
}

static void
check_kept(const struct writ_output *out, int64_t bytes, const char *kept, size_t cut_at)
{
	CHECK_INT(out->bytes, bytes);
	CHECK_TEXT(out->data, kept);
	CHECK_INT(out->len, strlen(kept));
	CHECK(out->truncated);
	CHECK_INT(out->cut_at, cut_at);
}

static void
keeps_the_head_the_tail_or_both(void)
{
	struct run run;

	run_begin(&run);
	run.cmd.out.max_bytes = 8;
	run.cmd.out.overflow = WRIT_OVERFLOW_HEAD;
	RUN(&run, "/bin/echo", "-n", "abcdefghijklmnopqrstuvwxyz");
	check_kept(&run.res.out, 26, "abcdefgh", 8);
	run.cmd.out.overflow = WRIT_OVERFLOW_TAIL;
	RUN(&run, "/bin/echo", "-n", "abcdefghijklmnopqrstuvwxyz");
	check_kept(&run.res.out, 26, "stuvwxyz", 0);
	run.cmd.out.overflow = WRIT_OVERFLOW_BOTH;
	RUN(&run, "/bin/echo", "-n", "abcdefghijklmnopqrstuvwxyz");
	check_kept(&run.res.out, 26, "abcdwxyz", 4);
	CHECK_INT(run.res.cause, WRIT_EXITED);
	RUN(&run, "/bin/echo", "-n", "abcdefgh"); /* just fits */
	CHECK(!run.res.out.truncated);
	CHECK_TEXT(run.res.out.data, "abcdefgh");
	run.cmd.out.max_bytes = 1000;
	RUN(&run, CHILD("flood"), "3000000");
	CHECK_INT(run.res.exit_code, 0);
	CHECK_INT(run.res.out.bytes, 3000000);
	CHECK_INT(run.res.out.len, 1000);
	run_end(&run);
}

static void
ends_what_writes_too_much_if_asked_to(void)
{
	struct run run;

	run_begin(&run);
	run.cmd.out.max_bytes = 100;
	run.cmd.out.overflow = WRIT_OVERFLOW_KILL;
	RUN(&run, "/bin/sh", "-c", "while :; do echo 0123456789; done");
	CHECK_INT(run.res.cause, WRIT_OUTPUT_LIMIT);
	CHECK_TEXT(run.res.stopped_by, "limit");
	CHECK_INT(run.res.out.len, 100);
	CHECK(run.res.out.truncated);
	CHECK_INT(memcmp(run.res.out.data, "0123456789\n0123456789\n", 22), 0);
	CHECK_INT(writ_result_status(&run.res), 125);
	RUN(&run, CHILD("flood"), "100"); /* the bound itself may be reached */
	CHECK_INT(run.res.cause, WRIT_EXITED);
	run_end(&run);
}

/* It has ended before anybody looks; still it is what it wrote that decides. */
static void
too_much_is_too_much_also_from_what_has_ended(void)
{
	struct writ_events events = { .size = sizeof(events), .keep = true };
	struct writ_result *res = NULL;
	struct writ_proc *proc = NULL;
	struct run run;

	run_begin(&run);
	run.cmd.out.max_bytes = 100;
	run.cmd.out.overflow = WRIT_OVERFLOW_KILL;
	run.cmd.argv = WRIT_LIST(CHILD("flood"), "101");
	CHECK_INT(writ_start(run.host, &run.cmd, &events, &proc, &run.err), 0);
	check_ends(writ_proc_id(proc)->pid);
	CHECK_INT(writ_proc_wait(proc, 30000, &res, &run.err), 0);
	CHECK_INT(res->cause, WRIT_OUTPUT_LIMIT);
	CHECK_INT(res->out.len, 100);
	writ_proc_free(proc);
	run_end(&run);
}

static void
merges_the_error_output(void)
{
	struct run run;

	run_begin(&run);
	run.cmd.err.kind = WRIT_OUT_MERGE;
	run_sh(&run, "echo 1; echo 2 >&2; echo 3");
	CHECK_TEXT(run.res.out.data, "1\n2\n3\n");
	CHECK(run.res.err.data == NULL);
	CHECK_INT(run.res.err.bytes, -1);
	run_end(&run);
}

static void
reads_and_writes_files(void)
{
	struct run run;
	char in[128];
	char out[128];
	struct stat stat_buf;
	int fd;

	snprintf(in, sizeof(in), "%s/in", unit_dir());
	snprintf(out, sizeof(out), "%s/out", unit_dir());
	fd = open(in, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK_INT(write(fd, "some input\n", 11), 11);
	close(fd);
	run_begin(&run);
	run.cmd.in = (struct writ_in){ .kind = WRIT_IN_FILE, .path = in };
	run.cmd.out = (struct writ_out){ .kind = WRIT_OUT_FILE, .path = out };
	RUN(&run, "/bin/cat");
	CHECK_INT(run.res.in.bytes, 11);
	CHECK_INT(run.res.in.read_all, WRIT_YES);
	CHECK_INT(run.res.out.bytes, -1);
	CHECK(run.res.out.data == NULL);
	CHECK(stat(out, &stat_buf) == 0 && stat_buf.st_size == 11);
	RUN(&run, "/bin/true"); /* emptied, and nothing read */
	CHECK(stat(out, &stat_buf) == 0 && stat_buf.st_size == 0);
	CHECK_INT(run.res.in.read_all, WRIT_NO);
	CHECK_INT(run.res.in.bytes, 0);
	run.cmd.in.path = "/no/such/file";
	run_refused(&run, WRIT_LIST("/bin/true"), WRIT_E_SYS, WRIT_STAGE_OPEN);
	CHECK_TEXT(run.err.subject, "/no/such/file");
	run.cmd.in = (struct writ_in){ 0 };
	run.cmd.out.path = unit_dir();
	run_refused(&run, WRIT_LIST("/bin/true"), WRIT_E_SYS, WRIT_STAGE_OPEN);
	run_end(&run);
}

static void
takes_descriptors_of_the_caller(void)
{
	struct run run;
	int in[2];
	int out[2];
	char buf[16] = "";

	CHECK_INT(pipe2(in, O_CLOEXEC) | pipe2(out, O_CLOEXEC), 0);
	run_begin(&run);
	CHECK_INT(write(in[1], "hello", 5), 5);
	close(in[1]);
	run.cmd.in = (struct writ_in){ .kind = WRIT_IN_FD, .fd = in[0] };
	run.cmd.out = (struct writ_out){ .kind = WRIT_OUT_FD, .fd = out[1] };
	run.cmd.err = (struct writ_out){ .kind = WRIT_OUT_NULL };
	RUN(&run, "/bin/cat");
	CHECK_INT(read(out[0], buf, sizeof(buf)), 5);
	CHECK_TEXT(buf, "hello");
	CHECK(fcntl(out[1], F_GETFD) == FD_CLOEXEC); /* the caller's flags stay */
	close(in[0]);
	close(out[0]);
	close(out[1]);
	run_end(&run);
}

static void
an_output_that_nobody_reads_is_the_programs_own_matter(void)
{
	struct run run;
	int ends[2];

	CHECK_INT(pipe2(ends, O_CLOEXEC), 0);
	close(ends[0]);
	run_begin(&run);
	run.cmd.out = (struct writ_out){ .kind = WRIT_OUT_FD, .fd = ends[1] };
	RUN(&run, "/bin/sh", "-c", "exec cat /bin/sh");
	CHECK_INT(run.res.cause, WRIT_SIGNALED);
	CHECK_INT(run.res.signal, SIGPIPE); /* its default, whatever ours is */
	close(ends[1]);
	run_end(&run);
}

static void
a_pipe_held_by_a_descendant_is_not_waited_for(void)
{
	struct run run;
	int64_t orphan;

	run_begin(&run);
	run.cmd.drain_ms = 50;
	RUN(&run, CHILD("orphan"), "hold");
	orphan = told_number(&run.res.out, "orphan");
	CHECK_INT(run.res.cause, WRIT_EXITED);
	CHECK_INT(run.res.exit_code, 0);
	CHECK(run.res.out.held_by_descendant);
	CHECK(run.res.wall_ns < 20000000000);
	if (run.res.containment >= WRIT_LEVEL_LAUNCHER) {
		CHECK(has_ended(orphan));
		CHECK_INT(run.res.left_behind.count, 1);
		CHECK_INT(run.res.left_behind.killed, 1);
	} else {
		kill((pid_t)orphan, SIGKILL);
		check_ends(orphan);
	}
	run_end(&run);
}

static void
what_a_descendant_still_writes_is_drained(void)
{
	struct run run;

	run_begin(&run);
	run.cmd.drain_ms = 10000; /* it is over as soon as the pipe is closed */
	run_sh(&run, "(sleep 0.1; echo late) & echo early");
	CHECK_TEXT(run.res.out.data, "early\nlate\n");
	CHECK(!run.res.out.held_by_descendant);
	run_end(&run);
}

static void
what_the_program_wrote_itself_is_never_lost(void)
{
	struct run run;
	cpu_set_t before;
	cpu_set_t one;

	/* on one processor it has often ended before it is looked at at all */
	sched_getaffinity(0, sizeof(before), &before);
	CPU_ZERO(&one);
	CPU_SET((size_t)sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);
	run_begin(&run);
	run.cmd.drain_ms = -1;
	for (int i = 0; i < 50; i++) {
		run_sh(&run, "sleep 1000 & echo early");
		CHECK_TEXT(run.res.out.data, "early\n");
		CHECK(run.res.out.held_by_descendant);
	}
	run_end(&run);
	sched_setaffinity(0, sizeof(before), &before);
}

/* As much as is read in one go: that is not yet the end. */
static void
what_is_left_in_a_big_pipe_is_read_to_its_end(void)
{
	enum { LEFT = 1024 * 1024 };
	struct writ_events events = { .size = sizeof(events), .keep = true };
	struct writ_result *res = NULL;
	struct writ_proc *proc = NULL;
	struct run run;

	run_begin(&run);
	run.cmd.argv = WRIT_LIST(CHILD("flood"), "1048576", "1048576");
	CHECK_INT(writ_start(run.host, &run.cmd, &events, &proc, &run.err), 0);
	check_ends(writ_proc_id(proc)->pid); /* all is written, and nothing is read */
	CHECK_INT(writ_proc_wait(proc, 30000, &res, &run.err), 0);
	CHECK_INT(res->exit_code, 0);
	CHECK_INT(res->out.bytes, LEFT);
	CHECK_INT(res->out.len, LEFT);
	CHECK(!res->out.held_by_descendant);
	writ_proc_free(proc);
	run_end(&run);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(feeds_and_captures_much_without_a_deadlock),
		UNIT(tells_how_much_of_the_input_was_read),
		UNIT(a_closed_input_raises_no_signal),
		UNIT(keeps_the_head_the_tail_or_both),
		UNIT(ends_what_writes_too_much_if_asked_to),
		UNIT(too_much_is_too_much_also_from_what_has_ended),
		UNIT(merges_the_error_output),
		UNIT(reads_and_writes_files),
		UNIT(takes_descriptors_of_the_caller),
		UNIT(an_output_that_nobody_reads_is_the_programs_own_matter),
		UNIT(a_pipe_held_by_a_descendant_is_not_waited_for),
		UNIT(what_a_descendant_still_writes_is_drained),
		UNIT(what_the_program_wrote_itself_is_never_lost),
		UNIT(what_is_left_in_a_big_pipe_is_read_to_its_end),
	};

	return UNIT_RUN(tests);
}
