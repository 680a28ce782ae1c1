/* leaving.c - children on their way out: launchers that have told the end of their
 * run, and what was killed. To wait for each would cost what starting a program
 * costs, and could take for ever. */
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "cage.h"
#include "host.h"
#include "os/os_clock.h"
#include "os/os_fd.h"

enum { END_MS = 4000 }; /* far more than leaving takes */

/* Returns whether it is gone. */
static bool
reap_one(int pidfd, int64_t max_ms)
{
	siginfo_t info;
	int r;

	if (!cage_wait(pidfd, max_ms))
		return false;
	do
		r = waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | WNOHANG);
	while (r < 0 && errno == EINTR);
	return true; /* ECHILD: somebody else reaped it */
}

/* One span for all of them. */
void
host_reap(struct os_host *host, bool wait)
{
	int64_t end_ns = wait && host->leaving_count > 0 ? os_clock_ns() + END_MS * NS_PER_MS : 0;
	int left = 0;

	for (int i = 0; i < host->leaving_count; i++) {
		int64_t left_ms = wait ? (end_ns - os_clock_ns()) / NS_PER_MS : 0;

		if (reap_one(host->leaving[i], left_ms > 0 ? left_ms : 0))
			os_fd_close(host->leaving[i]);
		else
			host->leaving[left++] = host->leaving[i];
	}
	host->leaving_count = left;
}

static bool
make_room(struct os_host *host)
{
	int room = host->leaving_room == 0 ? 4 : 2 * host->leaving_room;
	int *larger;

	if (host->leaving_count < host->leaving_room)
		return true;
	larger = reallocarray(host->leaving, (size_t)room, sizeof(*larger));
	if (larger == NULL)
		return false;
	host->leaving = larger;
	host->leaving_room = room;
	return true;
}

void
host_leave(struct os_host *host, int take_pidfd)
{
	if (take_pidfd < 0)
		return;
	host_reap(host, false);
	if (make_room(host)) {
		host->leaving[host->leaving_count++] = take_pidfd;
		return;
	}
	reap_one(take_pidfd, END_MS);
	os_fd_close(take_pidfd);
}
