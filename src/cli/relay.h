/* relay.h - output that passes through us, on to a standard stream of ours.
 *
 * A reader that is slow, or gone, must not keep us from our deadlines: nothing
 * is written that would wait, and the descriptor, which is not only ours, is
 * never made non-blocking.
 */
#ifndef WRIT_CLI_RELAY_H
#define WRIT_CLI_RELAY_H

#include "writ.h"

struct relay {
	int fd;
	enum writ_stream stream;
	char *waiting; /* what could not be written yet */
	size_t len;
	size_t size;
	bool broken; /* nobody reads it any more */
};

/* A writ_sink; the context is a relay. */
int relay_sink(void *ctx, struct writ_proc *proc, enum writ_stream stream, const void *data,
	       size_t len);

/* Writes what can be written now. Returns whether nothing waits any more. */
bool relay_flush(struct relay *relay);

/* To be polled for POLLOUT, or -1. */
int relay_wait_fd(const struct relay *relay);

void relay_done(struct relay *relay);

#endif
