#include "os/os_clock.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static int64_t
read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t
os_clock_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

int64_t
os_clock_real_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}

void
os_sleep_ms(int64_t ms)
{
	struct timespec rest = { ms / 1000, ms % 1000 * NS_PER_MS };

	while (nanosleep(&rest, &rest) < 0 && errno == EINTR)
		;
}

void
os_random(void *buf, size_t len)
{
	int64_t now;

	if (getrandom(buf, len, GRND_NONBLOCK) == (ssize_t)len)
		return;
	/* at early boot: names only have to differ, not to be secret */
	now = os_clock_real_ns() ^ (int64_t)(uintptr_t)&now;
	for (size_t i = 0; i < len; i++)
		((unsigned char *)buf)[i] = (unsigned char)(now >> i % 8 * 8);
}
