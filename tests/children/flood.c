/* flood BYTES [PIPE_BYTES] - writes so many bytes, "0123456789012...", and ends
 * with 0; first makes the pipe so big. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	long left = argc > 1 ? atol(argv[1]) : 0;
	enum { PIECE = 5 * 4096 }; /* whole pages: a pipe is counted in them */
	char buf[PIECE];

	if (argc > 2 && fcntl(1, F_SETPIPE_SZ, atoi(argv[2])) < 0)
		return 2;
	for (int i = 0; i < PIECE; i++)
		buf[i] = (char)('0' + i % 10);
	while (left > 0) {
		size_t want = left < PIECE ? (size_t)left : PIECE;
		size_t done = 0;

		while (done < want) {
			ssize_t part = write(1, buf + done, want - done);

			if (part < 0)
				return 1;
			done += (size_t)part;
		}
		left -= (long)want;
	}
	return 0;
}
