#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "host.h"
#include "order.h"
#include "os/os_fd.h"
#include "talk.h"

/* Orphans fall to us if we are PID 1 of our pid namespace, or a subreaper: the
 * guardian too, which must then be reaped. */
static bool
inherits_orphans(void)
{
	int subreaper = 0;

	prctl(PR_GET_CHILD_SUBREAPER, &subreaper, 0, 0, 0);
	return subreaper != 0 || getpid() == 1;
}

static int
start(struct os_host *host, int peer)
{
	const struct os_map map[] = {
		{ host->null, 0 }, { host->null, 1 },	       { host->null, 2 },
		{ peer, 3 },	   { host->self_fd, 4 }, { host->cgroups.base, 5 },
	};
	char *argv[] = { (char *)NOTE_NAME, (char *)"guard", (char *)"3 4 5",
			 host->cgroups.prefix, NULL };
	char *envp[] = { NULL };
	auto_free struct order *order = NULL;
	struct spawned spawned;
	struct spawn spawn = { .argv = argv, .envp = envp, .cgroup = -1, .orphan = true };
	int r = order_guardian(map, 6, host->launcher, &order, NULL);

	if (r < 0)
		return -ENOMEM;
	spawn.order = order;
	r = spawn_child(&host->spawner, &spawn, &spawned);
	if (r == 0 && spawned.failed)
		r = -spawned.failure.err_no;
	if (r < 0)
		return r;
	host->guardian_pid = inherits_orphans() ? spawned.pid : 0;
	return 0;
}

static bool
is_alive(int sock)
{
	char byte;

	return recv(sock, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0 && errno == EAGAIN;
}

/* It has closed its socket and is about to end, or has ended. */
static void
reap(struct os_host *host)
{
	siginfo_t info;

	while (host->guardian_pid > 0 &&
	       waitid(P_PID, (id_t)host->guardian_pid, &info, WEXITED) < 0 && errno == EINTR)
		;
	host->guardian_pid = 0;
}

int
guardian_ensure(struct os_host *host)
{
	int ends[2];
	int r;

	if (host->guardian >= 0 && is_alive(host->guardian))
		return 0;
	host->guardian = os_fd_close(host->guardian); /* somebody killed it */
	reap(host);
	if (host->self_fd < 0)
		return -ENOSYS; /* nothing to watch the owner by */
	r = host_launcher(host);
	if (r < 0)
		return r;
	r = talk_open(ends);
	if (r < 0)
		return r;
	r = start(host, ends[1]);
	os_fd_close(ends[1]);
	if (r < 0) {
		os_fd_close(ends[0]);
		return r;
	}
	host->guardian = ends[0];
	return 0;
}

void
guardian_dismiss(struct os_host *host)
{
	if (host->guardian < 0)
		return;
	talk_send_type(host->guardian, NOTE_LEAVE, 0);
	host->guardian = os_fd_close(host->guardian);
	reap(host);
}
