/* Functions on other threads, for a loop. ThreadSanitizer sees what is shared. */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runs.h"
#include "unit.h"

enum { JOBS = 500, SUBMITTERS = 4 };

struct job {
	int value; /* written by the caller, read and written by the function */
	int end;
	int result;
	int told;
	pthread_t told_on;
	struct writ_pool *pool;
};

static int
double_it(void *ctx)
{
	struct job *job = ctx;

	job->value *= 2;
	return job->value + 1;
}

static int
sleep_a_little(void *ctx)
{
	(void)ctx;
	usleep(100000);
	return 7;
}

static int
leave_the_thread(void *ctx)
{
	(void)ctx;
	pthread_exit(NULL);
}

static void
note(void *ctx, enum writ_job_end end, int result)
{
	struct job *job = ctx;

	job->end = (int)end;
	job->result = result;
	job->told++;
	job->told_on = pthread_self();
}

static struct writ_pool *
new_pool(struct writ_host *host, int threads, int queue_max)
{
	struct writ_pool_options options = { sizeof(options), threads, queue_max };
	struct writ_pool *pool = NULL;

	CHECK_INT(writ_pool_new(host, &options, &pool, NULL), 0);
	return pool;
}

static void
submit(struct writ_pool *pool, writ_work work, struct job *job)
{
	CHECK_INT(writ_pool_submit(pool, work, note, job, NULL, NULL), 0);
}

static void
each_result_comes_once_on_the_thread_of_the_loop(void)
{
	struct job *jobs = calloc(JOBS, sizeof(*jobs));
	struct writ_host *host = runs_host();
	struct writ_pool *pool = new_pool(host, 4, 0);

	for (int i = 0; i < JOBS; i++) {
		jobs[i].value = i;
		submit(pool, double_it, &jobs[i]);
	}
	while (writ_pool_count(pool) > 0) {
		struct pollfd poll_fd = { writ_host_fd(host), POLLIN, 0 };

		CHECK_INT(poll(&poll_fd, 1, 30000), 1);
		CHECK_INT(writ_host_step(host), 0);
	}
	for (int i = 0; i < JOBS; i++) {
		CHECK_INT(jobs[i].told, 1);
		CHECK_INT(jobs[i].end, WRIT_JOB_DONE);
		CHECK_INT(jobs[i].result, 2 * i + 1);
		CHECK(pthread_equal(jobs[i].told_on, pthread_self()));
	}
	CHECK(writ_pool_free(pool) == NULL);
	writ_host_free(host);
	free(jobs);
}

static void
a_full_queue_is_said(void)
{
	struct writ_host *host = runs_host();
	struct writ_pool *pool = new_pool(host, 1, 2);
	struct writ_error err = { 0 };
	struct job jobs[4] = { 0 };
	int taken = 0;

	for (int i = 0; i < 4; i++)
		taken += writ_pool_submit(pool, sleep_a_little, note, &jobs[i], NULL, &err) == 0;
	CHECK(taken >= 2 && taken <= 3);
	CHECK_INT(err.code, WRIT_E_LIMIT);
	writ_pool_free(pool);
	for (int i = 0; i < taken; i++)
		CHECK_INT(jobs[i].result, 7);
	writ_host_free(host);
}

static void
what_has_not_begun_can_be_taken_back(void)
{
	struct writ_host *host = runs_host();
	struct writ_pool *pool = new_pool(host, 1, 0);
	struct job first = { 0 };
	struct job second = { 0 };
	uint64_t number = 0;

	submit(pool, sleep_a_little, &first);
	CHECK_INT(writ_pool_submit(pool, double_it, note, &second, &number, NULL), 0);
	CHECK_INT(writ_pool_cancel(pool, number), 0);
	CHECK_INT(writ_pool_cancel(pool, number), WRIT_E_STATE);
	CHECK_INT(second.told, 0); /* not before a step */
	while (writ_pool_count(pool) > 0)
		writ_host_wait(host, -1);
	CHECK_INT(second.end, WRIT_JOB_CANCELLED);
	CHECK_INT(second.told, 1);
	CHECK_INT(first.result, 7);
	CHECK_INT(writ_pool_cancel(pool, 0), 0);
	writ_pool_free(pool);
	writ_host_free(host);
}

