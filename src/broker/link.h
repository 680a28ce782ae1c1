/* link.h - what monitor and front tell each other, a datagram each: a head, and mostly
 * a frame of the client's protocol behind it.
 *
 * The monitor believes the front nothing but which connection a frame came by;
 * and that can only be one whose user the monitor has seen itself.
 */
#ifndef WRIT_BROKER_LINK_H
#define WRIT_BROKER_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "wire/wire.h"

enum link_kind {
	LINK_NEW = WIRE_WORD('N', 'E', 'W', 'C'),   /* to the front, with its socket */
	LINK_FRAME = WIRE_WORD('F', 'R', 'A', 'M'), /* both ways */
	LINK_GONE = WIRE_WORD('G', 'O', 'N', 'E'),  /* to the monitor: it was closed */
	LINK_SHUT = WIRE_WORD('S', 'H', 'U', 'T'),  /* to the front: close it */
};

struct link_head {
	uint32_t kind;
	uint32_t uid; /* of LINK_NEW: for the front's quotas */
	uint64_t connection;
};

struct link_message {
	struct link_head head;
	char frame[WIRE_FRAME_MAX];
	size_t len; /* of the frame */
	int fds[WIRE_FDS_MAX];
	unsigned fd_count;
};

/* A pair of sockets that takes whole frames. 0 or -errno. */
int link_open(int ret_fds[2]);

/* One message with its descriptors, which stay the caller's. Waits as `flags`
 * (MSG_DONTWAIT) say. 0 or -errno. */
int link_send(int fd, const struct link_head *head, const void *frame, size_t len, const int *fds,
	      unsigned fd_count, int flags);

/* 1: one was received; its descriptors are the caller's. 0: none now. -errno; -EPIPE:
 * there is nobody. */
int link_receive(int fd, struct link_message *message);

/* As the client's side of it: a datagram of at most `room` bytes, and descriptors.
 * Returns its bytes, 0 at the end, -errno; -EMSGSIZE: it was larger, -EPROTO: more descriptors. */
long link_receive_datagram(int fd, void *data, size_t room, void *more, size_t more_room,
			   int fds[WIRE_FDS_MAX], unsigned *ret_count);

void link_close_fds(const int *fds, unsigned count);

#endif
