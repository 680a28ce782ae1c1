#include "wrap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

static bool counting;
static long calls;
static long failing;
static const char *failed;
static long blocks;

void
wrap_begin(long n)
{
	calls = 0;
	failing = n;
	failed = NULL;
	counting = true;
}

long
wrap_end(void)
{
	counting = false;
	return calls;
}

const char *
wrap_failed(void)
{
	return failed;
}

long
wrap_blocks(void)
{
	return blocks;
}

static bool
fails(const char *name, int err_no)
{
	if (!counting || __atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED) != failing)
		return false;
	failed = name;
	errno = err_no;
	return true;
}

/* A function `name` of these parameters: fails with `err_no`, or is called. */
#define WRAP(type, name, bad, err_no, parameters, arguments)                                       \
	type __real_##name parameters;                                                             \
	type __wrap_##name parameters;                                                             \
	type __wrap_##name parameters                                                              \
	{                                                                                          \
		return fails(#name, err_no) ? (bad) : __real_##name arguments;                     \
	}

/* The same for what allocates. */
#define WRAP_MEMORY(name, parameters, arguments)                                                   \
	void *__real_##name parameters;                                                            \
	void *__wrap_##name parameters;                                                            \
	void *__wrap_##name parameters                                                             \
	{                                                                                          \
		void *block = fails(#name, ENOMEM) ? NULL : __real_##name arguments;               \
                                                                                                   \
		__atomic_add_fetch(&blocks, block != NULL, __ATOMIC_RELAXED);                      \
		return block;                                                                      \
	}

/* And for what reallocates. */
#define WRAP_MEMORY_AGAIN(name, parameters, arguments)                                             \
	void *__real_##name parameters;                                                            \
	void *__wrap_##name parameters;                                                            \
	void *__wrap_##name parameters                                                             \
	{                                                                                          \
		bool fresh = old == NULL;                                                          \
		void *block = fails(#name, ENOMEM) ? NULL : __real_##name arguments;               \
                                                                                                   \
		__atomic_add_fetch(&blocks, fresh && block != NULL, __ATOMIC_RELAXED);             \
		return block;                                                                      \
	}

WRAP_MEMORY(malloc, (size_t size), (size))
WRAP_MEMORY(calloc, (size_t count, size_t size), (count, size))
WRAP_MEMORY(strdup, (const char *text), (text))
WRAP_MEMORY_AGAIN(realloc, (void *old, size_t size), (old, size))
WRAP_MEMORY_AGAIN(reallocarray, (void *old, size_t count, size_t size), (old, count, size))

void __real_free(void *block);
void __wrap_free(void *block);
void
__wrap_free(void *block)
{
	__atomic_sub_fetch(&blocks, block != NULL, __ATOMIC_RELAXED);
	__real_free(block);
}

WRAP(int, pipe2, -1, EMFILE, (int ends[2], int flags), (ends, flags))
WRAP(int, epoll_create1, -1, EMFILE, (int flags), (flags))
WRAP(int, timerfd_create, -1, EMFILE, (int clock, int flags), (clock, flags))
WRAP(int, pthread_create, EAGAIN, EAGAIN,
     (pthread_t * thread, const pthread_attr_t *attributes, void *(*run)(void *), void *arg),
     (thread, attributes, run, arg))
WRAP(int, epoll_wait, -1, EINTR, (int poll, struct epoll_event *events, int max, int wait_ms),
     (poll, events, max, wait_ms))
WRAP(int, poll, -1, EINTR, (struct pollfd * fds, nfds_t count, int wait_ms), (fds, count, wait_ms))
WRAP(int, socketpair, -1, EMFILE, (int domain, int type, int protocol, int ends[2]),
     (domain, type, protocol, ends))
WRAP(ssize_t, sendmsg, -1, ENOBUFS, (int fd, const struct msghdr *message, int flags),
     (fd, message, flags))
WRAP(ssize_t, recv, -1, ENOMEM, (int fd, void *buf, size_t size, int flags), (fd, buf, size, flags))
WRAP(ssize_t, read, -1, EIO, (int fd, void *buf, size_t size), (fd, buf, size))
WRAP(ssize_t, write, -1, EIO, (int fd, const void *buf, size_t size), (fd, buf, size))
WRAP(ssize_t, pread64, -1, EIO, (int fd, void *buf, size_t size, off_t at), (fd, buf, size, at))
WRAP(int, memfd_create, -1, EMFILE, (const char *name, unsigned flags), (name, flags))
WRAP(void *, mmap64, MAP_FAILED, ENOMEM,
     (void *at, size_t size, int protection, int flags, int fd, off_t offset),
     (at, size, protection, flags, fd, offset))
WRAP(int, mprotect, -1, ENOMEM, (void *at, size_t size, int protection), (at, size, protection))
WRAP(int, mkdirat, -1, ENOSPC, (int dir, const char *path, mode_t mode), (dir, path, mode))
WRAP(int, faccessat, -1, EACCES, (int dir, const char *path, int mode, int flags),
     (dir, path, mode, flags))
WRAP(int, waitid, -1, EINTR, (idtype_t type, id_t id, siginfo_t *info, int options),
     (type, id, info, options))
WRAP(DIR *, opendir, NULL, EMFILE, (const char *path), (path))
WRAP(DIR *, fdopendir, NULL, ENOMEM, (int fd), (fd))
WRAP(char *, getcwd, NULL, ENOENT, (char *buf, size_t size), (buf, size))

/* To remove what is there needs no memory, and never fails. */
int __real_epoll_ctl(int poll, int operation, int fd, struct epoll_event *event);
int __wrap_epoll_ctl(int poll, int operation, int fd, struct epoll_event *event);
int
__wrap_epoll_ctl(int poll, int operation, int fd, struct epoll_event *event)
{
	if (operation != EPOLL_CTL_DEL && fails("epoll_ctl", ENOMEM))
		return -1;
	return __real_epoll_ctl(poll, operation, fd, event);
}

static mode_t
mode_of(int flags, va_list *rest)
{
	return flags & (O_CREAT | __O_TMPFILE) ? (mode_t)va_arg(*rest, int) : 0;
}

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int
__wrap_open64(const char *path, int flags, ...)
{
	va_list rest;
	mode_t mode;

	va_start(rest, flags);
	mode = mode_of(flags, &rest);
	va_end(rest);
	return fails("open", EMFILE) ? -1 : __real_open64(path, flags, mode);
}

int __real_openat64(int dir, const char *path, int flags, ...);
int __wrap_openat64(int dir, const char *path, int flags, ...);
int
__wrap_openat64(int dir, const char *path, int flags, ...)
{
	va_list rest;
	mode_t mode;

	va_start(rest, flags);
	mode = mode_of(flags, &rest);
	va_end(rest);
	return fails("openat", EMFILE) ? -1 : __real_openat64(dir, path, flags, mode);
}

int __real_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...);
int
__wrap_fcntl64(int fd, int command, ...)
{
	va_list rest;
	long arg;

	va_start(rest, command);
	arg = va_arg(rest, long);
	va_end(rest);
	return fails("fcntl", EMFILE) ? -1 : __real_fcntl64(fd, command, arg);
}

/* What fails and how depends on the call: a wait is interrupted, a pidfd not
 * to be had. */
long __real_syscall(long number, ...);
long __wrap_syscall(long number, ...);
long
__wrap_syscall(long number, ...)
{
	long a[6];
	va_list rest;

	va_start(rest, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(rest, long);
	va_end(rest);
	if (fails("syscall", number == SYS_waitid	? EINTR
			     : number == SYS_pidfd_open ? EMFILE
							: EPERM))
		return -1;
	return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
