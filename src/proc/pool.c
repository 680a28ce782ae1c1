/* A job goes from the queue to a thread, and from there by a post to the thread
 * that steps the host; whoever takes it out of the queue owns it. */
#include "proc/pool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "os/os_thread.h"
#include "proc/host.h"

enum { PATIENCE_MS = 100 };

struct job {
	struct post post; /* first member */
	struct job *next; /* in the queue */
	struct writ_pool *pool;
	uint64_t number;
	writ_work work;
	writ_work_done done;
	void *ctx;
	enum writ_job_end end;
	int result;
};

struct worker {
	struct worker *next;
	bool lost; /* a function has ended it */
	struct writ_pool *pool;
	struct os_thread *thread;
	struct job *job; /* that it runs */
};

struct writ_pool {
	struct writ_host *host;
	struct writ_pool *next;
	struct writ_pool **link; /* what points to us */
	int thread_max;
	int queue_max;
	int busy;    /* calls of `done` that run */
	bool doomed; /* freed when the last is told */

	struct os_lock *lock; /* of what follows */
	struct job *first;
	struct job **end;
	int queued;
	int untold; /* jobs of which `done` was not told */
	uint64_t last_number;
	bool closing;
	struct worker *workers;
	int alive; /* of them */
	int idle;
};

static int
size_or(int asked, int otherwise)
{
	return asked == 0 ? otherwise : asked;
}

int
writ_pool_new(struct writ_host *host, const struct writ_pool_options *options,
	      struct writ_pool **ret_pool, struct writ_error *err)
{
	struct writ_pool_options own = { 0 };
	struct writ_pool *pool;

	if (options != NULL)
		memcpy(&own, options,
		       options->size != 0 && options->size < sizeof(own) ? options->size
									  : sizeof(own));
	if (own.threads < 0 || own.threads > WRIT_POOL_THREADS_MAX)
		return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_HOST, 0, NULL, "%d threads",
				 own.threads);
	if (own.queue_max < 0)
		return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_HOST, 0, NULL, "a queue of %d",
				 own.queue_max);
	pool = calloc(1, sizeof(*pool));
	if (pool != NULL)
		pool->lock = os_lock_new();
	if (pool == NULL || pool->lock == NULL) {
		free(pool);
		return writ_fail_nomem(err, WRIT_STAGE_HOST);
	}
	pool->host = host;
	pool->thread_max = size_or(own.threads, WRIT_POOL_THREADS_DEFAULT);
	pool->queue_max = size_or(own.queue_max, WRIT_POOL_QUEUE_DEFAULT);
	pool->end = &pool->first;
	pool->next = host->pools;
	pool->link = &host->pools;
	if (pool->next != NULL)
		pool->next->link = &pool->next;
	host->pools = pool;
	*ret_pool = pool;
	return 0;
}

static void
close_pool(struct writ_pool *pool)
{
	os_lock(pool->lock);
	pool->closing = true;
	os_lock_tell_all(pool->lock);
	os_unlock(pool->lock);
}

/* Nothing is in it any more: its threads end. */
static void
destroy(struct writ_pool *pool)
{
	close_pool(pool);
	while (pool->workers != NULL) {
		struct worker *worker = pool->workers;

		pool->workers = worker->next;
		os_thread_join(worker->thread);
		free(worker);
	}
	*pool->link = pool->next;
	if (pool->next != NULL)
		pool->next->link = pool->link;
	os_lock_free(pool->lock);
	free(pool);
}

/* On the thread that steps the host. */
static void
tell(struct post *post)
{
	struct job *job = (struct job *)(void *)post;
	struct writ_pool *pool = job->pool;
	bool was_last;

	pool->busy++;
	if (job->done != NULL)
		job->done(job->ctx, job->end, job->result);
	pool->busy--;
	free(job);
	os_lock(pool->lock);
	was_last = --pool->untold == 0;
	os_unlock(pool->lock);
	if (was_last && pool->doomed && pool->busy == 0)
		destroy(pool);
}

static void
finish(struct job *job, enum writ_job_end end)
{
	job->end = end;
	job->post.call = tell;
	loop_post(&job->pool->host->loop, &job->post);
}

/* Both want the lock. */
static void
append(struct writ_pool *pool, struct job *job)
{
	*pool->end = job;
	pool->end = &job->next;
	pool->queued++;
}

static struct job *
take(struct writ_pool *pool, struct job **at)
{
	struct job *job = *at;

	*at = job->next;
	if (pool->end == &job->next)
		pool->end = at;
	pool->queued--;
	return job;
}

static void
run_job(void *ctx)
{
	struct job *job = ((struct worker *)ctx)->job;

	job->result = job->work(job->ctx);
}

static int add_worker(struct writ_pool *pool);

/* The function has ended the thread: what is queued gets a new one. If that cannot
 * be made either, nobody is left to run it. */
static void
lose_thread(void *ctx)
{
	struct worker *worker = ctx;
	struct writ_pool *pool = worker->pool;

	os_lock(pool->lock);
	pool->alive--;
	worker->lost = true;
	if (pool->first != NULL && add_worker(pool) < 0)
		while (pool->alive == 0 && pool->first != NULL)
			finish(take(pool, &pool->first), WRIT_JOB_LOST);
	os_unlock(pool->lock);
	finish(worker->job, WRIT_JOB_LOST);
}

