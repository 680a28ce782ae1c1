/* child.h - what runs between clone and exec.
 *
 * After clone only: the caller's memory may be shared, other threads may hold
 * any lock. Nothing is allocated, no libc function is called, no thread-local
 * variable touched. Used by the library and by the launcher.
 */
#ifndef WRIT_OS_LINUX_CHILD_H
#define WRIT_OS_LINUX_CHILD_H

#include "step.h"

/* Takes a step that only the launcher can. 0 or more, or a negative errno. */
typedef long (*child_taker)(const struct order *order, const struct step *step);

/* Takes the steps of `order` one after the other, those it does not know itself by
 * `taker` (NULL: they fail). Does not return when the program is executed; returns
 * after a step failed, `*ret_failure` told. */
void child_run(const struct order *order, char *const *argv, char *const *envp, child_taker taker,
	       struct step_failure *ret_failure);

/* Closes the descriptors from `first` to `last`. 0 or a negative errno. */
long child_close(int first, int last);

/* What is not executed yet shares memory with who started it: a core of it would be
 * one of that, and before Linux 5.16 such a signal ended all who share it. KILL
 * instead of one that makes a core. */
int child_harmless(int signal);

/* Ends the process, and nothing else. */
_Noreturn void child_exit(int status);

#endif
