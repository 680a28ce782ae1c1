/* id.h - which process, and not merely which number.
 *
 * A pid is reused as soon as its process is reaped. An identity is the pid,
 * the boot it belongs to, and what tells this process from every other that
 * had the pid: the inode of its pidfd (Linux 6.9 and later; pidfd_open(2)),
 * else its start time in clock ticks (proc_pid_stat(5), field 22).
 *
 * Threads: any.
 * After fork: yes.
 */
#ifndef WRIT_ID_H
#define WRIT_ID_H

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

enum writ_id_kind {
	WRIT_ID_NONE = 0,
	WRIT_ID_INODE, /* token: inode number of the pidfd */
	WRIT_ID_TICKS, /* token: start time, in clock ticks since boot */
};

struct writ_id {
	int64_t pid;   /* > 0, or 0: no process */
	uint64_t token;
	uint64_t boot; /* the first 64 bits of the boot id: tokens restart at boot */
	int kind;      /* enum writ_id_kind */
};

/* What became of it. */
enum writ_id_state {
	WRIT_ID_RUNNING = 0, /* it is there, and has not ended */
	WRIT_ID_ENDED,	     /* a zombie: ended, not yet reaped */
	WRIT_ID_GONE,	     /* no process has the pid */
	WRIT_ID_REPLACED,    /* the pid belongs to another process now */
};

enum { WRIT_ID_TEXT_MAX = 64 }; /* bytes of an identity as text, with its NUL */

/* The identity of the process that has the pid now.
 * Errors: WRIT_E_INVAL (pid < 1), WRIT_E_GONE (no such process), WRIT_E_SYS. */
WRIT_API int writ_id_get(int64_t pid, struct writ_id *ret_id, struct writ_error *err);

/* Writes "PID@TOKEN". Returns `buf`. */
WRIT_API char *writ_id_text(const struct writ_id *id, char buf[WRIT_ID_TEXT_MAX]);

/* Reads "PID@TOKEN", or a bare "PID", whose identity is then taken now.
 * Errors: WRIT_E_SYNTAX, and those of writ_id_get() for a bare pid. */
WRIT_API int writ_id_parse(const char *text, struct writ_id *ret_id, struct writ_error *err);

WRIT_API bool writ_id_same(const struct writ_id *a, const struct writ_id *b);

/* What became of the process: an enum writ_id_state, or an error
 * (WRIT_E_INVAL: an empty identity; WRIT_E_SYS). */
WRIT_API int writ_id_state(const struct writ_id *id, struct writ_error *err);

#ifdef __cplusplus
}
#endif

#endif
