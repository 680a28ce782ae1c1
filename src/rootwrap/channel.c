#include "channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "manager.h"
#include "task.h"

struct channel *
channel_new(struct server *server, int take_fd)
{
	struct channel *channel = calloc(1, sizeof(*channel));

	if (channel == NULL) {
		close(take_fd);
		return NULL;
	}
	*channel = (struct channel){ .server = server, .fd = take_fd, .since_ms = server_now_ms() };
	if (!handshake_ask(channel->message) ||
	    !frame_add(&channel->out, HANDSHAKE_CHALLENGE, sizeof(HANDSHAKE_CHALLENGE) - 1,
		       channel->message, sizeof(channel->message)))
		return channel_free(channel);
	return channel;
}

void
channel_close(struct channel *channel)
{
	if (channel->fd >= 0)
		close(channel->fd);
	channel->fd = -1;
	channel->state = CHANNEL_CLOSED;
	frame_in_done(&channel->in);
	frame_out_done(&channel->out);
}

struct channel *
channel_free(struct channel *channel)
{
	if (channel == NULL)
		return NULL;
	channel_close(channel);
	arena_done(&channel->arena);
	free(channel);
	return NULL;
}

struct pollfd
channel_poll(const struct channel *channel)
{
	struct pollfd poll_fd = { channel->fd, POLLRDHUP, 0 };

	if (channel->out.len > channel->out.at)
		poll_fd.events |= POLLOUT;
	else if (!channel->is_running && !channel->has_ended)
		poll_fd.events |= POLLIN;
	/* that it has gone would be told again and again */
	if (channel->has_ended && channel->out.len == channel->out.at)
		poll_fd.fd = -1;
	return poll_fd;
}

void
channel_reply(struct channel *channel, char *take_text, size_t len)
{
	if (channel->fd >= 0 &&
	    (take_text == NULL || !frame_add(&channel->out, take_text, len, NULL, 0)))
		channel_close(channel);
	free(take_text);
}

void
channel_reply_text(struct channel *channel, const char *text)
{
	if (channel->fd >= 0 && !frame_add_text(&channel->out, text))
		channel_close(channel);
}

static void
flush(struct channel *channel)
{
	struct frame_out *out = &channel->out;

	while (channel->fd >= 0 && out->at < out->len) {
		ssize_t r = send(channel->fd, out->bytes + out->at, out->len - out->at,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0 && errno == EAGAIN)
			return;
		if (r <= 0) {
			channel_close(channel);
			return;
		}
		out->at += (size_t)r;
	}
	frame_out_done(out);
	if (channel->state == CHANNEL_LEAVING)
		channel_close(channel);
}

/* What the other side has proved, or asked. False: it has failed. */
static bool
greet(struct channel *channel, const char *text, size_t len)
{
	static const size_t head = sizeof(HANDSHAKE_CHALLENGE) - 1;
	unsigned char digest[HANDSHAKE_DIGEST_MAX];
	size_t digest_len;

	switch (channel->state) {
	case CHANNEL_ASKED:
		if (!handshake_check(channel->server->key, channel->message, text, len))
			return false;
		channel->state = CHANNEL_PROVED;
		return frame_add_text(&channel->out, HANDSHAKE_WELCOME);
	case CHANNEL_PROVED:
		if (len <= head || memcmp(text, HANDSHAKE_CHALLENGE, head) != 0)
			return false;
		digest_len =
			handshake_answer(channel->server->key, text + head, len - head, digest);
		channel->state = CHANNEL_ANSWERED;
		return digest_len > 0 &&
		       frame_add(&channel->out, (const char *)digest, digest_len, NULL, 0);
	case CHANNEL_ANSWERED:
		channel->state = CHANNEL_MANAGER;
		return len == sizeof(HANDSHAKE_WELCOME) - 1 &&
		       memcmp(text, HANDSHAKE_WELCOME, len) == 0;
	case CHANNEL_MANAGER:
	case CHANNEL_OBJECT:
	case CHANNEL_LEAVING:
	case CHANNEL_CLOSED:
	default:
		return false;
	}
}

