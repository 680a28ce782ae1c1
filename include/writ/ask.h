/* ask.h - runs that the root helper writd starts for us, if its policy has a rule for
 * them: writ_run() with other rights.
 *
 * Threads: one at a time for a broker; different ones are independent.
 * After fork: the copy in the child may only be closed.
 *
 * docs/PROTOCOL.md is what goes over the socket.
 */
#ifndef WRIT_ASK_H
#define WRIT_ASK_H

#include "proc.h"

#ifdef __cplusplus
extern "C" {
#endif

struct writ_broker; /* a connection to writd */

/* Connects to the socket at `path` (NULL: /run/writ/writd.sock). Owns: the caller closes it with
 * writ_broker_close(). It waits, at most five seconds, only while very many others are
 * connecting. Errors: WRIT_E_NOT_FOUND, WRIT_E_SYS, WRIT_E_NOMEM. */
WRIT_API int writ_broker_open(const char *path, struct writ_broker **ret_broker,
			      struct writ_error *err);

/* What was asked for and has not ended is ended by writd. Not from a callback. NULL is fine;
 * returns NULL. */
WRIT_API struct writ_broker *writ_broker_close(struct writ_broker *broker);

/* Why writd refuses; told by the protocol, whose numbers these are. */
enum writ_refusal {
	WRIT_REFUSED_NO_RULE = 1,
	WRIT_REFUSED_MALFORMED = 2,
	WRIT_REFUSED_DESCRIPTOR = 3,
	WRIT_REFUSED_TOO_MANY = 4,
	WRIT_REFUSED_NOT_STARTED = 5, /* allowed, but it could not be executed */
	WRIT_REFUSED_CANNOT = 6,
	WRIT_REFUSED_BUSY = 7,
};

/* Asks for `cmd`, and waits until it has ended. Of the request these count, others must be
 * empty: argv (the program as the rule names it), env.set, in (null, inherit, file, fd, data),
 * out and err (capture, null, inherit, file, fd; err: merge), overflow kept at both ends,
 * timeout_ms, cwd_fd.
 *
 * Returns 0 when the program ran, however it ended; the result has what writd tells of
 * it, and is given to writ_result_done(). Errors: WRIT_E_REFUSED, with the reason as
 * far as the policy opens it; WRIT_E_GONE: writd has gone meanwhile, and the run with it;
 * WRIT_E_INVAL, WRIT_E_LIMIT (past the 96 KiB of a request), WRIT_E_SYS, WRIT_E_NOMEM. */
WRIT_API int writ_ask(struct writ_broker *broker, const struct writ_cmd *cmd,
		      struct writ_result *ret_res, struct writ_error *err);

struct writ_ask_events {
	size_t size;
	void *ctx;
	void (*accepted)(void *ctx, uint64_t id); /* NULL: not told */
	/* The last call for it. `res` as of writ_ask(), without output; NULL: it did
	 * not run, and `err` says why. May be taken as in struct writ_events. */
	void (*ended)(void *ctx, uint64_t id, struct writ_result *res,
		      const struct writ_error *err);
};

/* The same without waiting, for a loop: streams are null, inherit or descriptors. Any number
 * of requests may be under way. Descriptors are borrowed until this returns.
 * Errors: WRIT_E_STATE (too much is on its way to writd: later), and those above. */
WRIT_API int writ_ask_start(struct writ_broker *broker, const struct writ_cmd *cmd,
			    const struct writ_ask_events *events, uint64_t *ret_id,
			    struct writ_error *err);

/* Readable when writ_broker_step() has something to do. */
WRIT_API writ_fd writ_broker_fd(const struct writ_broker *broker);

/* Takes what has come, calling back; never waits. Returns how many requests are under
 * way, or WRIT_E_GONE, when all of them have been told so. */
WRIT_API int writ_broker_step(struct writ_broker *broker);

/* A signal for the program: HUP INT QUIT USR1 USR2 TERM CONT WINCH. */
WRIT_API int writ_ask_signal(struct writ_broker *broker, uint64_t id, int signal,
			     struct writ_error *err);

/* The end of the run: TERM, and 5 s later KILL; or at once. */
WRIT_API int writ_ask_stop(struct writ_broker *broker, uint64_t id, enum writ_stop how,
			   struct writ_error *err);

#ifdef __cplusplus
}
#endif

#endif
