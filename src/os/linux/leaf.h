/* leaf.h - the control group of one run: who is in it, and ending them. */
#ifndef WRIT_OS_LINUX_LEAF_H
#define WRIT_OS_LINUX_LEAF_H

#include <stdbool.h>
#include <stdint.h>

enum { LEAF_NAME_MAX = 80 };

struct leaf {
	struct leaf *next;
	struct cgroups *groups; /* it is one of */
	/* opened when they are needed, -1 until then */
	int dir;
	int events; /* cgroup.events */
	int stat;   /* cpu.stat */
	bool frozen; /* when it was last looked at */
	int64_t user_us; /* what earlier runs used */
	int64_t sys_us;
	char name[LEAF_NAME_MAX];
};

/* Its descriptors; or a negative errno. */
int leaf_dir(struct leaf *leaf);
int leaf_events(struct leaf *leaf);

/* cgroup.events, to be watched; negative: look again and again instead. */
int leaf_watch(struct leaf *leaf);

/* Closes what is open: among many runs each has one descriptor, its pidfd. */
void leaf_rest(struct leaf *leaf);

/* Is anybody alive in it, or below it? 1 if that cannot be seen now; -1: the leaf is
 * gone. */
int leaf_is_populated(struct leaf *leaf);

typedef void (*leaf_visit)(int64_t pid, void *arg);

/* Calls `visit` with each pid in the leaf and below; 0 is a process that
 * cannot be seen from our pid namespace. Returns how many. */
int leaf_each(struct leaf *leaf, leaf_visit visit, void *arg);

/* A signal to all, after thawing. Each is looked up by pidfd, and found still
 * to live in the leaf, before it is signalled. */
void leaf_signal(struct leaf *leaf, int signal);
void leaf_kill(struct leaf *leaf);

/* Moves all to the control group we live in. Returns how many. */
int leaf_release(struct leaf *leaf);

/* What the run used; -1 when it cannot be known. */
void leaf_usage(struct leaf *leaf, int64_t *ret_user_ns, int64_t *ret_sys_ns);

/* Of one that was found empty: without groups in it, and not frozen. */
bool leaf_is_untouched(struct leaf *leaf);

/* Removes it and the groups in it; false: it is busy yet. A group whose last process
 * has just died can be. `wait`: for a moment. */
bool leaf_remove(int base, const char *name, bool wait);

/* Does the process live in the leaf, or below it? */
bool leaf_has(const struct leaf *leaf, int64_t pid);

#endif
