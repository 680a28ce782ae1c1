/* error.h - what went wrong, where, and what to do about it.
 *
 * An error is for what could not be done. How a program ended (exit 1, a
 * signal, a time-out) is a value: see result.h.
 *
 * Threads: any; an error belongs to its caller.
 * After fork: yes; it is flat, without pointers.
 */
#ifndef WRIT_ERROR_H
#define WRIT_ERROR_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Every function that can fail returns 0 (or a count) or one of these. */
enum writ_code {
	WRIT_OK = 0,
	WRIT_E_INVAL = -1,	    /* the request contradicts itself, or has a bad value */
	WRIT_E_SYNTAX = -2,	    /* a text that is not what it should be */
	WRIT_E_NOT_FOUND = -3,	    /* no such program, process, user */
	WRIT_E_NOT_EXECUTABLE = -4, /* found, but cannot be executed */
	WRIT_E_LIMIT = -5,	    /* past a bound: of writ, or of the kernel */
	WRIT_E_UNSUPPORTED = -6,    /* this machine cannot enforce what was asked */
	WRIT_E_GONE = -7,	    /* the process has ended, or its pid is another's now */
	WRIT_E_STATE = -8,	    /* not now: already ended, forked, inside a callback */
	WRIT_E_SYS = -9,	    /* a system call failed; err_no says how */
	WRIT_E_NOMEM = -10,	    /* out of memory */
	WRIT_E_WOULD_BLOCK = -11,   /* it waits, and this thread runs a loop */
	WRIT_E_REFUSED = -12,	    /* the root helper's policy does not allow it */
};

/* The step that failed, in the order in which a run takes them. */
enum writ_stage {
	WRIT_STAGE_NONE = 0,
	WRIT_STAGE_ARGV,
	WRIT_STAGE_ENV,
	WRIT_STAGE_SEARCH,
	WRIT_STAGE_OPEN,
	WRIT_STAGE_STREAM,
	WRIT_STAGE_DESCRIPTOR,
	WRIT_STAGE_USER,
	WRIT_STAGE_TIME,
	WRIT_STAGE_RECORD,
	WRIT_STAGE_CONTAIN,
	WRIT_STAGE_GUARDIAN,
	WRIT_STAGE_CLONE,
	WRIT_STAGE_SIGNAL,
	WRIT_STAGE_SESSION,
	WRIT_STAGE_CGROUP,
	WRIT_STAGE_UMASK,
	WRIT_STAGE_NICE,
	WRIT_STAGE_LIMIT,
	WRIT_STAGE_NAMESPACE,
	WRIT_STAGE_IDENTITY,
	WRIT_STAGE_CAPABILITY,
	WRIT_STAGE_PATH,
	WRIT_STAGE_CHDIR,
	WRIT_STAGE_EXEC,
	WRIT_STAGE_WAIT,
	WRIT_STAGE_PROCESS,
	WRIT_STAGE_HOST,
	WRIT_STAGE_ASK,
	WRIT_STAGE_COUNT_
};

struct writ_error {
	size_t size;	   /* of this struct; 0 means that of the first release */
	int code;	   /* enum writ_code */
	int stage;	   /* enum writ_stage */
	int err_no;	   /* errno of the failing call, or 0 */
	int line;	   /* of a text, from 1; or 0 */
	char subject[256]; /* what it is about: a path, a name, an index */
	char why[192];	   /* one clause: why */
	char hint[512];	   /* one clause: what to do; or empty */
};

/* "E_NOT_FOUND", and "search": the names the record uses. Static, never NULL. */
WRIT_API const char *writ_code_name(int code);
WRIT_API const char *writ_stage_name(int stage);

/* Writes "what failed: subject: why" into `buf`, always ended by NUL, cut to
 * `size` bytes if need be; control bytes appear as '?'. Returns `buf`. */
WRIT_API char *writ_error_text(const struct writ_error *err, char *buf, size_t size);

#ifdef __cplusplus
}
#endif

#endif
