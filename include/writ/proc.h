/* proc.h - running one program.
 *
 * Threads: those of the host.
 */
#ifndef WRIT_PROC_H
#define WRIT_PROC_H

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Runs `cmd` and waits until it and everything it started has ended. `host`
 * may be NULL: a host is then made for this one run.
 *
 * Returns 0 when the program ran, however it ended: `*ret_res` says how, and
 * the caller gives it to writ_result_done(). Its time limits hold from the
 * start on, as with `later` below. Returns a negative code when nothing ran;
 * `*ret_res` is untouched then. With cmd->record the record is written in both
 * cases.
 *
 * Errors: any code of error.h. */
WRIT_API int writ_run(struct writ_host *host, const struct writ_cmd *cmd,
		      struct writ_result *ret_res, struct writ_error *err);

struct writ_events {
	size_t size;
	void *ctx;
	bool keep;  /* `proc` stays until writ_proc_free() */
	bool later; /* writ_start() does not wait for execve(2), see there */
	/* A program started `later` has been executed; the first call for it. Not
	 * made if the run was stopped before; of one that others killed before it was
	 * executed that is not known, and it is made. */
	void (*started)(void *ctx, struct writ_proc *proc);
	/* The run has ended; the last call for it, after which `proc` is gone
	 * unless `keep` is set. The result may be taken by copying it and
	 * emptying the original with `*res = (struct writ_result){ 0 }`. */
	void (*ended)(void *ctx, struct writ_proc *proc, struct writ_result *res);
	/* Standard input can take more: call writ_proc_write(). */
	void (*writable)(void *ctx, struct writ_proc *proc);
};

/* Starts `cmd`, and gives the run (`ret_proc` may be NULL); returns as soon as the
 * program has been executed, or could not be. What follows happens in
 * writ_host_step(). `host` may not be NULL.
 *
 * It waits for execve(2), which on a hung file system can take long; never for
 * the program. On the thread of a loop (writ_host_attach(), or in a step) that
 * is refused. With `later` it does not wait: 0 then means that all was well so
 * far and the program is on its way; if it cannot be executed, `ended` says so,
 * with the cause WRIT_NOT_STARTED and an error in the result. Until `started`
 * its identity may be unknown (pid 0). Even so it looks a program without '/' up along
 * its path and opens the files that are named for streams, and for a user given by name
 * it runs getent(1), while a path and numbers need no look. And it waits where there is
 * no other way: when clone3(2) is refused, with another user's identity at the level of a
 * session, and at the level of a launcher before Linux 6.9.
 *
 * Errors: any code of error.h. */
WRIT_API int writ_start(struct writ_host *host, const struct writ_cmd *cmd,
			const struct writ_events *events, struct writ_proc **ret_proc,
			struct writ_error *err);

enum writ_stop {
	WRIT_STOP_POLITE = 0, /* the teardown sequence, then KILL */
	WRIT_STOP_KILL,
};

/* Begins to end the whole tree; the end comes by `ended`. `by` names who asks
 * (15 bytes at most are kept; NULL: "caller"). Asking again is fine; KILL after
 * POLITE makes it quicker. Errors: WRIT_E_STATE if it has ended. */
WRIT_API int writ_stop(struct writ_proc *proc, enum writ_stop how, const char *by);

/* A number for the run that its host gives to no other; never 0. */
WRIT_API uint64_t writ_proc_number(const struct writ_proc *proc);

/* From any thread: begins to end the run of that number as writ_stop() does, or
 * with 0 all runs of the host, those of a writ_run() included. One that has ended
 * is none: no error. The host must live until this returns.
 * Errors: WRIT_E_NOMEM, WRIT_E_STATE (after fork). */
WRIT_API int writ_cancel(struct writ_host *host, uint64_t number, enum writ_stop how,
			 const char *by);

/* Sends one signal to the program itself, by its identity, as long as it is
 * not reaped. Errors: WRIT_E_GONE, WRIT_E_SYS. */
WRIT_API int writ_proc_signal(struct writ_proc *proc, int signal, struct writ_error *err);

/* Steps the host until `proc` has ended (started with `keep`). The result
 * stays owned by `proc`. `max_ms` < 0: for ever; WRIT_E_STATE when it is over
 * and the run is not; WRIT_E_WOULD_BLOCK on the thread of a loop. If the program
 * of a run started `later` could not be executed, that error. */
WRIT_API int writ_proc_wait(struct writ_proc *proc, int64_t max_ms,
			    struct writ_result **ret_res, struct writ_error *err);

/* Gives bytes to standard input (WRIT_IN_STREAM). Never blocks. Returns how
 * many were taken, 0 when the pipe is full (`writable` tells when it is not),
 * or WRIT_E_GONE when nobody reads any more. */
WRIT_API int64_t writ_proc_write(struct writ_proc *proc, const void *data, size_t len);

/* No more input. */
WRIT_API void writ_proc_write_end(struct writ_proc *proc);

/* Takes up a stream that its sink paused. */
WRIT_API void writ_proc_resume(struct writ_proc *proc, enum writ_stream stream);

WRIT_API const struct writ_id *writ_proc_id(const struct writ_proc *proc);
WRIT_API int writ_proc_level(const struct writ_proc *proc);

/* Frees one started with `keep`. One that still runs is killed with all its
 * tree, and `ended` is not called; what is left of it is the host's care, in its
 * next steps. Never blocks. In a fork nothing is ended. Returns NULL. */
WRIT_API struct writ_proc *writ_proc_free(struct writ_proc *proc);

#ifdef __cplusplus
}
#endif

#endif
