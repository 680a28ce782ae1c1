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

/* The stack of a child on its way, with what it is told and tells on top. */
struct birth;

enum { SPAWN_IDLE_MAX = 8 };

struct spawner {
	int way; /* enum spawn_way */
	struct birth *idle[SPAWN_IDLE_MAX]; /* stacks that nobody is on */
	int idle_count;
	int highest;   /* pidfd there was: our table of descriptors is at least so large */
	bool apart_works; /* `apart_from` is to be had here */
	bool no_apart;	  /* it is not */
};

struct spawn {
	const struct order *order;
	char *const *argv;
	char *const *envp;
	int cgroup;  /* descriptor of the leaf to be born in, or -1 */
	/* Where it can be done, go on while the child takes its steps. The order,
	 * argv and envp must live until it is settled. */
	bool later;
	/* A copy of a large table of descriptors is dear, and closing most of it too: the
	 * child has ours, until it has one of its own, which ends before this number.
	 * It needs none from there on. With `later`, ours must stay as it is until
	 * spawn_part(). 0: it begins with a copy. */
	int apart_from;
	/* Not our child, and not waited for: the one between ends at once. The
	 * order, argv and envp must live until it has executed, as only it knows. */
	bool orphan;
};

struct spawned {
	int64_t pid; /* of an orphan, when it is not pending */
	int pidfd;   /* -1 for an orphan */
	struct birth *birth; /* pending: whether it failed is not known; NULL: settled */
	struct step_failure failure; /* of an order that did not end in exec */
	bool failed;		     /* of an orphan it is not known */
};

/* Frees the idle stacks. */
void spawner_close(struct spawner *spawner);

/* Returns 0 with the child made, which may have failed in a step (it is then
 * reaped already, unless `later`), or a negative errno: of clone itself, EACCES, EBUSY,
 * EOPNOTSUPP, ENODEV and ENOENT being those of the control group. */
int spawn_child(struct spawner *spawner, const struct spawn *spawn, struct spawned *ret);

/* Waits, at most so long (-1: for ever; 0: not), until the child has executed or
 * failed; it is not reaped here. False: neither has come to pass. */
bool spawn_settle(struct spawner *spawner, struct spawned *spawned, int64_t max_ms);

/* The child has a table of descriptors of its own. Waits for that: it takes a moment,
 * and no file system has a part in it. False: the child has ended before. */
bool spawn_part(const struct spawned *spawned);

/* A child that is pending, and has been killed, may keep its stack for ever. */
void spawn_give_up(struct spawned *spawned);

#endif
