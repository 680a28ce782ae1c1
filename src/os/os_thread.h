/* os_thread.h - threads, as far as they are needed: who I am; making some, with
 * all signals blocked; a lock, and waiting for a change of what it guards. */
#ifndef WRIT_OS_THREAD_H
#define WRIT_OS_THREAD_H

#include <stdbool.h>
#include <stdint.h>

/* A number that no other living thread of the machine has; never 0. */
uint64_t os_thread_self(void);

/* A lock, and those who wait at it. NULL: out of memory. */
struct os_lock;
struct os_lock *os_lock_new(void);
struct os_lock *os_lock_free(struct os_lock *lock);
void os_lock(struct os_lock *lock);
void os_unlock(struct os_lock *lock);
void os_lock_wait(struct os_lock *lock); /* gives it up until somebody calls: */
void os_lock_tell(struct os_lock *lock); /* one of those that wait looks again */
void os_lock_tell_all(struct os_lock *lock);

typedef void (*os_thread_run)(void *ctx);

/* Starts a thread that calls `run(ctx)`. 0 or a negative errno. */
struct os_thread;
int os_thread_start(os_thread_run run, void *ctx, struct os_thread **ret_thread);

/* Waits for its end, and frees it. NULL. */
struct os_thread *os_thread_join(struct os_thread *thread);

/* Calls `run(ctx)`, and `lost(ctx)` instead of returning if that ends the thread
 * (pthread_exit(3), pthread_cancel(3)). */
void os_thread_call(os_thread_run run, os_thread_run lost, void *ctx);

#endif