static void
a_function_may_end_its_thread(void)
{
	struct writ_host *host = runs_host();
	struct writ_pool *pool = new_pool(host, 1, 0);
	struct job jobs[3] = { { .value = 1 }, { .value = 2 }, { .value = 3 } };

	submit(pool, leave_the_thread, &jobs[0]);
	while (writ_pool_count(pool) > 0)
		writ_host_wait(host, -1);
	CHECK_INT(jobs[0].end, WRIT_JOB_LOST);
	submit(pool, double_it, &jobs[1]);
	submit(pool, double_it, &jobs[2]);
	writ_pool_free(pool);
	CHECK_INT(jobs[2].result, 7);
	writ_host_free(host);
}

static void
a_job_behind_one_that_ended_its_thread_is_run(void)
{
	struct writ_host *host = runs_host();
	struct writ_pool *pool = new_pool(host, 1, 0);
	struct job jobs[4] = { { .value = 1 }, { .value = 2 }, { .value = 3 }, { .value = 4 } };

	for (int i = 0; i < 4; i++)
		submit(pool, i % 2 == 0 ? leave_the_thread : double_it, &jobs[i]);
	writ_pool_free(pool);
	CHECK_INT(jobs[2].end, WRIT_JOB_LOST);
	CHECK_INT(jobs[3].result, 9);
	writ_host_free(host);
}

static void
freeing_a_pool_loses_nothing(void)
{
	struct writ_host *host = runs_host();
	struct writ_pool *pool = new_pool(host, 2, 0);
	struct job jobs[6] = { 0 };

	for (int i = 0; i < 6; i++)
		submit(pool, sleep_a_little, &jobs[i]);
	writ_pool_free(pool);
	for (int i = 0; i < 6; i++)
		CHECK_INT(jobs[i].result, 7);
	writ_host_free(host);
}

static void
a_host_that_ends_first_tells_all(void)
{
	struct writ_host *host = runs_host();
	struct writ_pool *pool = new_pool(host, 1, 0);
	struct job jobs[20] = { 0 };
	int cancelled = 0;

	for (int i = 0; i < 20; i++)
		submit(pool, sleep_a_little, &jobs[i]);
	writ_host_free(host);
	for (int i = 0; i < 20; i++) {
		CHECK_INT(jobs[i].told, 1);
		cancelled += jobs[i].end == WRIT_JOB_CANCELLED;
	}
	CHECK(cancelled >= 18);
}

static void
free_the_pool(void *ctx, enum writ_job_end end, int result)
{
	struct job *job = ctx;

	note(ctx, end, result);
	CHECK(writ_pool_free(job->pool) == NULL);
	CHECK_INT(writ_pool_submit(job->pool, double_it, note, job, NULL, NULL), WRIT_E_STATE);
}

static void
note_and_free(void *ctx, enum writ_job_end end, int result)
{
	note(ctx, end, result);
	writ_pool_free(((struct job *)ctx)->pool);
}

static void
a_pool_can_be_freed_when_it_tells(void)
{
	struct writ_host *host = runs_host();
	struct writ_pool *pool = new_pool(host, 1, 0);
	struct job first = { .pool = pool };
	struct job second = { 0 };

	CHECK_INT(writ_pool_submit(pool, double_it, free_the_pool, &first, NULL, NULL), 0);
	submit(pool, sleep_a_little, &second);
	while (second.told == 0)
		writ_host_wait(host, 30000);
	CHECK_INT(second.result, 7); /* it was on its way */
	writ_host_free(host);
}

static void
a_pool_can_be_freed_by_another_when_the_host_ends(void)
{
	struct writ_host *host = runs_host();
	struct writ_pool *other = new_pool(host, 1, 0);
	struct writ_pool *pool = new_pool(host, 1, 0);
	struct job first = { .pool = other };
	struct job second = { 0 };

	submit(other, sleep_a_little, &second);
	CHECK_INT(writ_pool_submit(pool, double_it, note_and_free, &first, NULL, NULL), 0);
	writ_host_free(host);
	CHECK_INT(first.told, 1);
	CHECK_INT(second.told, 1);
}

