/* cgroup.h - where leaf control groups (version 2) are made: one for a run, by
 * the host, kept for the next run when nothing speaks against it.
 *
 * Facts: cgroups(7), and Documentation/admin-guide/cgroup-v2.rst of Linux.
 * No controller is needed for what is used here: cgroup.procs, .events, .kill
 * (5.14), .freeze (5.2), cpu.stat.
 */
#ifndef WRIT_OS_LINUX_CGROUP_H
#define WRIT_OS_LINUX_CGROUP_H

#include <stdbool.h>
#include <stdint.h>

#include "writ/id.h"

enum {
	CGROUP_RESERVE = 3,
	CGROUP_POOL_MAX = 8, /* leaves that wait for their next run */
	CGROUP_PATH_MAX = 4096,
	CGROUP_PREFIX_MAX = 48,
};

struct leaf; /* leaf.h */

struct cgroups {
	int base; /* the directory in which leaves are made, or -1: none can be */
	int err_no; /* why not */
	char path[CGROUP_PATH_MAX];
	char prefix[CGROUP_PREFIX_MAX]; /* of the names of this host's leaves */
	char reason[96]; /* why not, in words */
	unsigned made;
	struct leaf *pool;
	int pooled;
	struct leaf *busy; /* leaves that could not be removed yet */
	int used; /* leaves with a run */
	int reserve[CGROUP_RESERVE]; /* descriptors for the end of runs that rest */
	int reserved;
};

/* Finds where leaves can be made; `dir` NULL: below our own control group.
 * Never fails: with `base` -1 there is another way to contain. */
void cgroups_open(struct cgroups *groups, const char *dir, const struct writ_id *owner);
void cgroups_close(struct cgroups *groups);

/* A leaf with nobody in it; 0 or a negative errno. */
int leaf_get(struct cgroups *groups, struct leaf **ret_leaf);

/* There is a run in it: among many it rests until it is needed again. */
void leaf_is_started(struct cgroups *groups, struct leaf *leaf);

/* Are there so many runs that each may have but one descriptor? */
bool cgroups_are_crowded(const struct cgroups *groups);

/* The descriptors in reserve: makes them whole again (false: in part), gives them up
 * (false: there are none). */
bool cgroups_save(struct cgroups *groups);
bool cgroups_spend(struct cgroups *groups);

/* Gives it back; `clean`: the run ended by itself, and nothing was forced. */
void leaf_put(struct cgroups *groups, struct leaf *take_leaf, bool clean);

#endif
