/* outbox.h - datagrams to one socket, kept while it takes none. Never waits. */
#ifndef WRIT_BROKER_OUTBOX_H
#define WRIT_BROKER_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>

struct outbox_piece;

struct outbox {
	struct outbox_piece *first;
	struct outbox_piece *last;
	size_t bytes; /* that wait */
};

/* Sends one datagram of two parts, or keeps it. 0, or -errno: nobody takes it any
 * more, or no memory. */
int outbox_send(struct outbox *box, int fd, const void *head, size_t head_len, const void *body,
		size_t len);

/* Sends what waits, as far as it is taken. 0 or -errno. */
int outbox_flush(struct outbox *box, int fd);

bool outbox_is_empty(const struct outbox *box);
void outbox_done(struct outbox *box);

#endif
