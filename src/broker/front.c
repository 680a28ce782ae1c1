#include "front.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"
#include "link.h"

struct front {
	int link;
	int epoll;
	struct guests guests;
	struct link_message message; /* from the monitor */
	char frame[WIRE_FRAME_MAX];  /* from a client */
	const char *words[WIRE_WORDS_ROOM];
	int end; /* < 0: serve no more */
};

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* Waits until the monitor takes it: without the monitor there is nothing to do. */
static void
tell_monitor(struct front *front, enum link_kind kind, uint64_t connection, size_t len,
	     const int *fds, unsigned fd_count)
{
	struct link_head head = { .kind = kind, .connection = connection };
	int r = link_send(front->link, &head, front->frame, len, fds, fd_count, 0);

	if (r < 0)
		front->end = r;
}

static void
close_guest(struct front *front, struct guest *guest)
{
	tell_monitor(front, LINK_GONE, guest->number, 0, NULL, 0);
	guest_remove(&front->guests, guest);
}

static int
watch(struct front *front, struct guest *guest, int how)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = guest->number };

	guest->wants_out = !outbox_is_empty(&guest->box);
	if (guest->wants_out)
		event.events |= EPOLLOUT;
	return epoll_ctl(front->epoll, how, guest->fd, &event);
}

/* False: it is gone. */
static bool
answer(struct front *front, struct guest *guest, const void *frame, size_t len)
{
	if (outbox_send(&guest->box, guest->fd, frame, len, NULL, 0) == 0 &&
	    guest->box.bytes <= UNREAD_BYTES_MAX &&
	    (guest->wants_out == !outbox_is_empty(&guest->box) ||
	     watch(front, guest, EPOLL_CTL_MOD) == 0))
		return true;
	close_guest(front, guest);
	return false;
}

static void
refuse(struct front *front, struct guest *guest, uint64_t id, enum wire_code code, const char *why)
{
	char frame[256];
	struct wire_refusal refusal = { .code = code };

	answer(front, guest, frame, wire_write_refusal(frame, id, &refusal, why));
}

static void
greet(struct front *front, struct guest *guest, const struct wire_frame *frame)
{
	struct wire_hello hello;
	char reply[sizeof(struct wire_head) + sizeof(hello)];

	if (guest->has_greeted || wire_read_hello(frame, &hello) != NULL) {
		close_guest(front, guest);
		return;
	}
	guest_greeted(&front->guests, guest);
	hello = (struct wire_hello){ .version = WIRE_VERSION, .requests_max = REQUESTS_MAX };
	answer(front, guest, reply, wire_write(reply, WIRE_HELLO, 0, &hello, sizeof(hello)));
}

static void
take_request(struct front *front, struct guest *guest, const struct wire_frame *frame,
	     const int *fds, unsigned fd_count)
{
	struct wire_ask ask;
	const char *why = wire_read_ask(frame, &ask, front->words);

	if (why == NULL && fd_count != wire_fd_count(ask.flags))
		why = "not the descriptors that the request speaks of";
	if (why != NULL)
		refuse(front, guest, frame->head.id, WIRE_MALFORMED, why);
	else if (!guest_begin_request(guest))
		refuse(front, guest, frame->head.id, WIRE_TOO_MANY, "");
	else
		tell_monitor(front, LINK_FRAME, guest->number, frame->head.size, fds, fd_count);
}

static void
take_frame(struct front *front, struct guest *guest, size_t len, const int *fds, unsigned fd_count)
{
	struct wire_frame frame;
	unsigned number;
	bool at_once;
	bool is_fine = wire_read(front->frame, len, &frame) == NULL &&
		       (guest->has_greeted || frame.head.kind == WIRE_HELLO);

	if (is_fine && frame.head.kind == WIRE_ASK)
		take_request(front, guest, &frame, fds, fd_count);
	else if (is_fine && frame.head.kind == WIRE_HELLO && fd_count == 0)
		greet(front, guest, &frame);
	else if (is_fine && fd_count == 0 &&
		 (wire_read_stop(&frame, &at_once) == NULL ||
		  wire_read_signal(&frame, &number) == NULL))
		tell_monitor(front, LINK_FRAME, guest->number, len, NULL, 0);
	else
		close_guest(front, guest);
}

