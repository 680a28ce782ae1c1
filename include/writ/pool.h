/* pool.h - functions that block, run on threads of their own, for a loop.
 *
 * What a loop must not wait for (a name service, a file on a network, a library
 * that knows no other way) is submitted; a thread of the pool runs it, and the
 * thread that steps the host is told its result.
 *
 * Shared data: what the caller wrote before writ_pool_submit() the function may
 * read, and what the function wrote before it returned `done` may read; no lock
 * is needed for either. In between `ctx` belongs to the function alone.
 *
 * All signals are blocked on the threads of a pool.
 *
 * Threads: writ_pool_submit(), _cancel() and _count() are for any, also for the
 * functions that run in the pool, as writ_cancel() is; the rest is for the thread of
 * the host. The pool must live until they have returned.
 * After fork: the copy in the child answers WRIT_E_STATE, and is not freed.
 */
#ifndef WRIT_POOL_H
#define WRIT_POOL_H

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

struct writ_pool;

enum {
	WRIT_POOL_THREADS_DEFAULT = 4,
	WRIT_POOL_THREADS_MAX = 256,
	WRIT_POOL_QUEUE_DEFAULT = 1024,
};

struct writ_pool_options {
	size_t size;
	int threads;   /* at most so many; 0: WRIT_POOL_THREADS_DEFAULT */
	int queue_max; /* jobs that wait for a thread; 0: WRIT_POOL_QUEUE_DEFAULT */
};

/* How a job ended. */
enum writ_job_end {
	WRIT_JOB_DONE = 0,  /* the function returned */
	WRIT_JOB_CANCELLED, /* it was never called */
	WRIT_JOB_LOST,	    /* it ended its thread instead (pthread_exit(3)) */
};

typedef int (*writ_work)(void *ctx);
typedef void (*writ_work_done)(void *ctx, enum writ_job_end end, int result);

/* Makes a pool whose results come in the steps of `host`. A thread is made when
 * there is work for it, and stays. Owns: the caller frees it.
 * Errors: WRIT_E_NOMEM, WRIT_E_INVAL. */
WRIT_API int writ_pool_new(struct writ_host *host, const struct writ_pool_options *options,
			   struct writ_pool **ret_pool, struct writ_error *err);

/* Runs what is queued to its end, and frees the pool: nothing is lost. Outside of
 * a step, on a thread that has not attached itself, it waits for that, calling
 * `done`; else it returns at once, and the steps of the host do the rest. The pools
 * that are left when their host is freed are emptied by it: there what has not
 * begun is cancelled. Returns NULL. */
WRIT_API struct writ_pool *writ_pool_free(struct writ_pool *pool);

/* Has `work(ctx)` called on a thread of the pool, then `done`, exactly once, in a
 * step of the host: `result` is what it returned. From any thread.
 * Errors: WRIT_E_LIMIT (the queue is full), WRIT_E_STATE (the pool is being freed),
 * WRIT_E_SYS (no thread could be made, and there is none), WRIT_E_NOMEM. */
WRIT_API int writ_pool_submit(struct writ_pool *pool, writ_work work, writ_work_done done,
			      void *ctx, uint64_t *ret_number, struct writ_error *err);

/* Takes a job back that has not begun: `done` is told WRIT_JOB_CANCELLED in a step.
 * WRIT_E_STATE: it has begun; nothing can stop it. With 0 all that have not. From
 * any thread. */
WRIT_API int writ_pool_cancel(struct writ_pool *pool, uint64_t number);

/* Jobs of which `done` has not been told; or WRIT_E_STATE. */
WRIT_API int writ_pool_count(struct writ_pool *pool);

#ifdef __cplusplus
}
#endif

#endif
