#include "outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

struct outbox_piece {
	struct outbox_piece *next;
	size_t len;
	char data[];
};

/* 1: sent; 0: not now; -errno. */
static int
try_send(int fd, const void *head, size_t head_len, const void *body, size_t len)
{
	struct iovec parts[] = { { (void *)head, head_len }, { (void *)body, len } };
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = 2 };

	for (;;) {
		if (sendmsg(fd, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return 1;
		if (errno != EINTR)
			return errno == EAGAIN || errno == ENOBUFS ? 0 : -errno;
	}
}

static int
keep(struct outbox *box, const void *head, size_t head_len, const void *body, size_t len)
{
	struct outbox_piece *piece = malloc(sizeof(*piece) + head_len + len);

	if (piece == NULL)
		return -ENOMEM;
	piece->next = NULL;
	piece->len = head_len + len;
	memcpy(piece->data, head, head_len);
	if (len > 0)
		memcpy(piece->data + head_len, body, len);
	if (box->first == NULL)
		box->first = piece;
	else
		box->last->next = piece;
	box->last = piece;
	box->bytes += piece->len;
	return 0;
}

int
outbox_send(struct outbox *box, int fd, const void *head, size_t head_len, const void *body,
	    size_t len)
{
	int r = outbox_is_empty(box) ? try_send(fd, head, head_len, body, len) : 0;

	if (r != 0)
		return r < 0 ? r : 0;
	return keep(box, head, head_len, body, len);
}

static void
drop_first(struct outbox *box)
{
	struct outbox_piece *piece = box->first;

	box->first = piece->next;
	box->bytes -= piece->len;
	free(piece);
}

int
outbox_flush(struct outbox *box, int fd)
{
	while (!outbox_is_empty(box)) {
		int r = try_send(fd, box->first->data, box->first->len, NULL, 0);

		if (r <= 0)
			return r;
		drop_first(box);
	}
	return 0;
}

bool
outbox_is_empty(const struct outbox *box)
{
	return box->first == NULL;
}

void
outbox_done(struct outbox *box)
{
	while (!outbox_is_empty(box))
		drop_first(box);
}