static void
an_attached_thread_does_not_wait_for_a_pool(void)
{
	struct writ_host *host = runs_host();
	struct writ_pool *pool = new_pool(host, 1, 0);
	struct job job = { 0 };

	CHECK_INT(writ_host_attach(host), 0);
	submit(pool, sleep_a_little, &job);
	writ_pool_free(pool);
	CHECK_INT(job.told, 0);
	writ_host_detach(host);
	while (job.told == 0)
		writ_host_wait(host, 30000);
	writ_host_free(host);
}

struct submitter {
	pthread_t thread;
	struct writ_pool *pool;
	struct job jobs[JOBS];
};

static void *
submit_many(void *arg)
{
	struct submitter *submitter = arg;

	for (int i = 0; i < JOBS; i++) {
		submitter->jobs[i].value = i;
		while (writ_pool_submit(submitter->pool, double_it, note, &submitter->jobs[i], NULL,
					NULL) < 0)
			usleep(100);
	}
	return NULL;
}

static void
any_thread_may_submit(void)
{
	struct submitter *submitters = calloc(SUBMITTERS, sizeof(*submitters));
	struct writ_host *host = runs_host();
	struct writ_pool *pool = new_pool(host, 3, 50);
	int told = 0;

	for (int i = 0; i < SUBMITTERS; i++) {
		submitters[i].pool = pool;
		CHECK_INT(pthread_create(&submitters[i].thread, NULL, submit_many, &submitters[i]),
			  0);
	}
	while (told < SUBMITTERS * JOBS) {
		writ_host_wait(host, 100);
		told = 0;
		for (int i = 0; i < SUBMITTERS; i++)
			for (int k = 0; k < JOBS; k++)
				told += submitters[i].jobs[k].told;
	}
	for (int i = 0; i < SUBMITTERS; i++) {
		pthread_join(submitters[i].thread, NULL);
		CHECK_INT(submitters[i].jobs[JOBS - 1].result, 2 * (JOBS - 1) + 1);
	}
	writ_pool_free(pool);
	writ_host_free(host);
	free(submitters);
}

static int
look_at_the_mask(void *ctx)
{
	sigset_t mask;

	(void)ctx;
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	return sigismember(&mask, SIGTERM) && sigismember(&mask, SIGCHLD);
}

static void
no_signal_is_handled_there(void)
{
	struct writ_host *host = runs_host();
	struct writ_pool *pool = new_pool(host, 1, 0);
	struct job job = { 0 };

	submit(pool, look_at_the_mask, &job);
	writ_pool_free(pool);
	CHECK_INT(job.result, 1);
	writ_host_free(host);
}

static void
sizes_are_looked_at(void)
{
	struct writ_pool_options options = { sizeof(options), -1, 0 };
	struct writ_host *host = runs_host();
	struct writ_pool *pool = NULL;
	struct writ_error err = { 0 };

	CHECK_INT(writ_pool_new(host, &options, &pool, &err), WRIT_E_INVAL);
	options = (struct writ_pool_options){ sizeof(options), WRIT_POOL_THREADS_MAX + 1, 0 };
	CHECK_INT(writ_pool_new(host, &options, &pool, &err), WRIT_E_INVAL);
	options = (struct writ_pool_options){ sizeof(options), 0, -1 };
	CHECK_INT(writ_pool_new(host, &options, &pool, &err), WRIT_E_INVAL);
	CHECK(writ_pool_free(NULL) == NULL);
	writ_host_free(host);
}

static const struct unit_test tests[] = {
	UNIT(each_result_comes_once_on_the_thread_of_the_loop),
	UNIT(a_full_queue_is_said),
	UNIT(what_has_not_begun_can_be_taken_back),
	UNIT(a_function_may_end_its_thread),
	UNIT(a_job_behind_one_that_ended_its_thread_is_run),
	UNIT(freeing_a_pool_loses_nothing),
	UNIT(a_host_that_ends_first_tells_all),
	UNIT(a_pool_can_be_freed_when_it_tells),
	UNIT(a_pool_can_be_freed_by_another_when_the_host_ends),
	UNIT(an_attached_thread_does_not_wait_for_a_pool),
	UNIT(any_thread_may_submit),
	UNIT(no_signal_is_handled_there),
	UNIT(sizes_are_looked_at),
};

int
main(void)
{
	return UNIT_RUN(tests);
}
