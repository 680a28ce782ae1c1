/* loop.h - waiting for many things at once: descriptors and deadlines. Its own
 * descriptor can be read when there is something to do, be it a deadline.
 *
 * A source or a timer may be added or removed by any callback, its own
 * included. One thread at a time, but for loop_post().
 */
#ifndef WRIT_LOOP_LOOP_H
#define WRIT_LOOP_LOOP_H

#include "base/heap.h"
#include "os/os_poll.h"

struct source {
	writ_fd fd; /* -1: not in the loop */
	unsigned what; /* OS_POLL_* */
	void (*ready)(void *ctx, unsigned what);
	void *ctx;
};

struct timer {
	struct deadline deadline; /* first member */
	void (*due)(void *ctx);
	void *ctx;
};

/* A call from another thread; part of what it is about. */
struct post {
	struct post *next;
	void (*call)(struct post *post);
};

enum { LOOP_BATCH = 64, LOOP_FEW = 6 };

struct loop {
	writ_fd poll;
	bool alone; /* the few are waited for, and not `poll` */
	struct source *few[LOOP_FEW];
	int few_count;
	int source_count;
	struct heap timers;
	struct source bell; /* for the first deadline and for posts; in neither count */
	int64_t bell_at;    /* 0: it rings for no deadline */
	struct post *posts; /* the last first; atomic */
	struct os_event *batch; /* being worked on, or NULL */
	int batch_count;
};

/* 0 or a negative errno. */
int loop_open(struct loop *loop);
void loop_close(struct loop *loop);

/* While nobody else looks at the descriptor of the loop, and there are but a few
 * sources, they need not be added to it and removed: for a short run that is
 * dear. Has no effect while there are sources. */
void loop_be_alone(struct loop *loop);

/* From now on the descriptor tells. 0 or a negative errno. */
int loop_be_shared(struct loop *loop);

/* From any thread: has `post->call` called in the next step. The loop is open until
 * this has returned. */
void loop_post(struct loop *loop, struct post *post);

/* Waits at most so long for posts, and calls them. */
void loop_hear_posts(struct loop *loop, int max_ms);

/* Watches `fd` (borrowed). 0 or a negative errno. */
int loop_add(struct loop *loop, struct source *source, writ_fd fd, unsigned what);
void loop_change(struct loop *loop, struct source *source, unsigned what);
void loop_remove(struct loop *loop, struct source *source);

/* False: out of memory; moving one that is set never fails. */
bool loop_set_timer(struct loop *loop, struct timer *timer, int64_t at_ns);
void loop_clear_timer(struct loop *loop, struct timer *timer);

/* Milliseconds to the next deadline, rounded up; -1: none. */
int loop_wait_ms(const struct loop *loop);

/* Waits at most so long (-1: for ever) and calls back what is ready and due.
 * 0 or a negative errno. */
int loop_step(struct loop *loop, int wait_ms);

#endif
