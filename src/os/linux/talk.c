#include "talk.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "lift.h"
#include "os/os_fd.h"

int
talk_open(int ends[2])
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	ends[0] = fd_lift(ends[0]);
	ends[1] = fd_lift(ends[1]);
	if (ends[0] < 0 || ends[1] < 0) {
		os_fd_close(ends[0]);
		os_fd_close(ends[1]);
		return -EMFILE;
	}
	return 0;
}

int
talk_send(int sock, const struct note *note, const void *text, size_t len, int fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { { 0 } };
	struct note head = *note;
	struct iovec parts[2] = { { &head, sizeof(head) }, { (void *)(uintptr_t)text, len } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = len > 0 ? 2 : 1 };
	ssize_t sent;

	if (len > NOTE_BYTES_MAX - sizeof(head))
		return -EMSGSIZE;
	head.text_len = (int32_t)len;
	if (fd >= 0) {
		struct cmsghdr *header;

		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &fd, sizeof(fd));
	}
	do
		sent = sendmsg(sock, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sent < 0 && errno == EINTR);
	return sent < 0 ? -errno : 0;
}

int
talk_send_type(int sock, enum note_type type, int code)
{
	struct note note = { .type = type, .code = code };

	return talk_send(sock, &note, NULL, 0, -1);
}

int
talk_receive(int sock, struct note *ret_note, bool wait)
{
	ssize_t len;

	/* ECONNRESET: it ended with a note of ours unread. Told once, before what
	 * it had said itself. */
	do
		len = recv(sock, ret_note, sizeof(*ret_note), wait ? 0 : MSG_DONTWAIT);
	while (len < 0 && (errno == EINTR || errno == ECONNRESET));
	if (len < 0)
		return -errno;
	return len == sizeof(*ret_note);
}
