#include "relay.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
relay_init(struct relay *relay, int fd, enum writ_stream stream)
{
	struct stat stat;

	*relay = (struct relay){ .fd = fd, .stream = stream };
	relay->whole = fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode);
}

/* What poll(2) promises of a pipe is room for PIPE_BUF bytes, no more. SIGPIPE
 * is ignored in `writ run`. */
static ssize_t
write_now(const struct relay *relay, const char *data, size_t len)
{
	struct pollfd poll_fd = { relay->fd, POLLOUT, 0 };
	ssize_t r;

	if (poll(&poll_fd, 1, 0) <= 0)
		return -EAGAIN;
	if (len > PIPE_BUF && !relay->whole)
		len = PIPE_BUF;
	r = write(relay->fd, data, len);
	return r < 0 ? -errno : r;
}

/* Returns how much was written. */
static size_t
write_some(struct relay *relay, const char *data, size_t len)
{
	size_t done = 0;

	while (done < len && relay->broken == 0) {
		ssize_t r = write_now(relay, data + done, len - done);

		if (r == -EAGAIN || r == -EINTR)
			break;
		if (r < 0)
			relay->broken = (int)-r;
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
	relay->at = 0;
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
	if (relay->broken != 0)
		return WRIT_FLOW_CLOSE; /* the program gets its SIGPIPE, as without us */
	if (done == len)
		return WRIT_FLOW_ON;
	if (!keep_rest(relay, (const char *)data + done, len - done))
		return WRIT_FLOW_END;
	return WRIT_FLOW_PAUSE;
}

void
relay_take(struct relay *relay, char *take_data, size_t len)
{
	free(relay->waiting);
	relay->waiting = take_data;
	relay->at = 0;
	relay->len = relay->size = len;
}

bool
relay_flush(struct relay *relay)
{
	size_t done = write_some(relay, relay->waiting + relay->at, relay->len);

	if (relay->broken != 0)
		done = relay->len;
	relay->at += done;
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
