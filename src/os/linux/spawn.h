/* spawn.h - making a child that takes the steps of an order.
 *
 * The memory is shared with the child (clone(2): CLONE_VM): the cost does not
 * grow with the caller, and a failing step is simply read from memory. As a
 * rule the calling thread waits until the child has executed or failed
 * (CLONE_VFORK); it may also go on meanwhile, and learn it later.
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
	struct spawned *pending; /* whose child may still be on our stack, or NULL */
};

struct spawn {
	const struct order *order;
	char *const *argv;
	char *const *envp;
	int cgroup;  /* descriptor of the leaf to be born in, or -1 */
	/* Where it can be done, go on while the child takes its steps. The order,
	 * argv and envp, and the struct spawned, must live until spawn_settle(). */
	bool later;
	/* Not our child, and not waited for: the one between ends at once. The
	 * order, argv and envp must live until it has executed, as only it knows. */
	bool orphan;
};

struct spawned {
	int64_t pid; /* of an orphan, when it is not pending */
	int pidfd;   /* -1 for an orphan */
	bool pending; /* not settled: whether it failed is not known */
	struct step_failure failure; /* of an order that did not end in exec */
	bool failed;		     /* of an orphan it is not known */
};

/* 0 or a negative errno. */
int spawner_open(struct spawner *spawner);
void spawner_close(struct spawner *spawner);

/* Returns 0 with the child made, which may have failed in a step (it is then
 * reaped already, unless `later`), or a negative errno: of clone itself, EACCES, EBUSY,
 * EOPNOTSUPP, ENODEV and ENOENT being those of the control group. */
int spawn_child(struct spawner *spawner, const struct spawn *spawn, struct spawned *ret);

/* Waits, at most so long (-1: for ever), until the child that was made last has
 * executed or failed, which ends its being pending; it is not reaped here.
 * False: neither has come to pass. */
bool spawn_settle(struct spawner *spawner, int64_t max_ms);

/* The child that is pending, which has been killed, may keep the stack. */
void spawn_give_up(struct spawner *spawner);

#endif
