/* os_channel.h - datagrams with descriptors to a process that listens at a path. */
#ifndef WRIT_OS_CHANNEL_H
#define WRIT_OS_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include "writ/error.h"

enum { OS_CHANNEL_FDS_MAX = 4 };

/* Connects, which waits only while more than the backlog do, at most five seconds; the
 * descriptor never waits. */
int os_channel_open(const char *path, writ_fd *ret_channel, struct writ_error *err);

/* One datagram. 0 or a negative errno: -EAGAIN, not now. */
int os_channel_send(writ_fd channel, const void *data, size_t len, const writ_fd *fds,
		    unsigned count);

/* One datagram: its bytes, 0 at the end, a negative errno: -EAGAIN, none there. */
int64_t os_channel_receive(writ_fd channel, void *data, size_t room);

#endif
