/* bridge.h - a standard stream of ours as one that may cross to the broker.
 *
 * Pipes, sockets, files and the null device are handed over as they are. A terminal
 * never is: the program gets a pipe, and we carry the bytes.
 */
#ifndef WRIT_CLI_BRIDGE_H
#define WRIT_CLI_BRIDGE_H

#include "relay.h"

struct bridge {
	int fd;	    /* to be handed over; the caller's, or the far end of a pipe; -1: none */
	int source; /* what we read: the terminal, or our end of the pipe; -1: nothing to carry */
	int sink;   /* what we write to */
	bool owns_source;
	bool owns_sink;
	struct relay relay; /* to the sink */
};

/* `stream` is 0, 1 or 2. 0 or -errno. */
int bridge_open(struct bridge *bridge, int stream);

/* The far end is the program's now: our copy would keep the pipe open. */
void bridge_part(struct bridge *bridge);

/* To be polled: for POLLIN, and for POLLOUT; -1: not now. */
int bridge_read_fd(const struct bridge *bridge);
int bridge_write_fd(const struct bridge *bridge);

/* Carries what there is. */
void bridge_read(struct bridge *bridge);
void bridge_write(struct bridge *bridge);

void bridge_close(struct bridge *bridge);

#endif
