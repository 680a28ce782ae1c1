/* tree.h - processes that are not our children: what runs below one, which of
 * them runs a command, and ending them.
 *
 * Threads: any; these functions keep nothing. They read /proc and may wait:
 * call them from a pool, not from a loop.
 */
#ifndef WRIT_TREE_H
#define WRIT_TREE_H

#include "result.h"

#ifdef __cplusplus
extern "C" {
#endif

struct writ_node {
	struct writ_id id;
	int64_t ppid;
	int depth;    /* 0: the root asked for */
	bool escaped; /* found by the run's containment, not by parenthood */
	char **argv;  /* NULL-ended; the name in brackets if it has none */
};

struct writ_nodes {
	struct writ_node *list;
	size_t count;
};

/* Lists `root` and all below it, parents before children. If `root` is the
 * program of a writ's run, what escaped from parenthood (a double fork) is
 * listed too. Errors: WRIT_E_GONE, WRIT_E_SYS, WRIT_E_NOMEM. */
WRIT_API int writ_tree_list(const struct writ_id *root, struct writ_nodes *ret_nodes,
			    struct writ_error *err);

/* The programs of all runs of a writ that can be seen from here. */
WRIT_API int writ_tree_runs(struct writ_nodes *ret_nodes, struct writ_error *err);

WRIT_API void writ_nodes_done(struct writ_nodes *nodes);

struct writ_kill {
	size_t size;
	int signal;	  /* first; 0: TERM. CONT follows it */
	int64_t grace_ms; /* then KILL; 0: default, < 0: KILL never follows */
};

struct writ_killed {
	int found;
	int ended;
	int survived;
	struct writ_id survivors[WRIT_SURVIVORS_MAX];
	int survivor_errno; /* why the first survived; 0: it did not end in time */
};

/* Ends `root` and everything below it. A process that is gone, or whose pid is
 * another's now, is WRIT_E_GONE, and nothing is signalled. Returns 0 when the
 * signals were sent: `ret_killed` says what came of it. */
WRIT_API int writ_tree_kill(const struct writ_id *root, const struct writ_kill *how,
			    struct writ_killed *ret_killed, struct writ_error *err);

/* Does the process run that command? Argument vectors are compared: argv[0] by
 * base name; the interpreter of a '#!' program, and a title a process set
 * itself ("name (cmd ...)"), are tolerated. Returns 1, 0 or an error
 * (WRIT_E_GONE, WRIT_E_SYS). A zombie runs nothing. */
WRIT_API int writ_id_match(const struct writ_id *id, const char *const *argv,
			   struct writ_error *err);

/* The first process below `root` (a root helper such as sudo, or a wrapper)
 * that runs that command; waits for it at most `wait_ms`.
 * Errors: WRIT_E_NOT_FOUND (not in that time), WRIT_E_GONE (`root` ended). */
WRIT_API int writ_tree_find(const struct writ_id *root, const char *const *argv, int64_t wait_ms,
			    struct writ_id *ret_id, struct writ_error *err);

#ifdef __cplusplus
}
#endif

#endif
