/* host.h - what outlives a single run: leaf control groups, what is known of
 * this kernel, the guardian, and the one descriptor to wait on.
 *
 * A loop of one's own: call writ_host_wait() again and again. In the loop of
 * others: watch writ_host_fd() for reading, and when it can be read call
 * writ_host_step(); examples/ shows it for some loops.
 *
 * Threads: one at a time, but for writ_cancel() and what pool.h says; different
 * hosts are independent.
 * After fork: the copy in the child may only be freed, which ends nothing;
 * every other call answers WRIT_E_STATE.
 *
 * A host needs no signal handler, starts no thread, and has no globals. It
 * starts one process, the guardian, which is not a child of the caller: when
 * the owner dies, it ends all runs at once and writes their records.
 */
#ifndef WRIT_HOST_H
#define WRIT_HOST_H

#include "result.h"

#ifdef __cplusplus
extern "C" {
#endif

struct writ_host;

struct writ_host_options {
	size_t size;
	const char *cgroup_dir; /* where to make leaf control groups; NULL: find it */
	int level_max;		/* enum writ_level: use no better one (0: the best) */
	/* Nobody watches writ_host_fd(): only the calls that wait are used. Short
	 * runs, one or two at a time, are then cheaper. */
	bool alone;
};

/* Makes a host. Owns: the caller frees it with writ_host_free().
 * Errors: WRIT_E_SYS, WRIT_E_NOMEM. */
WRIT_API int writ_host_new(const struct writ_host_options *options, struct writ_host **ret_host,
			   struct writ_error *err);

/* Ends what still runs, at once, empties the pools of the host, and frees it.
 * Waits until the killed are gone, at most some seconds, and for functions that
 * run in a pool. Returns NULL. */
WRIT_API struct writ_host *writ_host_free(struct writ_host *host);

/* For one waiter. Readable, as long as that is so, when writ_host_step() has something to do, be it
 * a deadline: it is all that a loop has to watch. Now and then there is nothing to
 * do after all. The same for the life of the host, which owns it: take it out of your
 * loop before writ_host_free(). */
WRIT_API writ_fd writ_host_fd(const struct writ_host *host);

/* Milliseconds until the next deadline, as poll(2) takes them; -1: none. For who
 * waits without looking at the descriptor; any call may change it. */
WRIT_API int writ_host_wait_ms(const struct writ_host *host);

/* Runs that have not ended. */
WRIT_API int writ_host_count(const struct writ_host *host);

/* Does what is due, calling back; never blocks, and does no harm when nothing is.
 * Returns writ_host_count(), or WRIT_E_STATE (from a callback, or after fork), or
 * WRIT_E_SYS (somebody has closed descriptors of the host: free it). */
WRIT_API int writ_host_step(struct writ_host *host);

/* The same, after waiting for something to be due, at most so long (< 0: for
 * ever). WRIT_E_WOULD_BLOCK on a thread that has attached itself. */
WRIT_API int writ_host_wait(struct writ_host *host, int64_t max_ms);

/* This thread runs the loop that steps the host. Until detach() the calls that
 * wait answer WRIT_E_WOULD_BLOCK on it, as they do on every thread inside a
 * step: writ_run() and writ_host_wait() with this host, writ_proc_wait(), and
 * writ_start() without `later`. Errors: WRIT_E_STATE if another thread has. */
WRIT_API int writ_host_attach(struct writ_host *host);
WRIT_API void writ_host_detach(struct writ_host *host);

/* What this machine can enforce: one finding per subject, until it returns 0.
 * Fills `ret_finding` for index 0, 1, 2 ...; returns 1 if there is such a one. */
struct writ_finding {
	const char *subject; /* "pidfd", "cgroup" ...; static */
	bool good;
	char state[160];  /* what was found */
	char remedy[200]; /* what to do about it; or empty */
};
WRIT_API int writ_host_finding(struct writ_host *host, unsigned index,
			       struct writ_finding *ret_finding);

#ifdef __cplusplus
}
#endif

#endif
