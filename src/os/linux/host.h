/* host.h - what outlives a run, on Linux. */
#ifndef WRIT_OS_LINUX_HOST_H
#define WRIT_OS_LINUX_HOST_H

#include "cgroup.h"
#include "os/os_child.h"
#include "low.h"
#include "spawn.h"

struct os_host {
	int64_t owner; /* pid of the process that opened it */
	struct writ_id self;
	int self_fd; /* pidfd of the owner, for those who watch it; or -1 */
	int null; /* the null device */
	int level_max;
	int launcher; /* executable in memory; -1: not made yet; else -errno */
	bool launcher_works; /* it has been executed */
	int guardian; /* socket; -1: none */
	bool guardian_ready;  /* it uses nothing of ours any more */
	struct spawned guardian_spawned;
	bool guardian_is_ours; /* to reap: we are its subreaper */
	struct order *guardian_order; /* that it was started with */
	char *guardian_argv[5];
	unsigned next_run;
	int *leaving; /* pidfds of children that are about to end */
	int leaving_count;
	int leaving_room;
	struct spawner spawner;
	struct low low;
	struct cgroups cgroups;
};

/* The descriptor of the launcher's executable, or a negative errno. */
int host_launcher(struct os_host *host);

/* Takes the pidfd of a child that is about to end: it is reaped later. */
void host_leave(struct os_host *host, int take_pidfd);

/* Reaps those that left and have ended; all of them if `wait`. */
void host_reap(struct os_host *host, bool wait);

/* Sees to it that a guardian lives. 0, or a negative errno. */
int guardian_ensure(struct os_host *host);

/* Was it made? The one between, who knows, ends at once. */
bool guardian_is_born(struct os_host *host);

/* Ends it; the runs are the caller's care. False: it may for ever read what the host
 * is. */
bool guardian_dismiss(struct os_host *host);

#endif
