#include "capture.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { ROOM_BYTES = 64 * 1024 };

static int
make_room(struct capture *kept)
{
	size_t room = kept->room == 0 ? ROOM_BYTES : kept->room * 2;
	char *data;

	if (kept->len < kept->room)
		return 0;
	data = realloc(kept->data, room);
	if (data == NULL)
		return -1;
	kept->data = data;
	kept->room = room;
	return 0;
}

/* Returns what read(2) did. */
static ssize_t
read_piece(struct capture *kept, int fd)
{
	ssize_t n;

	if (make_room(kept) < 0)
		return -1;
	n = read(fd, kept->data + kept->len, kept->room - kept->len);
	if (n > 0)
		kept->len += (size_t)n;
	return n;
}

int
capture_both(struct capture kept[2], int out_fd, int err_fd)
{
	struct pollfd waiting[2] = { { out_fd, POLLIN, 0 }, { err_fd, POLLIN, 0 } };
	int open = 2;

	kept[0].len = kept[1].len = 0;
	while (open > 0) {
		if (poll(waiting, 2, -1) < 0 && errno != EINTR)
			return -1;
		for (int i = 0; i < 2; i++) {
			ssize_t n;

			if (waiting[i].fd < 0 || waiting[i].revents == 0)
				continue;
			n = read_piece(&kept[i], waiting[i].fd);
			if (n < 0)
				return -1;
			if (n > 0)
				continue;
			close(waiting[i].fd);
			waiting[i].fd = -1;
			open--;
		}
	}
	return 0;
}
