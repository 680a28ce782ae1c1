/* leaving.c - launchers that have told the end of their run, and are on their
 * way out. To wait for each would cost what starting a program costs. */
#include <errno.h>
#include <sys/wait.h>

#include "cage.h"
#include "host.h"
#include "os/os_fd.h"

enum { END_MS = 4000 }; /* far more than leaving takes */

/* Returns whether it is gone. */
static bool
reap_one(int pidfd, bool wait)
{
	siginfo_t info;
	int r;

	if (!cage_wait(pidfd, wait ? END_MS : 0))
		return wait;
	do
		r = waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG);
	while (r < 0 && errno == EINTR);
	return true; /* ECHILD: somebody else reaped it */
}

void
host_reap(struct os_host *host, bool wait)
{
	int left = 0;

	for (int i = 0; i < host->leaving_count; i++) {
		if (reap_one(host->leaving[i], wait))
			os_fd_close(host->leaving[i]);
		else
			host->leaving[left++] = host->leaving[i];
	}
	host->leaving_count = left;
}

void
host_leave(struct os_host *host, int take_pidfd)
{
	host_reap(host, host->leaving_count == HOST_LEAVING_MAX);
	host->leaving[host->leaving_count++] = take_pidfd;
}
