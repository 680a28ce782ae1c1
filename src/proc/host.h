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
	uint64_t last_number; /* of a run */
	struct writ_pool *pools;
	bool stepping;
	bool alone; /* nobody watches the descriptor of the loop */
	uint64_t attached; /* thread; 0: none */
	char *scratch; /* where outputs are read into */
};

/* May this thread wait in `call`? 0 or WRIT_E_WOULD_BLOCK, with what to do instead. */
int host_check_wait(const struct writ_host *host, const char *call, const char *instead,
		    struct writ_error *err);

/* Is the host to be used now? 0 or WRIT_E_STATE. */
int host_check(const struct writ_host *host, struct writ_error *err);

#endif
