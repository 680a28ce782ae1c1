#include "loop/loop.h"

#include <limits.h>

#include "os/os_clock.h"
#include "os/os_fd.h"

int
loop_open(struct loop *loop)
{
	*loop = (struct loop){ .poll = -1 };
	return os_poll_open(&loop->poll);
}

void
loop_close(struct loop *loop)
{
	loop->poll = os_fd_close(loop->poll);
	heap_done(&loop->timers);
}

int
loop_add(struct loop *loop, struct source *source, writ_fd fd, unsigned what)
{
	int r = os_poll_add(loop->poll, fd, what, source);

	if (r < 0)
		return r;
	source->fd = fd;
	source->what = what;
	return 0;
}

void
loop_change(struct loop *loop, struct source *source, unsigned what)
{
	if (source->fd < 0 || source->what == what)
		return;
	os_poll_change(loop->poll, source->fd, what, source);
	source->what = what;
}

void
loop_remove(struct loop *loop, struct source *source)
{
	if (source->fd < 0)
		return;
	os_poll_remove(loop->poll, source->fd);
	source->fd = -1;
	/* what was reported for it in this very batch is void */
	for (int i = 0; i < loop->batch_count; i++)
		if (loop->batch[i].source == source)
			loop->batch[i].source = NULL;
}

bool
loop_set_timer(struct loop *loop, struct timer *timer, int64_t at_ns)
{
	return heap_set(&loop->timers, &timer->deadline, at_ns);
}

void
loop_clear_timer(struct loop *loop, struct timer *timer)
{
	heap_remove(&loop->timers, &timer->deadline);
}

int
loop_wait_ms(const struct loop *loop)
{
	const struct deadline *first = heap_first(&loop->timers);
	int64_t left_ns;

	if (first == NULL)
		return -1;
	left_ns = first->at_ns - os_clock_ns();
	if (left_ns <= 0)
		return 0;
	if (left_ns / NS_PER_MS >= INT_MAX)
		return INT_MAX;
	return (int)((left_ns + NS_PER_MS - 1) / NS_PER_MS);
}

static void
call_ready(struct loop *loop, struct os_event *batch, int count)
{
	loop->batch = batch;
	loop->batch_count = count;
	for (int i = 0; i < count; i++) {
		struct source *source = batch[i].source;

		if (source != NULL)
			source->ready(source->ctx, batch[i].what);
	}
	loop->batch = NULL;
	loop->batch_count = 0;
}

/* Those that are due now. */
static void
call_due(struct loop *loop)
{
	struct deadline *first = heap_first(&loop->timers);
	int64_t now_ns;

	if (first == NULL)
		return;
	now_ns = os_clock_ns();
	/* as many as there are now: one that is set anew waits for its turn */
	for (size_t left = loop->timers.count; left > 0; left--) {
		struct timer *timer;

		first = heap_first(&loop->timers);
		if (first == NULL || first->at_ns > now_ns)
			break;
		timer = (struct timer *)(void *)first;

		heap_remove(&loop->timers, first);
		timer->due(timer->ctx);
	}
}

int
loop_step(struct loop *loop, int wait_ms)
{
	struct os_event batch[LOOP_BATCH];
	int count = os_poll_wait(loop->poll, batch, LOOP_BATCH, wait_ms);

	if (count < 0)
		return count;
	call_ready(loop, batch, count);
	call_due(loop);
	return 0;
}
