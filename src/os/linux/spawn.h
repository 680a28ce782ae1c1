/* spawn.h - making a child that takes the steps of an order.
 *
 * The memory is shared with the child and the calling thread waits until it
 * has executed or failed (clone(2): CLONE_VM, CLONE_VFORK): the cost does not
 * grow with the caller, and a failing step is simply read from memory.
 */
#ifndef WRIT_OS_LINUX_SPAWN_H
#define WRIT_OS_LINUX_SPAWN_H

#include <stdbool.h>
#include <stdint.h>

#include "step.h"

/* How children are made here: tried once, then remembered. */
enum spawn_way {
	SPAWN_CLONE3 = 0,
	SPAWN_CLONE, /* clone3 is missing (before 5.3), or a filter forbids it */
	SPAWN_COPY,  /* sharing memory is refused (a time namespace, vfork(2)) */
	SPAWN_WAYS
};

struct spawner {
	int way; /* enum spawn_way */
	char *stack;
};

struct spawn {
	const struct order *order;
	char *const *argv;
	char *const *envp;
	int cgroup;  /* descriptor of the leaf to be born in, or -1 */
	/* Not our child, and not waited for: the one between ends at once. The
	 * order, argv and envp must then live until it has executed. */
	bool orphan;
};

struct spawned {
	int64_t pid;
	int pidfd; /* -1 for an orphan */
	struct step_failure failure; /* of an order that did not end in exec */
	bool failed;		     /* of an orphan it is not known */
};

/* 0 or a negative errno. */
int spawner_open(struct spawner *spawner);
void spawner_close(struct spawner *spawner);

/* Returns 0 with the child made, which may have failed in a step (it is then
 * reaped already), or a negative errno: of clone itself, EACCES, EBUSY,
 * EOPNOTSUPP, ENODEV and ENOENT being those of the control group. */
int spawn_child(struct spawner *spawner, const struct spawn *spawn, struct spawned *ret);

#endif
