#include "relay.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What poll(2) promises of a pipe is room for PIPE_BUF bytes, no more. */
static ssize_t
write_now(int fd, const char *data, size_t len)
{
	struct pollfd poll_fd = { fd, POLLOUT, 0 };

	if (poll(&poll_fd, 1, 0) <= 0)
		return -EAGAIN;
	if (!(poll_fd.revents & POLLOUT))
		return -EPIPE;
	if (len > PIPE_BUF)
		len = PIPE_BUF;
	/* SIGPIPE is ignored in `writ run` while it relays */
	ssize_t r = write(fd, data, len);

	return r < 0 ? -errno : r;
}

/* Returns how much was written. */
static size_t
write_some(struct relay *relay, const char *data, size_t len)
{
	size_t done = 0;

	while (done < len && !relay->broken) {
		ssize_t r = write_now(relay->fd, data + done, len - done);

		if (r == -EAGAIN || r == -EINTR)
			break;
		if (r < 0)
			relay->broken = true;
		else
			done += (size_t)r;
	}
	return done;
}

static bool
keep_rest(struct relay *relay, const char *data, size_t len)
{
	if (relay->size < len) {
		char *waiting = realloc(relay->waiting, len);

		if (waiting == NULL)
			return false;
		relay->waiting = waiting;
		relay->size = len;
	}
	memcpy(relay->waiting, data, len);
	relay->len = len;
	return true;
}

int
relay_sink(void *ctx, struct writ_proc *proc, enum writ_stream stream, const void *data, size_t len)
{
	struct relay *relay = ctx;
	size_t done = write_some(relay, data, len);

	(void)proc;
	(void)stream;
	if (relay->broken)
		return WRIT_FLOW_CLOSE; /* the program gets its SIGPIPE, as without us */
	if (done == len)
		return WRIT_FLOW_ON;
	if (!keep_rest(relay, (const char *)data + done, len - done))
		return WRIT_FLOW_END;
	return WRIT_FLOW_PAUSE;
}

bool
relay_flush(struct relay *relay)
{
	size_t done = write_some(relay, relay->waiting, relay->len);

	if (relay->broken)
		relay->len = done = 0;
	memmove(relay->waiting, relay->waiting + done, relay->len - done);
	relay->len -= done;
	return relay->len == 0;
}

int
relay_wait_fd(const struct relay *relay)
{
	return relay->len > 0 ? relay->fd : -1;
}

void
relay_done(struct relay *relay)
{
	free(relay->waiting);
	*relay = (struct relay){ 0 };
}
