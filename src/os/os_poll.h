/* os_poll.h - one descriptor that stands for many. */
#ifndef WRIT_OS_POLL_H
#define WRIT_OS_POLL_H

#include "writ/base.h"

enum {
	OS_POLL_READ = 1,
	OS_POLL_WRITE = 2,
	OS_POLL_CHANGE = 4, /* of a control group: its events file changed */
	OS_POLL_END = 8,    /* told only: the other side is gone */
};

struct os_event {
	void *source;
	unsigned what;
};

/* 0 or a negative errno. */
int os_poll_open(writ_fd *ret_poll);
int os_poll_add(writ_fd poll, writ_fd fd, unsigned what, void *source);
int os_poll_change(writ_fd poll, writ_fd fd, unsigned what, void *source);

/* Before the descriptor is closed: a child still in exec may hold a copy, which
 * would keep the entry alive. */
void os_poll_remove(writ_fd poll, writ_fd fd);

/* Waits at most so long (-1: for ever), returns how many events, 0 at a signal. */
int os_poll_wait(writ_fd poll, struct os_event *events, int max, int wait_ms);

/* The same for a few that nothing has to stand for: nothing is added nor removed. */
struct os_watch {
	writ_fd fd;
	unsigned what;
	void *source;
};
enum { OS_WATCH_MAX = 8 };
int os_poll_few(const struct os_watch *few, int count, struct os_event *events, int wait_ms);

/* A descriptor that becomes readable at an instant of os_clock_ns(), 0: at once, and
 * stays so until it is silenced. Any thread may ring. 0 or a negative errno. */
int os_bell_open(writ_fd *ret_bell);
void os_bell_ring(writ_fd bell, int64_t at_ns);
void os_bell_silence(writ_fd bell);

#endif
