#include "link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINK_BUFFER_BYTES = 1024 * 1024 };

int
link_open(int ret_fds[2])
{
	int size = LINK_BUFFER_BYTES;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_fds) < 0)
		return -errno;
	for (int i = 0; i < 2; i++) /* without the right to, the usual size must do */
		if (setsockopt(ret_fds[i], SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size)) < 0)
			setsockopt(ret_fds[i], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return 0;
}

/* Room for the descriptors of one message, aligned as the kernel wants it. */
union control {
	struct cmsghdr head;
	char room[CMSG_SPACE(WIRE_FDS_MAX * sizeof(int))];
};

static void
attach(struct msghdr *msg, union control *control, const int *fds, unsigned count)
{
	struct cmsghdr *head = &control->head;

	memset(control, 0, sizeof(*control));
	msg->msg_control = control;
	msg->msg_controllen = CMSG_SPACE(count * sizeof(int));
	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(head), fds, count * sizeof(int));
}

int
link_send(int fd, const struct link_head *head, const void *frame, size_t len, const int *fds,
	  unsigned fd_count, int flags)
{
	struct iovec parts[] = { { (void *)head, sizeof(*head) }, { (void *)frame, len } };
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = 2 };
	union control control;

	if (fd_count > 0)
		attach(&msg, &control, fds, fd_count);
	for (;;) {
		if (sendmsg(fd, &msg, flags | MSG_NOSIGNAL) >= 0)
			return 0;
		if (errno != EINTR)
			return -errno;
	}
}

void
link_close_fds(const int *fds, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		close(fds[i]);
}

/* Whatever came with it is ours from now on, also what is not to be. */
static unsigned
detach(struct msghdr *msg, int fds[WIRE_FDS_MAX])
{
	unsigned count = 0;

	for (struct cmsghdr *head = CMSG_FIRSTHDR(msg); head != NULL;
	     head = CMSG_NXTHDR(msg, head)) {
		size_t len = head->cmsg_len - CMSG_LEN(0);

		if (head->cmsg_level != SOL_SOCKET || head->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < len / sizeof(int) && count < WIRE_FDS_MAX; i++)
			memcpy(&fds[count++], CMSG_DATA(head) + i * sizeof(int), sizeof(int));
	}
	return count;
}

long
link_receive_datagram(int fd, void *data, size_t room, void *more, size_t more_room,
		      int fds[WIRE_FDS_MAX], unsigned *ret_count)
{
	struct iovec parts[] = { { data, room }, { more, more_room } };
	union control control;
	struct msghdr msg = { .msg_iov = parts,
			      .msg_iovlen = 2,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	ssize_t n;

	do {
		n = recvmsg(fd, &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	*ret_count = detach(&msg, fds);
	if ((msg.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0)
		return n;
	link_close_fds(fds, *ret_count);
	*ret_count = 0;
	return (msg.msg_flags & MSG_CTRUNC) != 0 ? -EPROTO : -EMSGSIZE;
}

int
link_receive(int fd, struct link_message *message)
{
	long n = link_receive_datagram(fd, &message->head, sizeof(message->head), message->frame,
				       sizeof(message->frame), message->fds, &message->fd_count);

	if (n == -EAGAIN)
		return 0;
	if (n <= 0)
		return n == 0 ? -EPIPE : (int)n;
	if ((size_t)n < sizeof(message->head)) {
		link_close_fds(message->fds, message->fd_count);
		return -EPROTO;
	}
	message->len = (size_t)n - sizeof(message->head);
	return 1;
}
