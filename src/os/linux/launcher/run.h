/* run.h - the launcher as the keeper of one run: it starts the program, and
 * ends only when nothing of it is left. */
#ifndef WRIT_OS_LINUX_LAUNCHER_RUN_H
#define WRIT_OS_LINUX_LAUNCHER_RUN_H

#include <stdbool.h>

/* `order` came from the library; `owner` is a pidfd, or -1. `quiet`: tell of the
 * start when telling of the end. Returns the exit status of the launcher. */
struct order;
int run_keep(int sock, int owner, struct order *order, char *const *argv, char *const *envp,
	     bool quiet);

#endif
