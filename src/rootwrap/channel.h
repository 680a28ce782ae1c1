/* channel.h - one connection: a stranger, then a manager's call or a channel of commands.
 *
 * Requests of one channel are answered in their order, one at a time; channels do not wait
 * for each other.
 */
#ifndef WRIT_ROOTWRAP_CHANNEL_H
#define WRIT_ROOTWRAP_CHANNEL_H

#include <poll.h>

#include "frame.h"
#include "message.h"
#include "server.h"

enum channel_state {
	CHANNEL_ASKED = 0, /* our challenge is sent */
	CHANNEL_PROVED,	   /* the key was proved to us: we wait for their challenge */
	CHANNEL_ANSWERED,  /* and for their welcome */
	CHANNEL_MANAGER,   /* one call of the manager */
	CHANNEL_OBJECT,	   /* calls of the object, one after the other */
	CHANNEL_LEAVING,   /* when all is written it is closed */
	CHANNEL_CLOSED,
};

struct channel {
	struct server *server;
	int fd;
	enum channel_state state;
	unsigned char message[HANDSHAKE_MESSAGE_BYTES];
	struct frame_in in;
	struct frame_out out;
	bool has_ended; /* nothing more comes from there */
	int64_t since_ms;
	struct arena arena;	/* of the request that runs */
	struct writ_proc *proc; /* NULL: nothing runs */
	bool is_running;
	struct channel *next;
};

/* Takes the descriptor. NULL: out of memory, or of random bytes. */
struct channel *channel_new(struct server *server, int take_fd);
struct channel *channel_free(struct channel *channel);

/* What to wait for. */
struct pollfd channel_poll(const struct channel *channel);

/* Reads, answers and writes as far as it goes. */
void channel_step(struct channel *channel, short what);

/* Takes frames that have come already: something has ended. */
void channel_go_on(struct channel *channel);

/* No more requests: one more reply, and the end. */
void channel_stop(struct channel *channel);

void channel_close(struct channel *channel);

static inline bool
channel_is_stranger(const struct channel *channel)
{
	return channel->state < CHANNEL_MANAGER;
}

/* Adds a reply; one that cannot be kept ends the channel. */
void channel_reply(struct channel *channel, char *take_text, size_t len);
void channel_reply_text(struct channel *channel, const char *text);

#endif
