#include "bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { PIECE_BYTES = 64 * 1024 };

/* One that was closed: its place is held by what can be neither read nor written. */
static bool
is_closed(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags < 0 || (flags & O_PATH) != 0;
}

static bool
may_cross(int fd)
{
	struct stat at;

	if (fstat(fd, &at) < 0)
		return false;
	return S_ISFIFO(at.st_mode) || S_ISREG(at.st_mode) || S_ISSOCK(at.st_mode) ||
	       (S_ISCHR(at.st_mode) && at.st_rdev == makedev(1, 3));
}

int
bridge_open(struct bridge *bridge, int stream)
{
	int ends[2];

	*bridge = (struct bridge){ .fd = stream, .source = -1, .sink = -1 };
	if (is_closed(stream))
		bridge->fd = -1;
	if (is_closed(stream) || may_cross(stream))
		return 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	bridge->fd = ends[stream != 0];
	bridge->source = stream == 0 ? 0 : ends[0];
	bridge->sink = stream == 0 ? ends[1] : stream;
	bridge->owns_source = stream != 0;
	bridge->owns_sink = stream == 0;
	relay_init(&bridge->relay, bridge->sink, WRIT_STREAM_OUT);
	return 0;
}

void
bridge_part(struct bridge *bridge)
{
	if (bridge->sink >= 0)
		close(bridge->fd);
	bridge->fd = -1;
}

int
bridge_read_fd(const struct bridge *bridge)
{
	return bridge->relay.len == 0 ? bridge->source : -1;
}

int
bridge_write_fd(const struct bridge *bridge)
{
	return relay_wait_fd(&bridge->relay);
}

/* The end of what is carried: the reader is told. */
static void
end(struct bridge *bridge)
{
	if (bridge->owns_source)
		close(bridge->source);
	bridge->source = -1;
	if (bridge->owns_sink && bridge->sink >= 0) {
		close(bridge->sink);
		bridge->sink = -1;
	}
}

void
bridge_read(struct bridge *bridge)
{
	char *piece = malloc(PIECE_BYTES);
	ssize_t n = piece != NULL ? read(bridge->source, piece, PIECE_BYTES) : 0;

	if (n > 0) {
		relay_take(&bridge->relay, piece, (size_t)n);
		bridge_write(bridge);
		return;
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		end(bridge);
	free(piece);
}

void
bridge_write(struct bridge *bridge)
{
	if (relay_flush(&bridge->relay) && bridge->relay.broken != 0)
		end(bridge);
}

void
bridge_close(struct bridge *bridge)
{
	if (bridge->fd > 2)
		close(bridge->fd);
	end(bridge);
	relay_done(&bridge->relay);
}
