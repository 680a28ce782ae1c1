/* shadow.h - a child of ours that is called as the command that runs elsewhere.
 *
 * Services look for their command below the root helper that they started, by its
 * arguments, and end it there. The shadow does nothing, but can be found and ended:
 * who waits for it ends the run with it.
 */
#ifndef WRIT_CLI_SHADOW_H
#define WRIT_CLI_SHADOW_H

#include <sys/types.h>

struct shadow {
	pid_t pid;
	int pidfd; /* readable when it has ended; -1: there is none */
};

/* Starts it. 0 or -errno. */
int shadow_start(char **argv, struct shadow *ret_shadow);

/* Which signal ended it; 0: it was none, or it is alive. */
int shadow_ended_by(struct shadow *shadow);

void shadow_stop(struct shadow *shadow);

/* First thing in main(): if we are a shadow, this never returns. */
void shadow_be(void);

#endif
