/* step.h - what a child does between clone and exec, as data.
 *
 * An order of steps is one block without pointers: it can be printed, run in
 * memory shared with the caller, or sent to the launcher as it is. Texts and
 * arrays stand behind the steps; a step names them by their offset.
 */
#ifndef WRIT_OS_LINUX_STEP_H
#define WRIT_OS_LINUX_STEP_H

#include <stdint.h>

enum step_op {
	STEP_SIGNALS = 1, /* default disposition for every signal */
	STEP_SESSION,	  /* setsid */
	STEP_DEATH,	  /* end by signal `a` when the parent, pid `b`, does */
	STEP_DUP,	  /* descriptor `a` becomes `b`, with the flags `c` */
	STEP_KEEP,	  /* descriptor `a` stays over exec */
	STEP_CLOSE,	  /* close `a` to `b`, both included */
	STEP_UMASK,	  /* `a` */
	STEP_NICE,	  /* `a` */
	STEP_LIMIT,	  /* resource `a`: soft `b`, hard `c` */
	STEP_GROUPS,	  /* `a` gids, uint32_t each, at `at` */
	STEP_GID,	  /* `a` */
	STEP_UID,	  /* `a` */
	STEP_KEEP_CAPS,	  /* permitted capabilities stay over the change of uid */
	STEP_BOUNDING,	  /* no capability but those of `a` can be had any more */
	STEP_CAPS,	  /* permitted are at most those of `a`; ambient and inheritable are `b` */
	STEP_NO_NEW_PRIVS,
	STEP_CHDIR,	  /* the path at `at` */
	STEP_FCHDIR,	  /* descriptor `a` */
	STEP_EXEC,	  /* the path at `at`; or descriptor `a` if `at` is 0 */
	/* by the launcher alone, in memory of its own: */
	STEP_NETNS,   /* the network namespace whose name is at `at` */
	STEP_MOUNTS,  /* mounts of its own, with /sys of the namespace whose name is at `at`;
		       * descriptor `a`, a directory (-1: none), is then one in them */
	STEP_BIND,    /* the file at `at` over the one of that name in /etc */
	STEP_BENEATH, /* opened as `a`, the kind is `b` (enum writ_beneath_kind): at `at`
		       * stands the directory, and behind its NUL the path in it */
};

struct step {
	uint32_t op; /* enum step_op */
	uint32_t at; /* offset from the beginning of the order */
	int64_t a;
	int64_t b;
	int64_t c;
};

enum {
	STEP_COUNT_MAX = 512,	     /* steps of one order */
	STEP_BYTES_MAX = 100 * 1024, /* of one order with its texts: one datagram */
};

struct order {
	uint32_t size; /* in bytes, all included */
	uint32_t count;
	struct step steps[];
};

/* Which step failed, and how. */
enum {
	STEP_INDEX_CGROUP = 0x7fffffff, /* entering the control group, before the first */
	STEP_INDEX_CLONE = 0x7ffffffe,	/* of the launcher, for the program */
	STEP_INDEX_APART = 0x7ffffffd,	/* a table of descriptors of its own */
};

struct step_failure {
	uint32_t index;
	int32_t err_no;
};

#endif
