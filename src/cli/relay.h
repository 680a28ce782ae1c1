/* relay.h - output that passes through us, on to a standard stream of ours.
 *
 * A reader that is slow, or gone, must not keep us from our deadlines and from
 * signals: nothing is written that would wait, and the descriptor, which is not
 * only ours, is never made non-blocking.
 */
#ifndef WRIT_CLI_RELAY_H
#define WRIT_CLI_RELAY_H

#include "writ.h"

struct relay {
	int fd;
	enum writ_stream stream;
	bool whole;    /* a regular file: a write never waits for a reader */
	char *waiting; /* what could not be written yet: len bytes from at */
	size_t at;
	size_t len;
	size_t size;
	int broken; /* errno: nobody reads it any more, or it is full */
};

void relay_init(struct relay *relay, int fd, enum writ_stream stream);

/* A writ_sink; the context is a relay. */
int relay_sink(void *ctx, struct writ_proc *proc, enum writ_stream stream, const void *data,
	       size_t len);

/* Takes a block of malloc(3) that is to be written. */
void relay_take(struct relay *relay, char *take_data, size_t len);

/* Writes what can be written now. Returns whether nothing waits any more. */
bool relay_flush(struct relay *relay);

/* To be polled for POLLOUT, or -1. */
int relay_wait_fd(const struct relay *relay);

void relay_done(struct relay *relay);

#endif
