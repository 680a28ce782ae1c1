#include "loop/loop.h"

#include <limits.h>

#include "os/os_clock.h"
#include "os/os_fd.h"

/* In the order in which they were posted. */
static void
call_posts(struct loop *loop)
{
	struct post *posts = __atomic_exchange_n(&loop->posts, NULL, __ATOMIC_ACQUIRE);
	struct post *first = NULL;

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

/* The bell is silenced before the list is taken: for what is posted in between it
 * rings anew. The deadline that it may have rung for is looked at in any step. */
static void
answer_bell(void *ctx, unsigned what)
{
	struct loop *loop = ctx;

	(void)what;
	os_bell_silence(loop->bell.fd);
	loop->bell_at = 0;
	call_posts(loop);
}

void
loop_post(struct loop *loop, struct post *post)
{
	post->next = __atomic_load_n(&loop->posts, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&loop->posts, &post->next, post, true,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
	os_bell_ring(loop->bell.fd, 0);
}

void
loop_hear_posts(struct loop *loop, int max_ms)
{
	struct os_watch watch = { loop->bell.fd, OS_POLL_READ, NULL };
	struct os_event event;

	os_poll_few(&watch, 1, &event, max_ms);
	answer_bell(loop, 0);
}

/* For the first deadline, or before: one that was put off is not worth a call to the
 * system each time. What was posted meanwhile rang before it was set anew. */
static void
set_bell(struct loop *loop)
{
	const struct deadline *first = heap_first(&loop->timers);

	if (loop->alone || loop->batch != NULL || first == NULL)
		return;
	if (loop->bell_at != 0 && loop->bell_at <= first->at_ns)
		return;
	loop->bell_at = first->at_ns;
	os_bell_ring(loop->bell.fd, first->at_ns);
	if (__atomic_load_n(&loop->posts, __ATOMIC_ACQUIRE) != NULL)
		os_bell_ring(loop->bell.fd, 0);
}

int
loop_open(struct loop *loop)
{
	int r;

	*loop = (struct loop){ .poll = -1, .bell = { -1, OS_POLL_READ, answer_bell, loop } };
	r = os_poll_open(&loop->poll);
	if (r == 0)
		r = os_bell_open(&loop->bell.fd);
	if (r == 0)
		r = os_poll_add(loop->poll, loop->bell.fd, OS_POLL_READ, &loop->bell);
	return r;
}

void
loop_close(struct loop *loop)
{
	call_posts(loop); /* they own something */
	loop->bell.fd = os_fd_close(loop->bell.fd);
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
	set_bell(loop);
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
	bool done = heap_set(&loop->timers, &timer->deadline, at_ns);

	set_bell(loop);
	return done;
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
		(struct os_watch){ loop->bell.fd, OS_POLL_READ, (void *)&loop->bell };
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
	set_bell(loop);
	return 0;
}