static void
work(void *ctx)
{
	struct worker *worker = ctx;
	struct writ_pool *pool = worker->pool;

	os_lock(pool->lock);
	for (;;) {
		pool->idle++;
		while (pool->first == NULL && !pool->closing)
			os_lock_wait(pool->lock);
		pool->idle--;
		if (pool->first == NULL)
			break;
		worker->job = take(pool, &pool->first);
		os_unlock(pool->lock);
		os_thread_call(run_job, lose_thread, worker);
		finish(worker->job, WRIT_JOB_DONE);
		os_lock(pool->lock);
	}
	os_unlock(pool->lock);
}

/* With the lock. 0 or a negative errno. */
static int
add_worker(struct writ_pool *pool)
{
	struct worker *worker = calloc(1, sizeof(*worker));
	int r;

	if (worker == NULL)
		return -ENOMEM;
	worker->pool = pool;
	r = os_thread_start(work, worker, &worker->thread);
	if (r < 0) {
		free(worker);
		return r;
	}
	worker->next = pool->workers;
	pool->workers = worker;
	pool->alive++;
	return 0;
}

/* With the lock: those that a function has ended. */
static void
join_lost(struct writ_pool *pool)
{
	for (struct worker **at = &pool->workers; *at != NULL;) {
		struct worker *worker = *at;

		if (!worker->lost) {
			at = &worker->next;
			continue;
		}
		*at = worker->next;
		os_thread_join(worker->thread);
		free(worker);
	}
}

/* With the lock. A thread that cannot be made is no failure while there are others. */
static int
accept_job(struct writ_pool *pool, struct job *job, struct writ_error *err)
{
	int r = 0;

	if (pool->closing)
		return writ_fail(err, WRIT_E_STATE, WRIT_STAGE_HOST, 0, "it is being freed", "%s",
				 "the pool");
	if (pool->queued >= pool->queue_max) {
		writ_fail(err, WRIT_E_LIMIT, WRIT_STAGE_HOST, 0, "the queue is full", "%d",
			  pool->queued);
		return writ_hint(err, WRIT_E_LIMIT, "submit again when `done` was told");
	}
	if (pool->idle <= pool->queued && pool->alive < pool->thread_max) {
		join_lost(pool);
		r = add_worker(pool);
	}
	if (r < 0 && pool->alive == 0)
		return writ_fail_sys(err, WRIT_STAGE_HOST, -r, "a thread");
	job->number = ++pool->last_number;
	append(pool, job);
	pool->untold++;
	os_lock_tell(pool->lock);
	return 0;
}

int
writ_pool_submit(struct writ_pool *pool, writ_work work_of_job, writ_work_done done, void *ctx,
		 uint64_t *ret_number, struct writ_error *err)
{
	struct job *job;
	int r = host_check(pool->host, err);

	if (r < 0)
		return r;
	job = calloc(1, sizeof(*job));
	if (job == NULL)
		return writ_fail_nomem(err, WRIT_STAGE_HOST);
	*job = (struct job){ .pool = pool, .work = work_of_job, .done = done, .ctx = ctx };
	os_lock(pool->lock);
	r = accept_job(pool, job, err);
	if (r == 0 && ret_number != NULL)
		*ret_number = job->number;
	os_unlock(pool->lock);
	if (r < 0)
		free(job);
	return r;
}

int
writ_pool_cancel(struct writ_pool *pool, uint64_t number)
{
	struct job **at = &pool->first;
	bool found = number == 0;

	if (host_check(pool->host, NULL) < 0)
		return WRIT_E_STATE;
	os_lock(pool->lock);
	while (*at != NULL) {
		if (number == 0 || (*at)->number == number) {
			finish(take(pool, at), WRIT_JOB_CANCELLED);
			found = true;
		} else {
			at = &(*at)->next;
		}
	}
	os_unlock(pool->lock);
	return found ? 0 : WRIT_E_STATE;
}

int
writ_pool_count(struct writ_pool *pool)
{
	int untold;

	if (host_check(pool->host, NULL) < 0)
		return WRIT_E_STATE; /* in a fork the lock may be held for ever */
	os_lock(pool->lock);
	untold = pool->untold;
	os_unlock(pool->lock);
	return untold;
}

struct writ_pool *
writ_pool_free(struct writ_pool *pool)
{
	if (pool == NULL || pool->closing || host_check(pool->host, NULL) < 0)
		return NULL;
	close_pool(pool);
	if (host_check_wait(pool->host, "", "", NULL) < 0) {
		pool->doomed = true;
		if (pool->busy == 0 && writ_pool_count(pool) == 0)
			destroy(pool);
		return NULL;
	}
	while (writ_pool_count(pool) > 0)
		if (writ_host_wait(pool->host, -1) < 0)
			return NULL; /* after fork: its threads are not here */
	destroy(pool);
	return NULL;
}

void
pools_end(struct writ_host *host)
{
	host->stepping = true; /* a `done` that frees a pool does not wait for it */
	while (host->pools != NULL) {
		struct writ_pool *pool = host->pools;

		writ_pool_cancel(pool, 0);
		close_pool(pool);
		while (host->pools == pool && writ_pool_count(pool) > 0)
			loop_hear_posts(&host->loop, PATIENCE_MS);
		if (host->pools == pool)
			destroy(pool);
	}
	host->stepping = false;
}