/* A stranger learns that it failed, and nothing else. */
static void
meet(struct channel *channel, const char *text, size_t len)
{
	if (greet(channel, text, len))
		return;
	channel->state = CHANNEL_LEAVING;
	channel_reply_text(channel, HANDSHAKE_FAILURE);
}

static void
answer(struct channel *channel, const char *text, size_t len)
{
	struct request request;

	if (!message_read(&channel->arena, text, len, &request)) {
		channel_reply_text(channel, "[\"#TRACEBACK\", \"not a request\"]");
		channel->state = CHANNEL_LEAVING;
	} else if (channel->state == CHANNEL_MANAGER) {
		manager_answer(channel, &request);
	} else if (request.ident == NULL || strcmp(request.ident, channel->server->ident) != 0) {
		channel_reply_text(channel, "[\"#TRACEBACK\", \"no such object\"]");
	} else if (strcmp(request.method, "run_one_command") == 0) {
		task_begin(channel, &request);
	} else {
		manager_answer_object(channel, &request);
	}
	if (!channel->is_running)
		arena_done(&channel->arena);
}

static bool
takes_frames(const struct channel *channel)
{
	return channel->fd >= 0 && !channel->is_running && channel->state < CHANNEL_LEAVING;
}

void
channel_go_on(struct channel *channel)
{
	while (takes_frames(channel)) {
		bool stranger = channel_is_stranger(channel);
		const char *text;
		size_t len;

		switch (frame_look(&channel->in,
				   stranger ? FRAME_STRANGER_BYTES_MAX : FRAME_BYTES_MAX, &text,
				   &len)) {
		case FRAME_MORE:
			goto out;
		case FRAME_WHOLE:
			if (stranger)
				meet(channel, text, len);
			else
				answer(channel, text, len);
			if (channel->fd >= 0)
				frame_drop(&channel->in);
			break;
		case FRAME_TOO_LONG:
		case FRAME_NO_MEMORY:
		default:
			channel_close(channel);
			break;
		}
	}
out:
	if (channel->fd >= 0 && channel->has_ended && !channel->is_running)
		channel->state = CHANNEL_LEAVING;
	flush(channel);
}

static void
fill(struct channel *channel)
{
	size_t room;
	char *at = frame_room(&channel->in, &room);
	ssize_t r;

	if (at == NULL) {
		channel_close(channel);
		return;
	}
	r = recv(channel->fd, at, room, MSG_DONTWAIT);
	if (r > 0)
		channel->in.len += (size_t)r;
	else if (r == 0 || (errno != EAGAIN && errno != EINTR))
		channel->has_ended = true;
}

void
channel_step(struct channel *channel, short what)
{
	if (channel->fd < 0)
		return;
	if (what & POLLOUT)
		flush(channel);
	if (channel->fd >= 0 && (what & POLLIN) && !channel->is_running &&
	    channel->out.len == channel->out.at)
		fill(channel);
	else if (what & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL))
		channel->has_ended = true;
	if (channel->has_ended && channel->is_running && channel->server->stopping_ms == 0)
		task_abandon(channel);
	channel_go_on(channel);
}

/* The client's side of a stop: its next read gives the reply of what still runs, and one more
 * that nobody asked for, as stock has it. */
void
channel_stop(struct channel *channel)
{
	if (channel->fd < 0)
		return;
	if (channel_is_stranger(channel)) {
		channel_close(channel);
		return;
	}
	shutdown(channel->fd, SHUT_RD);
	channel->has_ended = true;
	if (channel->is_running)
		return;
	if (channel->state == CHANNEL_OBJECT)
		channel_reply_text(channel, "[\"#RETURN\", null]");
	channel->state = CHANNEL_LEAVING;
	flush(channel);
}