static void
read_guest(struct front *front, struct guest *guest)
{
	int fds[WIRE_FDS_MAX];
	unsigned fd_count = 0;
	long n = link_receive_datagram(guest->fd, front->frame, sizeof(front->frame), NULL, 0, fds,
				       &fd_count);

	if (n == -EAGAIN)
		return;
	if (n > 0)
		take_frame(front, guest, (size_t)n, fds, fd_count);
	else
		close_guest(front, guest);
	link_close_fds(fds, fd_count);
}

static void
serve_guest(struct front *front, uint64_t number, uint32_t events)
{
	struct guest *guest = guest_find(&front->guests, number);

	if (guest == NULL)
		return;
	if ((events & EPOLLOUT) != 0 && (outbox_flush(&guest->box, guest->fd) < 0 ||
					 watch(front, guest, EPOLL_CTL_MOD) < 0))
		close_guest(front, guest);
	else if ((events & ~(uint32_t)EPOLLOUT) != 0)
		read_guest(front, guest);
}

static void
welcome(struct front *front, const struct link_head *head, int take_fd)
{
	struct guest *guest =
		guest_add(&front->guests, head->connection, head->uid, take_fd, now_ms());

	if (guest == NULL)
		tell_monitor(front, LINK_GONE, head->connection, 0, NULL, 0);
	else if (watch(front, guest, EPOLL_CTL_ADD) < 0)
		close_guest(front, guest);
}

static void
pass_on(struct front *front, struct guest *guest)
{
	struct wire_frame frame;

	if (wire_read(front->message.frame, front->message.len, &frame) != NULL)
		return;
	if (frame.head.kind == WIRE_REFUSED || frame.head.kind == WIRE_ENDED)
		guest_end_request(guest);
	answer(front, guest, front->message.frame, front->message.len);
}

/* Answers first: what the monitor has to say is taken before it is asked more. */
static void
read_monitor(struct front *front)
{
	struct link_message *message = &front->message;
	int r;

	while ((r = link_receive(front->link, message)) == 1) {
		struct guest *guest = guest_find(&front->guests, message->head.connection);

		if (message->head.kind == LINK_NEW && message->fd_count == 1)
			welcome(front, &message->head, message->fds[0]);
		else if (message->head.kind == LINK_FRAME && guest != NULL)
			pass_on(front, guest);
		else if (message->head.kind == LINK_SHUT && guest != NULL)
			close_guest(front, guest);
		if (message->head.kind != LINK_NEW)
			link_close_fds(message->fds, message->fd_count);
	}
	if (r < 0)
		front->end = r;
}

/* Who said nothing in time goes. Returns the milliseconds until the next, or -1. */
static int
dismiss_silent(struct front *front)
{
	int64_t now = now_ms();

	while (front->guests.silent != NULL && front->guests.silent->greet_by_ms <= now)
		close_guest(front, front->guests.silent);
	if (front->guests.silent == NULL)
		return -1;
	return (int)(front->guests.silent->greet_by_ms - now);
}

int
front_serve(int link)
{
	static struct front front; /* a MiB: not for the stack */
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = UINT64_MAX };
	struct epoll_event events[64];

	front.link = link;
	front.epoll = epoll_create1(EPOLL_CLOEXEC);
	guests_init(&front.guests);
	if (front.epoll < 0 || epoll_ctl(front.epoll, EPOLL_CTL_ADD, link, &event) < 0)
		return 1;
	while (front.end == 0) {
		int n = epoll_wait(front.epoll, events, 64, dismiss_silent(&front));

		for (int i = 0; i < n && front.end == 0; i++) {
			read_monitor(&front);
			if (events[i].data.u64 != UINT64_MAX)
				serve_guest(&front, events[i].data.u64, events[i].events);
		}
		if (n < 0 && errno != EINTR)
			return 1;
	}
	return 0;
}
