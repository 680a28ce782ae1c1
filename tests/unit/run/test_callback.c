/* The loop of the caller: what callbacks may do, and what they are told. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runs.h"
#include "unit.h"

enum { WAIT_MS = 30000 };

struct seen {
	struct run run;
	struct writ_proc *proc;
	struct writ_proc *other;
	int ended;
	int cause;
	int exit_code;
	int ends_of_stream;
	int pieces;
	size_t bytes;
	int answer;  /* what the sink says */
	int in_step; /* what stepping from a callback answered */
	size_t to_write;
	struct writ_result kept;
	char text[64];
};

static void
note_end(void *ctx, struct writ_proc *proc, struct writ_result *res)
{
	struct seen *seen = ctx;

	seen->ended++;
	seen->cause = res->cause;
	seen->exit_code = res->exit_code;
	seen->in_step = writ_host_step(seen->run.host);
	CHECK_INT(writ_stop(proc, WRIT_STOP_KILL, NULL), WRIT_E_STATE);
	seen->kept = *res; /* taken */
	*res = (struct writ_result){ 0 };
}

static int
note_piece(void *ctx, struct writ_proc *proc, enum writ_stream stream, const void *data, size_t len)
{
	struct seen *seen = ctx;

	(void)proc;
	CHECK_INT(stream, WRIT_STREAM_OUT);
	if (len == 0) {
		seen->ends_of_stream++;
		return WRIT_FLOW_ON;
	}
	if (seen->bytes + len < sizeof(seen->text))
		memcpy(seen->text + seen->bytes, data, len);
	seen->pieces++;
	seen->bytes += len;
	return seen->answer;
}

static void
begin(struct seen *seen)
{
	*seen = (struct seen){ 0 };
	run_begin(&seen->run);
	seen->run.cmd.out =
		(struct writ_out){ .kind = WRIT_OUT_STREAM, .sink = note_piece, .ctx = seen };
}

