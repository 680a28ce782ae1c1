/* capture.h - reading both outputs of a child to their end with poll(2), for
 * the methods that do it by hand.
 */
#ifndef BENCH_CAPTURE_H
#define BENCH_CAPTURE_H

#include <stddef.h>

struct capture {
	char *data;
	size_t len;
	size_t room;
};

/* Reads both until both have ended; what is read replaces what was kept.
 * Closes both. Returns 0, or -1 with errno set. */
int capture_both(struct capture kept[2], int out_fd, int err_fd);

#endif
