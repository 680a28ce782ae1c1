/* producer.c - writes BYTES bytes to standard output, 64 KiB at a time from one
 * page-aligned buffer; with "capacity", the capacity of the pipe it was given.
 */
#define _GNU_SOURCE

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE_BYTES = 64 * 1024 };

static char piece[PIECE_BYTES] __attribute__((aligned(4096)));

static int
write_all(long long left)
{
	while (left > 0) {
		ssize_t n = write(1, piece, left < PIECE_BYTES ? (size_t)left : PIECE_BYTES);

		if (n < 0)
			return 1;
		left -= n;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	if (strcmp(argv[1], "capacity") == 0)
		return dprintf(1, "%d\n", fcntl(1, F_GETPIPE_SZ)) < 0;
	return write_all(atoll(argv[1]));
}
