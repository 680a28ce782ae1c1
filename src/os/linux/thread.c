#include "os/os_thread.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "sys.h"

uint64_t
os_thread_self(void)
{
	return (uint64_t)sys_call0(SYS_gettid);
}

struct os_lock {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
};

struct os_lock *
os_lock_new(void)
{
	struct os_lock *lock = malloc(sizeof(*lock));

	if (lock == NULL)
		return NULL;
	pthread_mutex_init(&lock->mutex, NULL);
	pthread_cond_init(&lock->changed, NULL);
	return lock;
}

struct os_lock *
os_lock_free(struct os_lock *lock)
{
	if (lock == NULL)
		return NULL;
	pthread_cond_destroy(&lock->changed);
	pthread_mutex_destroy(&lock->mutex);
	free(lock);
	return NULL;
}

void
os_lock(struct os_lock *lock)
{
	pthread_mutex_lock(&lock->mutex);
}

void
os_unlock(struct os_lock *lock)
{
	pthread_mutex_unlock(&lock->mutex);
}

void
os_lock_wait(struct os_lock *lock)
{
	pthread_cond_wait(&lock->changed, &lock->mutex);
}

void
os_lock_tell(struct os_lock *lock)
{
	pthread_cond_signal(&lock->changed);
}

void
os_lock_tell_all(struct os_lock *lock)
{
	pthread_cond_broadcast(&lock->changed);
}

struct os_thread {
	pthread_t thread;
	os_thread_run run;
	void *ctx;
};

static void *
begin(void *arg)
{
	struct os_thread *thread = arg;

	thread->run(thread->ctx);
	return NULL;
}

/* The mask is inherited; no moment is left in which a handler of the caller's
 * could run there. */
int
os_thread_start(os_thread_run run, void *ctx, struct os_thread **ret_thread)
{
	struct os_thread *thread = malloc(sizeof(*thread));
	sigset_t all;
	sigset_t before;
	int r;

	if (thread == NULL)
		return -ENOMEM;
	*thread = (struct os_thread){ .run = run, .ctx = ctx };
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&thread->thread, NULL, begin, thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r != 0) {
		free(thread);
		return -r;
	}
	*ret_thread = thread;
	return 0;
}

struct os_thread *
os_thread_join(struct os_thread *thread)
{
	pthread_join(thread->thread, NULL);
	free(thread);
	return NULL;
}

void
os_thread_call(os_thread_run run, os_thread_run lost, void *ctx)
{
	pthread_cleanup_push(lost, ctx);
	run(ctx);
	pthread_cleanup_pop(0);
}
