#include "loop/loop.h"

#include <limits.h>

#include "os/os_clock.h"
#include "os/os_fd.h"

/* In the order in which they were posted. */
static void
call_posts(void *ctx, unsigned what)
{
	struct loop *loop = ctx;
	struct post *posts;
	struct post *first = NULL;

	(void)what;
	os_wake_clear(loop->wake.fd);
	posts = __atomic_exchange_n(&loop->posts, NULL, __ATOMIC_ACQUIRE);
	while (posts != NULL) {
		struct post *post = posts;

		posts = post->next;
		post->next = first;
		first = post;
	}
	while (first != NULL) {
		struct post *post = first;

		first = post->next;
		post->call(post);
	}
}

/* The descriptor is cleared before the list is taken: what is posted in between
 * tells it anew. */
void
loop_post(struct loop *loop, struct post *post)
{
	post->next = __atomic_load_n(&loop->posts, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&loop->posts, &post->next, post, true,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
	os_wake_tell(loop->wake.fd);
}

int
loop_open(struct loop *loop)
{
	int r;

	*loop = (struct loop){ .poll = -1,
			       .wake = { -1, OS_POLL_READ, call_posts, loop } };
	r = os_poll_open(&loop->poll);
	if (r == 0)
		r = os_wake_open(&loop->wake.fd);
	if (r == 0)
		r = os_poll_add(loop->poll, loop->wake.fd, OS_POLL_READ, &loop->wake);
	return r;
}

void
loop_close(struct loop *loop)
{
	if (loop->wake.fd >= 0)
		call_posts(loop, 0); /* they own something */
	loop->wake.fd = os_fd_close(loop->wake.fd);
	loop->poll = os_fd_close(loop->poll);
	heap_done(&loop->timers);
}

void
loop_be_alone(struct loop *loop)
{
	if (loop->source_count == 0)
		loop->alone = true;
}

int
loop_be_shared(struct loop *loop)
{
	int added;
	int r = 0;

	if (!loop->alone)
		return 0;
	for (added = 0; added < loop->few_count && r == 0; added++) {
		struct source *source = loop->few[added];

		r = os_poll_add(loop->poll, source->fd, source->what, source);
	}
	if (r < 0) {
		for (int i = 0; i < added - 1; i++)
			os_poll_remove(loop->poll, loop->few[i]->fd);
		return r;
	}
	loop->alone = false;
	loop->few_count = 0;
	return 0;
}

_Static_assert((int)LOOP_FEW < (int)OS_WATCH_MAX, "all of the few are waited for at once");

static int
register_source(struct loop *loop, struct source *source, writ_fd fd, unsigned what)
{
	int r = loop->few_count < LOOP_FEW ? 0 : loop_be_shared(loop);

	if (r < 0)
		return r;
	if (!loop->alone)
		return os_poll_add(loop->poll, fd, what, source);
	loop->few[loop->few_count++] = source;
	return 0;
}

int
loop_add(struct loop *loop, struct source *source, writ_fd fd, unsigned what)
{
	int r = register_source(loop, source, fd, what);

	if (r < 0)
		return r;
	source->fd = fd;
	source->what = what;
	loop->source_count++;
	return 0;
}

void
loop_change(struct loop *loop, struct source *source, unsigned what)
{
	if (source->fd < 0 || source->what == what)
		return;
	if (!loop->alone)
		os_poll_change(loop->poll, source->fd, what, source);
	source->what = what;
}

static void
forget_few(struct loop *loop, const struct source *source)
{
	int at = 0;

	while (loop->few[at] != source)
		at++;
	loop->few[at] = loop->few[--loop->few_count];
}

void
loop_remove(struct loop *loop, struct source *source)
{
	if (source->fd < 0)
		return;
	if (loop->alone)
		forget_few(loop, source);
	else
		os_poll_remove(loop->poll, source->fd);
	source->fd = -1;
	loop->source_count--;
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

static int
wait_for_few(const struct loop *loop, struct os_event *batch, int wait_ms)
{
	struct os_watch few[LOOP_FEW + 1];

	few[loop->few_count] =
		(struct os_watch){ loop->wake.fd, OS_POLL_READ, (void *)&loop->wake };
	for (int i = 0; i < loop->few_count; i++) {
		struct source *source = loop->few[i];

		few[i] = (struct os_watch){ source->fd, source->what, source };
	}
	return os_poll_few(few, loop->few_count + 1, batch, wait_ms);
}

int
loop_step(struct loop *loop, int wait_ms)
{
	struct os_event batch[LOOP_BATCH];
	int count = loop->alone ? wait_for_few(loop, batch, wait_ms)
				: os_poll_wait(loop->poll, batch, LOOP_BATCH, wait_ms);

	if (count < 0)
		return count;
	call_ready(loop, batch, count);
	call_due(loop);
	return 0;
}
