/* killing.h - kill(1) as KillFilter allows it, without kill(1): the signal goes to the
 * process that was looked at, and to no other that has its number since. */
#ifndef WRIT_ROOTWRAP_KILLING_H
#define WRIT_ROOTWRAP_KILLING_H

#include <stdbool.h>
#include <stdint.h>

#include "machine.h"

/* A pid; with `strict` decimal digits alone, else what Python's int() takes. */
bool killing_pid(const char *text, bool strict, int64_t *ret_pid);

/* The signal of "kill [-SIGNAL] PID"; false: that is none. */
bool killing_signal(const struct words *argv, int *ret_signal);

/* Sends it as the user would. Returns 0 or an errno. */
int killing_send(const struct target *held, int signal, const char *run_as);

#endif