static void
start(struct seen *seen, const struct writ_events *events, const char *script)
{
	const char *argv[] = { "/bin/sh", "-c", script, NULL };

	seen->run.cmd.argv = argv;
	CHECK_INT(writ_start(seen->run.host, &seen->run.cmd, events, &seen->proc, &seen->run.err),
		  0);
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
end(struct seen *seen)
{
	writ_result_done(&seen->kept);
	run_end(&seen->run);
}

static void
a_poll_loop_needs_one_descriptor(void)
{
	struct seen seen;
	struct writ_events events = { .size = sizeof(events), .ctx = &seen, .ended = note_end };

	begin(&seen);
	start(&seen, &events, "echo a; sleep 0.05; echo b; exit 4");
	while (seen.ended == 0) {
		struct pollfd poll_fd = { writ_host_fd(seen.run.host), POLLIN, 0 };
		int wait_ms = writ_host_wait_ms(seen.run.host);

		CHECK(poll(&poll_fd, 1, wait_ms < 0 ? WAIT_MS : wait_ms) > 0 || wait_ms >= 0);
		CHECK(writ_host_step(seen.run.host) >= 0);
	}
	CHECK_INT(seen.ended, 1);
	CHECK_INT(seen.exit_code, 4);
	CHECK_TEXT(seen.text, "a\nb\n");
	CHECK_INT(seen.ends_of_stream, 1);
	CHECK_INT(seen.in_step, WRIT_E_STATE);
	CHECK_INT(seen.kept.out.bytes, 4);
	CHECK(seen.kept.out.data == NULL);
	CHECK_INT(writ_host_step(seen.run.host), 0);
	end(&seen);
}

static void
a_sink_can_end_the_run(void)
{
	struct seen seen;
	struct writ_events events = { .size = sizeof(events), .ctx = &seen, .ended = note_end };

	begin(&seen);
	seen.answer = WRIT_FLOW_END;
	start(&seen, &events, "echo enough; exec sleep 1000");
	step_to_the_end(&seen);
	CHECK_INT(seen.cause, WRIT_CANCELLED);
	CHECK_INT(seen.kept.signal, SIGTERM);
	CHECK_TEXT(seen.kept.stopped_by, "caller");
	end(&seen);
}

static void
a_sink_can_close_the_stream(void)
{
	struct seen seen;
	struct writ_events events = { .size = sizeof(events), .ctx = &seen, .ended = note_end };

	begin(&seen);
	seen.answer = WRIT_FLOW_CLOSE;
	start(&seen, &events, "while echo y; do :; done");
	step_to_the_end(&seen);
	CHECK_INT(seen.cause, WRIT_SIGNALED);
	CHECK_INT(seen.kept.signal, SIGPIPE);
	CHECK_INT(seen.pieces, 1);
	end(&seen);
}

static void
a_paused_stream_holds_the_program_back(void)
{
	struct seen seen;
	struct writ_events events = { .size = sizeof(events), .ctx = &seen, .ended = note_end };
	size_t before;

	begin(&seen);
	seen.answer = WRIT_FLOW_PAUSE;
	start(&seen, &events, "exec " CHILD("flood") " 2000000");
	while (seen.pieces == 0)
		CHECK(writ_host_wait(seen.run.host, WAIT_MS) > 0);
	before = seen.bytes;
	for (int i = 0; i < 5; i++)
		CHECK_INT(writ_host_wait(seen.run.host, 10), 1);
	CHECK_INT(seen.bytes, before); /* nothing comes, nothing is lost */
	CHECK_INT(seen.ended, 0);
	seen.answer = WRIT_FLOW_ON;
	writ_proc_resume(seen.proc, WRIT_STREAM_OUT);
	writ_proc_resume(seen.proc, WRIT_STREAM_OUT);
	step_to_the_end(&seen);
	CHECK_INT(seen.bytes, 2000000);
	CHECK_INT(seen.cause, WRIT_EXITED);
	end(&seen);
}

static void
a_pause_longer_than_the_drain_loses_nothing(void)
{
	struct seen seen;
	struct writ_events events = { .size = sizeof(events), .ctx = &seen, .ended = note_end };

	begin(&seen);
	seen.answer = WRIT_FLOW_PAUSE;
	seen.run.cmd.drain_ms = seen.run.cmd.drain_max_ms = 20;
	start(&seen, &events, "echo a; sleep 0.02; echo b");
	while (seen.pieces == 0)
		CHECK(writ_host_wait(seen.run.host, WAIT_MS) > 0);
	for (int i = 0; i < 20; i++) /* the program has long ended */
		CHECK_INT(writ_host_wait(seen.run.host, 10), 1);
	seen.answer = WRIT_FLOW_ON;
	writ_proc_resume(seen.proc, WRIT_STREAM_OUT);
	step_to_the_end(&seen);
	CHECK_TEXT(seen.text, "a\nb\n");
	CHECK(!seen.kept.out.held_by_descendant);
	end(&seen);
}

static int
free_at_a_piece(void *ctx, struct writ_proc *proc, enum writ_stream stream, const void *data,
		size_t len)
{
	struct seen *seen = ctx;

	(void)stream;
	(void)data;
	if (len == 0)
		return WRIT_FLOW_ON;
	seen->pieces++;
	if (seen->other != NULL)
		seen->other = writ_proc_free(seen->other);
	writ_proc_free(proc);
	seen->proc = NULL;
	return seen->answer;
}

static void
a_run_can_be_freed_in_its_own_sink(void)
{
	for (int answer = WRIT_FLOW_ON; answer <= WRIT_FLOW_END; answer++) {
		struct seen seen;
		struct writ_events events = { .size = sizeof(events), .ctx = &seen, .keep = true };
		int64_t pid;

		begin(&seen);
		start(&seen, &events, "exec sleep 1000");
		seen.other = seen.proc;
		seen.answer = answer;
		seen.run.cmd.out.sink = free_at_a_piece;
		start(&seen, &events, "echo x; exec sleep 1000");
		pid = writ_proc_id(seen.proc)->pid;
		step_to_the_end(&seen);
		CHECK_INT(seen.pieces, 1);
		check_ends(pid);
		end(&seen);
	}
}

static void
free_at_the_end(void *ctx, struct writ_proc *proc, struct writ_result *res)
{
	struct seen *seen = ctx;

	(void)res;
	seen->ended++;
	seen->proc = writ_proc_free(proc);
}

static void
a_run_can_be_freed_at_its_end(void)
{
	struct seen seen;
	struct writ_events events = {
		.size = sizeof(events), .ctx = &seen, .ended = free_at_the_end, .keep = true
	};

	begin(&seen);
	start(&seen, &events, "echo x");
	step_to_the_end(&seen);
	CHECK_INT(seen.ended, 1);
	end(&seen);
}

static void
start_another(void *ctx, struct writ_proc *proc, struct writ_result *res)
{
	struct seen *seen = ctx;
	struct writ_events events = {
		.size = sizeof(events), .ctx = seen, .later = true, .ended = start_another
	};

	(void)proc;
	seen->cause = res->cause;
	if (++seen->ended < 5)
		start(seen, &events, "exit 0");
}

static void
a_run_can_be_started_at_the_end_of_another(void)
{
	struct seen seen;
	struct writ_events events = { .size = sizeof(events),
				      .ctx = &seen,
				      .ended = start_another };

	begin(&seen);
	start(&seen, &events, "exit 0");
	step_to_the_end(&seen);
	CHECK_INT(seen.ended, 5);
	CHECK_INT(seen.cause, WRIT_EXITED);
	end(&seen);
}

static void
write_more(void *ctx, struct writ_proc *proc)
{
	static const char data[10000] = { 0 };
	struct seen *seen = ctx;

	while (seen->to_write > 0) {
		size_t part = seen->to_write < sizeof(data) ? seen->to_write : sizeof(data);
		int64_t r = writ_proc_write(proc, data, part);

		if (r < 0)
			seen->to_write = 0;
		if (r <= 0)
			return;
		seen->to_write -= (size_t)r;
	}
	writ_proc_write_end(proc);
	CHECK_INT(writ_proc_write(proc, data, 1), WRIT_E_GONE);
}

static void
input_is_written_as_the_program_reads(void)
{
	struct seen seen;
	struct writ_events events = {
		.size = sizeof(events), .ctx = &seen, .ended = note_end, .writable = write_more
	};

	begin(&seen);
	seen.run.cmd.in.kind = WRIT_IN_STREAM;
	seen.to_write = 3000000;
	start(&seen, &events, "exec cat");
	step_to_the_end(&seen);
	CHECK_INT(seen.bytes, 3000000);
	CHECK_INT(seen.kept.in.bytes, 3000000);
	CHECK_INT(seen.kept.in.read_all, WRIT_YES);
	writ_result_done(&seen.kept);
	seen.to_write = 3000000;
	start(&seen, &events, "exec 0<&-; sleep 0.05; exit 2"); /* who reads nothing */
	step_to_the_end(&seen);
	CHECK_INT(seen.kept.exit_code, 2);
	CHECK_INT(seen.kept.in.read_all, WRIT_NO);
	end(&seen);
}

static void
a_paused_stream_does_not_hold_a_timeout_up(void)
{
	struct seen seen;
	struct writ_events events = { .size = sizeof(events), .ctx = &seen, .ended = note_end };

	begin(&seen);
	seen.answer = WRIT_FLOW_PAUSE;
	seen.run.cmd.timeout_ms = 50;
	start(&seen, &events, "while echo y; do :; done");
	step_to_the_end(&seen); /* nobody resumes it */
	CHECK_INT(seen.cause, WRIT_TIMEOUT);
	CHECK_INT(seen.pieces, 1);
	end(&seen);
}

static void
waiting_for_an_end_costs_no_processor(void)
{
	static const struct writ_teardown steps[] = { { SIGTERM, 300 } };
	struct seen seen;
	struct writ_events events = { .size = sizeof(events), .ctx = &seen, .ended = note_end };
	int turns = 0;

	begin(&seen);
	seen.run.cmd.teardown = steps;
	start(&seen, &events,
	      "trap '' TERM; sleep 1000 & echo ready; while :; do sleep 1000; done");
	while (seen.pieces == 0)
		CHECK(writ_host_wait(seen.run.host, WAIT_MS) > 0);
	CHECK_INT(writ_stop(seen.proc, WRIT_STOP_POLITE, NULL), 0);
	while (seen.ended == 0 && turns < 100000) {
		CHECK(writ_host_wait(seen.run.host, WAIT_MS) >= 0);
		turns++;
	}
	CHECK_INT(seen.cause, WRIT_CANCELLED);
	CHECK(turns < 100); /* not a turn for every look at what cannot have changed */
	end(&seen);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(a_poll_loop_needs_one_descriptor),
		UNIT(a_sink_can_end_the_run),
		UNIT(a_sink_can_close_the_stream),
		UNIT(a_paused_stream_holds_the_program_back),
		UNIT(a_pause_longer_than_the_drain_loses_nothing),
		UNIT(a_run_can_be_freed_in_its_own_sink),
		UNIT(a_run_can_be_freed_at_its_end),
		UNIT(a_run_can_be_started_at_the_end_of_another),
		UNIT(input_is_written_as_the_program_reads),
		UNIT(a_paused_stream_does_not_hold_a_timeout_up),
		UNIT(waiting_for_an_end_costs_no_processor),
	};

	return UNIT_RUN(tests);
}
