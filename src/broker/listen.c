#include "listen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024, FIRST_GIVEN_FD = 3 };

static int
fail(struct writ_error *err, int err_no, const char *path, const char *why)
{
	*err = (struct writ_error){ .size = sizeof(*err),
				    .code = WRIT_E_SYS,
				    .stage = WRIT_STAGE_OPEN,
				    .err_no = err_no };
	snprintf(err->subject, sizeof(err->subject), "%s", path);
	snprintf(err->why, sizeof(err->why), "%s", why != NULL ? why : strerror(err_no));
	if (err_no == ENOENT)
		snprintf(err->hint, sizeof(err->hint),
			 "make it as root, for nobody else to write to (tmpfiles.d/writ.conf "
			 "does so for /run/writ)");
	return err->code;
}

/* LISTEN_PID and LISTEN_FDS: one socket, as descriptor 3, listening, of our type. */
static int
take_given(void)
{
	const char *pid = getenv("LISTEN_PID");
	const char *count = getenv("LISTEN_FDS");
	int type = 0;
	int listens = 0;
	socklen_t len = sizeof(type);

	if (pid == NULL || count == NULL || strtol(pid, NULL, 10) != getpid() ||
	    strcmp(count, "1") != 0)
		return -1;
	if (getsockopt(FIRST_GIVEN_FD, SOL_SOCKET, SO_TYPE, &type, &len) < 0 ||
	    getsockopt(FIRST_GIVEN_FD, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) < 0)
		return -1;
	if (type != SOCK_SEQPACKET || !listens)
		return -1;
	fcntl(FIRST_GIVEN_FD, F_SETFL, O_RDWR | O_NONBLOCK); /* who has gone again is not waited for */
	return FIRST_GIVEN_FD;
}

/* Does somebody answer there? Then it is not ours to replace. */
static bool
is_served(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool served = fd >= 0 && (connect(fd, (const struct sockaddr *)address,
					  sizeof(*address)) == 0 ||
				  errno == EAGAIN);

	if (fd >= 0)
		close(fd);
	return served;
}

/* Each directory of the path is root's, and nobody else can write it; a sticky one of
 * root's would let others put a socket there before us, so it is none. */
static int
check_directory(const char *path, struct writ_error *err)
{
	char dir[sizeof(((struct sockaddr_un *)0)->sun_path)];
	struct stat at;

	snprintf(dir, sizeof(dir), "%s", path);
	for (char *slash; (slash = strrchr(dir, '/')) != NULL;) {
		slash[slash == dir] = '\0';
		if (lstat(dir, &at) < 0)
			return fail(err, errno, dir, NULL);
		if (!S_ISDIR(at.st_mode) || at.st_uid != 0 || (at.st_mode & 022) != 0)
			return fail(err, EPERM, dir, "not a directory that only root can change");
		if (slash == dir)
			break;
	}
	return 0;
}

static int
make(const struct sockaddr_un *address, int *ret_fd, struct writ_error *err)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return fail(err, errno, address->sun_path, NULL);
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ||
	    chmod(address->sun_path, 0666) < 0 || listen(fd, BACKLOG) < 0) {
		int err_no = errno;

		close(fd);
		return fail(err, err_no, address->sun_path, NULL);
	}
	*ret_fd = fd;
	return 0;
}

int
listen_open(const char *path, int *ret_fd, struct writ_error *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int given = take_given();
	int r;

	if (given >= 0) {
		*ret_fd = given;
		return 0;
	}
	if (path[0] != '/' || strlen(path) >= sizeof(address.sun_path))
		return fail(err, EINVAL, path, "not an absolute path, or longer than a socket's");
	memcpy(address.sun_path, path, strlen(path) + 1);
	r = check_directory(path, err);
	if (r < 0)
		return r;
	if (is_served(&address))
		return fail(err, EADDRINUSE, path, "another daemon serves it");
	unlink(path);
	return make(&address, ret_fd, err);
}

void
listen_remove(const char *path)
{
	if (take_given() < 0)
		unlink(path);
}
