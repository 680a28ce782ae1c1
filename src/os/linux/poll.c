#include "os/os_poll.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "lift.h"
#include "os/os_clock.h"

enum { BATCH_MAX = 64 };

/* What poll(2) calls it, epoll(7) calls the same. */
_Static_assert(EPOLLIN == POLLIN && EPOLLOUT == POLLOUT && EPOLLPRI == POLLPRI &&
		       EPOLLHUP == POLLHUP && EPOLLERR == POLLERR,
	       "one set of bits");

static uint32_t
to_epoll(unsigned what)
{
	return (what & OS_POLL_READ ? (uint32_t)EPOLLIN : 0) |
	       (what & OS_POLL_WRITE ? (uint32_t)EPOLLOUT : 0) |
	       (what & OS_POLL_CHANGE ? (uint32_t)EPOLLPRI : 0);
}

static unsigned
from_epoll(uint32_t events)
{
	return (events & EPOLLIN ? OS_POLL_READ : 0U) | (events & EPOLLOUT ? OS_POLL_WRITE : 0U) |
	       (events & EPOLLPRI ? OS_POLL_CHANGE : 0U) |
	       (events & (EPOLLHUP | EPOLLERR) ? OS_POLL_END : 0U);
}

int
os_poll_open(writ_fd *ret_poll)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd < 0)
		return -errno;
	fd = fd_lift(fd);
	if (fd < 0)
		return fd;
	*ret_poll = fd;
	return 0;
}

static int
control(writ_fd poll, int operation, writ_fd fd, unsigned what, void *source)
{
	struct epoll_event event = { .events = to_epoll(what), .data.ptr = source };

	return epoll_ctl(poll, operation, fd, &event) < 0 ? -errno : 0;
}

int
os_poll_add(writ_fd poll, writ_fd fd, unsigned what, void *source)
{
	return control(poll, EPOLL_CTL_ADD, fd, what, source);
}

int
os_poll_change(writ_fd poll, writ_fd fd, unsigned what, void *source)
{
	return control(poll, EPOLL_CTL_MOD, fd, what, source);
}

void
os_poll_remove(writ_fd poll, writ_fd fd)
{
	control(poll, EPOLL_CTL_DEL, fd, 0, NULL);
}

int
os_poll_wait(writ_fd poll, struct os_event *events, int max, int wait_ms)
{
	struct epoll_event batch[BATCH_MAX];
	int count = epoll_wait(poll, batch, max < BATCH_MAX ? max : BATCH_MAX, wait_ms);

	if (count < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < count; i++) {
		events[i].source = batch[i].data.ptr;
		events[i].what = from_epoll(batch[i].events);
	}
	return count;
}

int
os_poll_few(const struct os_watch *few, int count, struct os_event *events, int wait_ms)
{
	struct pollfd list[OS_WATCH_MAX];
	int found = 0;

	for (int i = 0; i < count; i++)
		list[i] = (struct pollfd){ few[i].fd, (short)to_epoll(few[i].what), 0 };
	if (poll(list, (nfds_t)count, wait_ms) < 0)
		return errno == EINTR ? 0 : -errno;
	for (int i = 0; i < count; i++) {
		if (list[i].revents == 0)
			continue;
		events[found].source = few[i].source;
		events[found++].what = from_epoll((uint32_t)list[i].revents);
	}
	return found;
}

int
os_bell_open(writ_fd *ret_bell)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0)
		return -errno;
	fd = fd_lift(fd);
	if (fd < 0)
		return fd;
	*ret_bell = fd;
	return 0;
}

/* A time that is over rings at once; 0 would be none. */
void
os_bell_ring(writ_fd bell, int64_t at_ns)
{
	struct itimerspec at = { .it_value = { at_ns / NS_PER_S, at_ns % NS_PER_S } };

	if (at_ns <= 0)
		at.it_value = (struct timespec){ 0, 1 };
	timerfd_settime(bell, TFD_TIMER_ABSTIME, &at, NULL);
}

/* A timer that is not set forgets that it has rung. */
void
os_bell_silence(writ_fd bell)
{
	struct itimerspec never = { 0 };

	timerfd_settime(bell, 0, &never, NULL);
}
