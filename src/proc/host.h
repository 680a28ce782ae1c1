/* host.h - the loop of a host and the runs in it. */
#ifndef WRIT_PROC_HOST_H
#define WRIT_PROC_HOST_H

#include "loop/loop.h"
#include "os/os_child.h"
#include "writ/host.h"

enum { HOST_SCRATCH_BYTES = 64 * 1024 }; /* as much as a pipe holds */

struct writ_host {
	struct loop loop;
	struct os_host *os;
	struct writ_proc *procs; /* that have not ended */
	int proc_count;
	bool stepping;
	char *scratch; /* where outputs are read into */
};

/* Is the host to be used now? 0 or WRIT_E_STATE. */
int host_check(const struct writ_host *host, struct writ_error *err);

#endif
