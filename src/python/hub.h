/* hub.h - a host in the loop of others: writ._writ.Hub, and Run, one run in it.
 *
 * The interpreter's lock is the host's: every call on it is made while holding
 * the lock, and none of them blocks; only wait() lets go, while it waits. One
 * thread at a time should be in it: what one of two does in its step, the other
 * is not woken by.
 *
 * What happens in a step is noted; then the `notify` of each run that has news is
 * called, once. Python code never runs inside a step.
 */
#ifndef WRIT_PYTHON_HUB_H
#define WRIT_PYTHON_HUB_H

#include "module.h"

struct run;

struct hub {
	PyObject_HEAD
	struct writ_host *host; /* NULL: closed */
	pid_t owner;		/* whose it is: not a fork's */
	struct run *runs;	/* that have a writ_proc */
	struct run *news;
};

/* Is it open, and ours? Else -1 with RuntimeError set. */
int hub_check(const struct hub *hub);

#endif
