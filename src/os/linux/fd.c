#include "os/os_fd.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/fail.h"
#include "lift.h"

/* A host that has closed its standard streams must not find our pipe where it
 * prints. */
int
fd_lift(int fd)
{
	int lifted;

	if (fd < 0 || fd > 2)
		return fd;
	lifted = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	if (lifted < 0)
		lifted = -errno;
	close(fd);
	return lifted;
}

int
os_pipe_open(writ_fd ends[2])
{
	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	ends[0] = fd_lift(ends[0]);
	ends[1] = fd_lift(ends[1]);
	if (ends[0] < 0 || ends[1] < 0) {
		int r = ends[0] < 0 ? ends[0] : ends[1];

		os_fd_close(ends[0]);
		os_fd_close(ends[1]);
		return r;
	}
	return 0;
}

int
os_file_open(const char *path, bool to_write, writ_fd *ret_fd, struct writ_error *err)
{
	int flags = O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	struct stat stat;
	int fd;

	flags |= to_write ? O_WRONLY | O_CREAT | O_TRUNC : O_RDONLY;
	fd = fd_lift(open(path, flags, 0666));
	if (fd < 0) {
		int err_no = fd == -1 ? errno : -fd;

		if (err_no == ENXIO && to_write)
			return writ_fail(err, WRIT_E_SYS, WRIT_STAGE_OPEN, err_no,
					 "nobody reads this FIFO", "%s", path);
		return writ_fail_sys(err, WRIT_STAGE_OPEN, err_no, path);
	}
	if (fstat(fd, &stat) == 0 && S_ISDIR(stat.st_mode)) {
		close(fd);
		return writ_fail_sys(err, WRIT_STAGE_OPEN, EISDIR, path);
	}
	/* the program expects a descriptor that waits */
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	*ret_fd = fd;
	return 0;
}

writ_fd
os_fd_close(writ_fd fd)
{
	if (fd >= 0)
		close(fd); /* never again on EINTR: Linux has closed it */
	return -1;
}

int
os_fd_set_nonblocking(writ_fd fd)
{
	return fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

bool
os_fd_is_open(writ_fd fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

int64_t
os_fd_read(writ_fd fd, void *buf, size_t size)
{
	ssize_t len;

	do
		len = read(fd, buf, size);
	while (len < 0 && errno == EINTR);
	return len < 0 ? -errno : len;
}

bool
os_fd_is_stream(writ_fd fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && !(flags & O_PATH);
}

bool
os_fd_is_writable(writ_fd fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && !(flags & O_PATH) && (flags & O_ACCMODE) != O_RDONLY;
}

/* SIGPIPE is held back in this thread, and taken away if it is ours. */
int64_t
os_fd_write(writ_fd fd, const void *data, size_t len)
{
	sigset_t pipe_only;
	sigset_t before;
	sigset_t pending;
	bool was_pending;
	ssize_t written;

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	sigpending(&pending);
	was_pending = sigismember(&pending, SIGPIPE) == 1;
	pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
	do
		written = write(fd, data, len);
	while (written < 0 && errno == EINTR);
	if (written < 0)
		written = -errno;
	if (written == -EPIPE && !was_pending)
		while (sigtimedwait(&pipe_only, NULL, &(struct timespec){ 0, 0 }) < 0 &&
		       errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return written;
}

writ_fd
os_pipe_observe(writ_fd fd)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return fd_lift(open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC));
}

int64_t
os_pipe_unread(writ_fd fd)
{
	int unread;

	return ioctl(fd, FIONREAD, &unread) < 0 ? -1 : unread;
}

int64_t
os_fd_offset(writ_fd fd)
{
	struct stat stat;

	if (fstat(fd, &stat) < 0 || !S_ISREG(stat.st_mode))
		return -1;
	return lseek(fd, 0, SEEK_CUR);
}

bool
os_fd_at_end(writ_fd fd)
{
	struct stat stat;

	return fstat(fd, &stat) == 0 && lseek(fd, 0, SEEK_CUR) >= stat.st_size;
}
