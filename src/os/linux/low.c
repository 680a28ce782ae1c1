#include "low.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "os/os_fd.h"

enum { LOW_BELOW = 64 }; /* what is below this is low enough */

void
low_keep(struct low *low, int many)
{
	struct rlimit limit;

	if (low->looked)
		return;
	low->looked = true;
	/* not from one who will never have so many */
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur <= (rlim_t)many)
		return;
	while (low->count < LOW_MAX) {
		int fd = fcntl(low->null, F_DUPFD_CLOEXEC, 3);

		if (fd < 0)
			return;
		low->fd[low->count++] = fd;
	}
}

/* Returns the low number, or a negative errno. */
static int
lend(struct low *low, int from)
{
	if (from < LOW_BELOW)
		return from;
	if (low->lent == low->count)
		return -EMFILE;
	if (dup3(from, low->fd[low->lent], O_CLOEXEC) < 0)
		return -errno;
	return low->fd[low->lent++];
}

int
low_lend(struct low *low, struct os_start *start, int *more)
{
	struct os_start lower = *start;
	int lower_more = *more < 0 ? -1 : lend(low, *more);
	int highest = lower_more;
	bool all = *more < 0 || lower_more >= 0;

	for (size_t i = 0; i < start->map_count && all; i++) {
		lower.map[i].from = lend(low, start->map[i].from);
		all = lower.map[i].from >= 0;
		if (lower.map[i].from > highest)
			highest = lower.map[i].from;
	}
	if (!all) {
		low_take_back(low);
		return 0;
	}
	*start = lower;
	*more = lower_more;
	return highest + 1;
}

/* A pipe must not stay open there. */
void
low_take_back(struct low *low)
{
	while (low->lent > 0) {
		int *fd = &low->fd[--low->lent];

		if (dup3(low->null, *fd, O_CLOEXEC) == *fd)
			continue;
		close(*fd);
		*fd = low->fd[--low->count]; /* the number may be another's from now on */
	}
}

void
low_close(struct low *low)
{
	while (low->count > 0)
		os_fd_close(low->fd[--low->count]);
}
