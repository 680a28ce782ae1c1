#include "receive.h"

#include <errno.h>
#include <sys/socket.h>

#include "../sys.h"

long
note_receive(int sock, struct note *note, size_t size, int *ret_fd)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec part = { note, size };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = control.bytes,
				  .msg_controllen = sizeof(control.bytes) };
	struct cmsghdr *header;
	long len;

	/* ECONNRESET: the owner ended with a note of ours unread. Told once, before
	 * what it had said itself. */
	do
		len = sys_call3(SYS_recvmsg, sock, &message, MSG_CMSG_CLOEXEC);
	while (len == -EINTR || len == -ECONNRESET);
	*ret_fd = -1;
	if (len < (long)sizeof(*note))
		return len < 0 ? len : 0;
	header = CMSG_FIRSTHDR(&message);
	if (header != NULL && header->cmsg_type == SCM_RIGHTS)
		*ret_fd = *(const int *)(const void *)CMSG_DATA(header);
	/* never trust a length past what came */
	if (note->text_len < 0 || note->text_len > len - (long)sizeof(*note))
		note->text_len = 0;
	return len;
}
