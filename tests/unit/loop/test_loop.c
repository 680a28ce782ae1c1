#include <fcntl.h>
#include <unistd.h>

#include "loop/loop.h"
#include "os/os_clock.h"
#include "os/os_fd.h"
#include "unit.h"

struct end {
	struct source source;
	struct loop *loop;
	struct end *other;
	writ_fd fd[2];
	int calls;
};

static void
count_and_read(void *ctx, unsigned what)
{
	struct end *end = ctx;
	char byte;

	end->calls += (what & OS_POLL_READ) != 0;
	os_fd_read(end->fd[0], &byte, 1);
}

static void
remove_other(void *ctx, unsigned what)
{
	struct end *end = ctx;

	(void)what;
	end->calls++;
	loop_remove(end->loop, &end->other->source);
	loop_remove(end->loop, &end->source);
	loop_remove(end->loop, &end->source); /* twice is fine */
}

static void
open_end(struct loop *loop, struct end *end, void (*ready)(void *ctx, unsigned what))
{
	*end = (struct end){ .loop = loop, .source = { .fd = -1, .ready = ready, .ctx = end } };
	CHECK_INT(os_pipe_open(end->fd), 0);
	CHECK_INT(loop_add(loop, &end->source, end->fd[0], OS_POLL_READ), 0);
}

static void
close_end(struct end *end)
{
	loop_remove(end->loop, &end->source);
	os_fd_close(end->fd[0]);
	os_fd_close(end->fd[1]);
}

static void
open_loop(struct loop *loop, bool alone)
{
	CHECK_INT(loop_open(loop), 0);
	if (alone)
		loop_be_alone(loop);
}

static void
check_what_is_called(bool alone)
{
	struct loop loop;
	struct end a;
	struct end b;

	open_loop(&loop, alone);
	open_end(&loop, &a, count_and_read);
	open_end(&loop, &b, count_and_read);
	CHECK_INT(loop_step(&loop, 0), 0);
	CHECK_INT(a.calls + b.calls, 0);
	CHECK_INT(write(b.fd[1], "xy", 2), 2);
	CHECK_INT(loop_step(&loop, -1), 0);
	CHECK_INT(a.calls, 0);
	CHECK_INT(b.calls, 1);
	CHECK_INT(loop_step(&loop, -1), 0); /* there is more */
	CHECK_INT(b.calls, 2);
	loop_change(&loop, &b.source, 0);
	CHECK_INT(write(b.fd[1], "z", 1), 1);
	CHECK_INT(loop_step(&loop, 0), 0);
	CHECK_INT(b.calls, 2);
	close_end(&a);
	close_end(&b);
	loop_close(&loop);
}

static void
calls_what_is_ready_and_nothing_else(void)
{
	check_what_is_called(false);
	check_what_is_called(true);
}

static void
check_removal(bool alone)
{
	struct loop loop;
	struct end a;
	struct end b;

	open_loop(&loop, alone);
	open_end(&loop, &a, remove_other);
	open_end(&loop, &b, remove_other);
	a.other = &b;
	b.other = &a;
	CHECK_INT(write(a.fd[1], "x", 1), 1);
	CHECK_INT(write(b.fd[1], "x", 1), 1);
	CHECK_INT(loop_step(&loop, -1), 0);
	CHECK_INT(a.calls + b.calls, 1);
	CHECK_INT(loop_step(&loop, 0), 0);
	CHECK_INT(a.calls + b.calls, 1);
	close_end(&a);
	close_end(&b);
	loop_close(&loop);
}

static void
a_source_removed_in_a_batch_is_not_called(void)
{
	check_removal(false);
	check_removal(true);
}

/* With the first that is one too many, or when it is asked for. */
static void
sources_of_a_loop_that_was_alone_are_told_by_its_descriptor(void)
{
	enum { COUNT = LOOP_FEW + 1 };
	struct end ends[COUNT];
	struct os_event event;
	struct loop loop;

	for (int count = 1; count <= COUNT; count++) {
		open_loop(&loop, true);
		for (int i = 0; i < count; i++)
			open_end(&loop, &ends[i], count_and_read);
		CHECK_INT(write(ends[0].fd[1], "x", 1), 1);
		CHECK_INT(os_poll_wait(loop.poll, &event, 1, 0), count > LOOP_FEW);
		CHECK_INT(loop_be_shared(&loop), 0);
		CHECK_INT(os_poll_wait(loop.poll, &event, 1, 0), 1);
		loop_be_alone(&loop); /* not with sources */
		CHECK_INT(loop_step(&loop, -1), 0);
		CHECK_INT(ends[0].calls, 1);
		for (int i = 0; i < count; i++)
			close_end(&ends[i]);
		loop_close(&loop);
	}
}

