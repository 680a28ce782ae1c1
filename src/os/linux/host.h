/* host.h - what outlives a run, on Linux. */
#ifndef WRIT_OS_LINUX_HOST_H
#define WRIT_OS_LINUX_HOST_H

#include "cgroup.h"
#include "os/os_child.h"
#include "spawn.h"

struct os_host {
	int64_t owner; /* pid of the process that opened it */
	struct writ_id self;
	int self_fd; /* pidfd of the owner, for those who watch it; or -1 */
	int level_max;
	int launcher; /* executable in memory; -1: not made yet; else -errno */
	int guardian; /* socket; -1: none */
	int64_t guardian_pid; /* 0, or ours to reap: we are its subreaper */
	int next_run;
	struct spawner spawner;
	struct cgroups cgroups;
};

/* The descriptor of the launcher's executable, or a negative errno. */
int host_launcher(struct os_host *host);

/* Sees to it that a guardian lives. 0, or a negative errno. */
int guardian_ensure(struct os_host *host);

/* Ends it; the runs are the caller's care. */
void guardian_dismiss(struct os_host *host);

#endif
