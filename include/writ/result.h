/* result.h - what happened.
 *
 * Every number says where it comes from; what was not seen is -1.
 *
 * Threads: a result is plain data, owned by whoever has it.
 */
#ifndef WRIT_RESULT_H
#define WRIT_RESULT_H

#include "cmd.h"
#include "id.h"

#ifdef __cplusplus
extern "C" {
#endif

enum writ_cause {
	WRIT_NOT_STARTED = 0,
	WRIT_EXITED,
	WRIT_SIGNALED,
	WRIT_TIMEOUT,
	WRIT_IDLE_TIMEOUT,
	WRIT_OUTPUT_LIMIT,
	WRIT_CANCELLED,
	WRIT_LOST, /* the owner died, or its status was taken by somebody else */
};

enum writ_source {
	WRIT_SOURCE_NONE = 0,
	WRIT_SOURCE_CGROUP,   /* cpu.stat of the run's own control group: the tree */
	WRIT_SOURCE_LAUNCHER, /* rusage of all that the launcher reaped: the tree */
	WRIT_SOURCE_RUSAGE,   /* the program and the children it waited for */
	WRIT_SOURCE_LARGEST_PROCESS, /* ru_maxrss: of one process, not a sum */
};

enum writ_known { WRIT_NO = 0, WRIT_YES = 1, WRIT_UNKNOWN = -1 };

struct writ_fed { /* standard input */
	int64_t bytes; /* what the pipe or file gave; -1: not seen */
	int read_all;  /* enum writ_known */
};

struct writ_output {
	char *data;    /* what was kept, ended by a NUL that `len` does not count; NULL:
			* it was not captured, or there was no memory */
	size_t len;
	size_t cut_at; /* truncated: the offset in `data` at which bytes are missing */
	int64_t bytes; /* seen; -1: not seen (an inherited stream) */
	bool truncated;
	bool held_by_descendant; /* still open in the tree when the grace was over */
};

struct writ_usage { /* -1: not known */
	int64_t user_ns;
	int64_t sys_ns;
	int source; /* enum writ_source of both */
	int64_t max_rss_bytes;
	int max_rss_source;
};

enum { WRIT_SURVIVORS_MAX = 16 };

struct writ_left { /* what the program left behind when it ended */
	int count; /* processes found */
	int killed; /* of them ended by writ */
	int kept;
	int survived; /* could not be ended: another's, or in uninterruptible sleep */
	struct writ_id *survivors; /* the first of them, by identity, at most
				    * WRIT_SURVIVORS_MAX; owned; NULL: none, or not to be seen */
};

struct writ_order; /* argv, exe, cwd, names: what the record needs of the request */

struct writ_result {
	size_t size;
	char id[27]; /* a ULID: sortable, unique */
	struct writ_id identity;
	int64_t started_ns; /* CLOCK_REALTIME, since 1970 */
	int64_t wall_ns;    /* CLOCK_MONOTONIC, start to end of the program */
	int cause;	    /* enum writ_cause */
	int exit_code;	    /* -1 unless it exited */
	int signal;	    /* 0 unless a signal ended it */
	bool core_dumped;
	bool timed_out;
	bool forced;	    /* KILL was needed */
	char stopped_by[16]; /* "timeout", "idle", "limit", "caller", a signal's name; or "" */
	struct writ_fed in;
	struct writ_output out;
	struct writ_output err;
	struct writ_usage usage;
	int containment; /* enum writ_level reached */
	bool guarded;	 /* the tree would have ended with its owner */
	struct writ_left left_behind;
	int record_errno; /* why the record could not be written; 0: it was, or was not asked */
	struct writ_error *error; /* when nothing ran: why; else NULL. Owned */
	struct writ_order *order;
};

WRIT_API const char *writ_cause_name(int cause);
WRIT_API const char *writ_level_name(int level);

/* The exit status that `writ run` gives for it: the program's own, 124, 125,
 * 126, 127 or 128 + signal; docs/ERRORS.md. */
WRIT_API int writ_result_status(const struct writ_result *res);

/* The record: one JSON object, one line, without a newline; the caller frees
 * it with free(). Fields: docs/record.md. Errors: WRIT_E_NOMEM. */
WRIT_API int writ_result_record(const struct writ_result *res, char **ret_text,
				struct writ_error *err);

/* Frees what a result owns and empties it. NULL and an empty one are fine. */
WRIT_API void writ_result_done(struct writ_result *res);

#ifdef __cplusplus
}
#endif

#endif