struct alarm_clock {
	struct timer timer;
	struct loop *loop;
	int order;
	int again;
};
static int next_order;

static void
ring(void *ctx)
{
	struct alarm_clock *clock = ctx;

	clock->order = ++next_order;
	if (clock->again-- > 0)
		CHECK(loop_set_timer(clock->loop, &clock->timer, os_clock_ns() - 1));
}

static void
timers_ring_in_their_order_and_not_before(void)
{
	enum { COUNT = 5 };
	struct alarm_clock clocks[COUNT];
	struct loop loop;
	int64_t now = os_clock_ns();

	CHECK_INT(loop_open(&loop), 0);
	CHECK_INT(loop_wait_ms(&loop), -1);
	next_order = 0;
	for (int i = 0; i < COUNT; i++) {
		clocks[i] = (struct alarm_clock){ .timer = { .due = ring, .ctx = &clocks[i] },
						  .loop = &loop };
		CHECK(loop_set_timer(&loop, &clocks[i].timer, now + (COUNT - i) * 5 * NS_PER_MS));
	}
	loop_clear_timer(&loop, &clocks[2].timer);
	CHECK(loop_wait_ms(&loop) <= 5);
	while (loop_wait_ms(&loop) >= 0) {
		CHECK_INT(loop_step(&loop, loop_wait_ms(&loop)), 0);
		for (int i = 0; i < COUNT; i++)
			CHECK(clocks[i].order == 0 ||
			      os_clock_ns() >= now + (COUNT - i) * 5 * NS_PER_MS);
	}
	CHECK_INT(clocks[4].order, 1);
	CHECK_INT(clocks[3].order, 2);
	CHECK_INT(clocks[2].order, 0);
	CHECK_INT(clocks[1].order, 3);
	CHECK_INT(clocks[0].order, 4);
	loop_close(&loop);
}

static void
a_timer_can_set_itself_again(void)
{
	struct loop loop;
	struct alarm_clock clock = { .loop = &loop, .again = 3 };

	next_order = 0;
	clock.timer = (struct timer){ .due = ring, .ctx = &clock };
	CHECK_INT(loop_open(&loop), 0);
	CHECK(loop_set_timer(&loop, &clock.timer, 0));
	CHECK_INT(loop_wait_ms(&loop), 0);
	while (loop_wait_ms(&loop) >= 0)
		CHECK_INT(loop_step(&loop, 0), 0);
	CHECK_INT(clock.order, 4);
	CHECK(loop_set_timer(&loop, &clock.timer, INT64_MAX));
	CHECK_INT(loop_wait_ms(&loop), INT32_MAX);
	loop_close(&loop);
}

static void
more_sources_than_a_batch_are_all_called(void)
{
	enum { COUNT = LOOP_BATCH + 40 };
	struct end ends[COUNT];
	struct loop loop;
	int calls = 0;

	CHECK_INT(loop_open(&loop), 0);
	for (int i = 0; i < COUNT; i++) {
		open_end(&loop, &ends[i], count_and_read);
		CHECK_INT(write(ends[i].fd[1], "x", 1), 1);
	}
	for (int i = 0; i < 3; i++)
		CHECK_INT(loop_step(&loop, 0), 0);
	for (int i = 0; i < COUNT; i++) {
		calls += ends[i].calls;
		close_end(&ends[i]);
	}
	CHECK_INT(calls, COUNT);
	loop_close(&loop);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(calls_what_is_ready_and_nothing_else),
		UNIT(a_source_removed_in_a_batch_is_not_called),
		UNIT(sources_of_a_loop_that_was_alone_are_told_by_its_descriptor),
		UNIT(timers_ring_in_their_order_and_not_before),
		UNIT(a_timer_can_set_itself_again),
		UNIT(more_sources_than_a_batch_are_all_called),
	};

	return UNIT_RUN(tests);
}
