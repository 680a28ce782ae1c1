#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cage.h"
#include "host.h"
#include "order.h"
#include "os/os_fd.h"
#include "talk.h"

enum { END_MS = 2000 };

/* Orphans fall to us if we are PID 1 of our pid namespace, or a subreaper: the
 * guardian too, which must then be reaped. */
static bool
inherits_orphans(void)
{
	int subreaper = 0;

	prctl(PR_GET_CHILD_SUBREAPER, &subreaper, 0, 0, 0);
	return subreaper != 0 || getpid() == 1;
}

/* It is on its way when this returns. What it starts with is the host's: it
 * reads it, in our memory, until it has executed. */
static int
start(struct os_host *host, int peer)
{
	static char *const no_env[] = { NULL };
	const struct os_map map[] = {
		{ host->null, 0 }, { host->null, 1 },	 { host->null, 2 },
		{ peer, 3 },	   { host->self_fd, 4 }, { host->cgroups.base, 5 },
	};
	struct spawn spawn = { .argv = host->guardian_argv,
			       .envp = no_env,
			       .cgroup = -1,
			       .later = true,
			       .orphan = true };
	int r = order_guardian(map, 6, host->launcher, &host->guardian_order, NULL);

	if (r < 0)
		return -ENOMEM;
	host->guardian_argv[0] = (char *)NOTE_NAME;
	host->guardian_argv[1] = (char *)"guard";
	host->guardian_argv[2] = (char *)"3 4 5";
	host->guardian_argv[3] = host->cgroups.prefix;
	spawn.order = host->guardian_order;
	host->guardian_is_ours = inherits_orphans();
	return spawn_child(&host->spawner, &spawn, &host->guardian_spawned);
}

/* It says one thing, that it is ready; then nothing but the end of its socket. A
 * look that fails is none: it would end our runs if we let go of it. */
static bool
is_alive(struct os_host *host)
{
	struct note note;
	int r = talk_receive(host->guardian, &note, false);

	if (r > 0) {
		host->guardian_ready = true;
		r = talk_receive(host->guardian, &note, false);
	}
	return r != 0 && r != -EBADF && r != -ENOTSOCK;
}

/* Waits until it has said that it is ready, as a rule long ago, or has closed its
 * socket: from then on it uses nothing of ours. Reaps it if it is ours. */
static bool
await_end(struct os_host *host)
{
	bool is_done = true;
	siginfo_t info;

	spawn_settle(&host->spawner, &host->guardian_spawned, -1);
	if (host->guardian >= 0 && (host->guardian_ready || cage_wait(host->guardian, END_MS))) {
		host->guardian = os_fd_close(host->guardian);
		while (host->guardian_is_ours && host->guardian_spawned.pid > 0 &&
		       waitid(P_PID, (id_t)host->guardian_spawned.pid, &info, WEXITED) < 0 &&
		       errno == EINTR)
			;
		free(host->guardian_order);
	} else if (host->guardian >= 0) {
		is_done = false; /* stopped by somebody: it may still need what it has of us */
	}
	host->guardian = os_fd_close(host->guardian);
	host->guardian_spawned = (struct spawned){ .pidfd = -1 };
	host->guardian_order = NULL;
	host->guardian_ready = false;
	return is_done;
}

int
guardian_ensure(struct os_host *host)
{
	int ends[2];
	int r;

	if (host->guardian >= 0 && is_alive(host))
		return 0;
	await_end(host); /* somebody killed it */
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
	host->guardian = ends[0];
	if (r < 0)
		await_end(host);
	return r;
}

bool
guardian_is_born(struct os_host *host)
{
	spawn_settle(&host->spawner, &host->guardian_spawned, -1);
	return !host->guardian_spawned.failed;
}

bool
guardian_dismiss(struct os_host *host)
{
	if (host->guardian < 0)
		return true;
	talk_send_type(host->guardian, NOTE_LEAVE, 0);
	return await_end(host);
}
