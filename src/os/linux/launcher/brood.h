/* brood.h - all that descends from the launcher. As a subreaper it inherits
 * every orphan, so that none can leave by forking twice or by setsid(2). */
#ifndef WRIT_OS_LINUX_LAUNCHER_BROOD_H
#define WRIT_OS_LINUX_LAUNCHER_BROOD_H

#include "plain.h"

enum { BROOD_MAX = 32768 }; /* processes seen in one pass; the rest in the next */

struct brood {
	int32_t pid[BROOD_MAX];
	int32_t parent[BROOD_MAX]; /* index; -1: the launcher */
	int count;
	int32_t told[BROOD_MAX]; /* those whom brood_tell() has reached */
	int told_count;
};

/* Looks who is there now; zombies are left out. */
void brood_look(struct brood *brood);

/* Sends a signal to all that are there. Returns how many were reached; those
 * that refused it are told in `note` (survived, survivors). */
int brood_signal(struct brood *brood, int signal, struct note *note);

/* Sends a signal, then CONT, to each once, looking again until nobody is new:
 * what is listed may fork before it is told. */
void brood_tell(struct brood *brood, int signal);

#endif
