#include "os/os_channel.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "base/fail.h"
#include "os/os_fd.h"

enum { CONNECT_S = 5 };

static int
fail_connect(const char *path, int err_no, struct writ_error *err)
{
	int code = err_no == ENOENT ? WRIT_E_NOT_FOUND : WRIT_E_SYS;

	writ_fail(err, code, WRIT_STAGE_ASK, err_no, NULL, "%s", path);
	if (err_no == ENOENT || err_no == ECONNREFUSED)
		writ_hint(err, code, "nobody listens there: is writd running?");
	return code;
}

int
os_channel_open(const char *path, writ_fd *ret_channel, struct writ_error *err)
{
	const struct timeval patience = { .tv_sec = CONNECT_S };
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	writ_fd channel;

	if (path[0] != '/' || strlen(path) >= sizeof(address.sun_path))
		return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_ASK, 0,
				 "not an absolute path, or longer than a socket's", "%s", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	channel = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (channel < 0)
		return writ_fail_sys(err, WRIT_STAGE_ASK, errno, path);
	/* while many others wait to be accepted, a connect that does not wait fails */
	setsockopt(channel, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (connect(channel, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    os_fd_set_nonblocking(channel) < 0) {
		int err_no = errno;

		os_fd_close(channel);
		return fail_connect(path, err_no, err);
	}
	*ret_channel = channel;
	return 0;
}

int
os_channel_send(writ_fd channel, const void *data, size_t len, const writ_fd *fds, unsigned count)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(OS_CHANNEL_FDS_MAX * sizeof(*fds))];
	} control = { 0 };
	struct iovec part = { (void *)data, len };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1 };

	if (count > 0) {
		control.head.cmsg_level = SOL_SOCKET;
		control.head.cmsg_type = SCM_RIGHTS;
		control.head.cmsg_len = CMSG_LEN(count * sizeof(*fds));
		memcpy(CMSG_DATA(&control.head), fds, count * sizeof(*fds));
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(count * sizeof(*fds));
	}
	for (;;) {
		if (sendmsg(channel, &msg, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			return 0;
		if (errno != EINTR)
			return -errno;
	}
}

int64_t
os_channel_receive(writ_fd channel, void *data, size_t room)
{
	for (;;) {
		ssize_t n = recv(channel, data, room, MSG_DONTWAIT);

		if (n >= 0)
			return n;
		if (errno != EINTR)
			return -errno;
	}
}
