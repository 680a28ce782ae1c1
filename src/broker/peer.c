#include "peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

static const char *const namespaces[] = { "user", "pid", "mnt" };

/* Groups beside the first; the kernel says how many there are when the room is short. */
static int
read_groups(int socket, struct peer *peer)
{
	socklen_t len = 0;

	if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, NULL, &len) == 0 || errno != ERANGE)
		return len == 0 ? 0 : -EPROTO;
	if (len > PEER_GROUPS_MAX * sizeof(*peer->groups))
		return -E2BIG;
	peer->groups = malloc(len);
	if (peer->groups == NULL)
		return -ENOMEM;
	if (getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, peer->groups, &len) < 0)
		return -errno;
	peer->group_count = len / sizeof(*peer->groups);
	return 0;
}

static bool
is_alive(int pidfd)
{
	struct pollfd poll_fd = { .fd = pidfd, .events = POLLIN };

	return poll(&poll_fd, 1, 0) == 0;
}

static bool
is_same_namespace(pid_t pid, const char *name)
{
	char path[64];
	struct stat ours, theirs;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	if (stat(path, &ours) < 0)
		return false;
	snprintf(path, sizeof(path), "/proc/%d/ns/%s", (int)pid, name);
	return stat(path, &theirs) == 0 && ours.st_dev == theirs.st_dev &&
	       ours.st_ino == theirs.st_ino;
}

/* What was read by the number is of the process if that still runs afterwards. */
static bool
is_inside(int socket, pid_t pid)
{
	int pidfd = -1;
	socklen_t len = sizeof(pidfd);
	bool inside = pid > 0;

	if (getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &len) < 0)
		return false;
	for (size_t i = 0; i < sizeof(namespaces) / sizeof(namespaces[0]); i++)
		inside = inside && is_same_namespace(pid, namespaces[i]);
	inside = inside && is_alive(pidfd);
	close(pidfd);
	return inside;
}

int
peer_read(int socket, struct peer *ret_peer)
{
	struct ucred creds = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(creds);
	struct peer peer = { 0 };
	int r;

	if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &creds, &len) < 0)
		return -errno;
	if (len != sizeof(creds) || creds.uid == (uid_t)-1 || creds.gid == (gid_t)-1)
		return -EPROTO;
	peer.pid = creds.pid;
	peer.uid = creds.uid;
	peer.gid = creds.gid;
	r = read_groups(socket, &peer);
	if (r < 0) {
		peer_done(&peer);
		return r;
	}
	peer.is_foreign = !is_inside(socket, creds.pid);
	*ret_peer = peer;
	return 0;
}

bool
peer_can_be_placed(void)
{
	int pair[2];
	int pidfd = -1;
	socklen_t len = sizeof(pidfd);
	bool can;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return false;
	can = getsockopt(pair[0], SOL_SOCKET, SO_PEERPIDFD, &pidfd, &len) == 0;
	if (can)
		close(pidfd);
	close(pair[0]);
	close(pair[1]);
	return can;
}

struct policy_peer
peer_who(const struct peer *peer)
{
	return (struct policy_peer){ .uid = peer->uid,
				     .gid = peer->gid,
				     .groups = peer->groups,
				     .group_count = peer->group_count,
				     .is_foreign = peer->is_foreign };
}

void
peer_done(struct peer *peer)
{
	free(peer->groups);
	peer->groups = NULL;
	peer->group_count = 0;
}
