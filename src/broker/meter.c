#include "meter.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "run.h"

enum { STATUS_OVER = 3, PIECE_BYTES = 64 * 1024, LAST_MS = 2000 };

/* The monitor's side. */

static void
note_end(void *ctx, struct writ_proc *proc, struct writ_result *res)
{
	struct meter *meter = ctx;

	(void)proc;
	meter->proc = NULL;
	meter->bytes = res->err.len > 0 ? strtoll(res->err.data, NULL, 10) : -1;
	meter->is_over = res->cause == WRIT_EXITED && res->exit_code == STATUS_OVER;
	run_note_meter(meter->run);
}

int
meter_start(struct meter *meter, struct run *run, uint64_t max_bytes, int to, int *ret_fd,
	    struct writ_error *err)
{
	const struct writ_events events = {
		.size = sizeof(events), .ctx = meter, .later = true, .ended = note_end
	};
	const struct monitor *monitor = run->monitor;
	const struct writ_creds creds = { .uid = monitor->options->front_uid,
					  .gid = monitor->options->front_gid };
	char max[32];
	struct writ_cmd cmd = { .size = sizeof(cmd), .program = monitor->self, .cwd = "/" };
	int ends[2];
	int r;

	if (pipe2(ends, O_CLOEXEC) < 0) {
		err->err_no = errno;
		return WRIT_E_SYS;
	}
	snprintf(max, sizeof(max), "%" PRIu64, max_bytes);
	cmd.argv = WRIT_LIST("writd", "--meter", max);
	cmd.creds = &creds;
	cmd.set_bounding_caps = true;
	cmd.no_new_privs = true;
	cmd.in = (struct writ_in){ .kind = WRIT_IN_FD, .fd = ends[0] };
	cmd.out = (struct writ_out){ .kind = WRIT_OUT_FD, .fd = to };
	cmd.err.max_bytes = 64;
	*meter = (struct meter){ .run = run, .bytes = -1 };
	r = writ_start(monitor->host, &cmd, &events, &meter->proc, err);
	close(ends[0]);
	if (r == 0)
		*ret_fd = ends[1];
	else
		close(ends[1]);
	return r;
}

/* The process. */

/* Waits for the reader: as long as it takes while the program is there, and a moment when its
 * end of the pipe is closed. */
static bool
can_write(void)
{
	struct pollfd fds[] = { { STDOUT_FILENO, POLLOUT, 0 }, { STDIN_FILENO, 0, 0 } };

	if (poll(fds, 2, -1) > 0 && fds[0].revents == 0) /* it is the other: the end of the input */
		poll(fds, 1, LAST_MS);
	return fds[0].revents != 0;
}

static bool
write_all(const char *data, size_t len)
{
	while (len > 0) {
		size_t piece = len < PIPE_BUF ? len : PIPE_BUF; /* poll(2) promises no more */
		ssize_t n = can_write() ? write(STDOUT_FILENO, data, piece) : -1;

		if (n < 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

int
meter_be(const char *max_text)
{
	static char piece[PIECE_BYTES];
	uint64_t max = strtoull(max_text, NULL, 10);
	uint64_t seen = 0;
	ssize_t n;

	signal(SIGPIPE, SIG_IGN);
	while ((n = read(STDIN_FILENO, piece, sizeof(piece))) > 0) {
		uint64_t room = max - seen;
		size_t passed = (uint64_t)n < room ? (size_t)n : (size_t)room;

		seen += passed;
		/* who reads no more: the program learns it as from any pipe */
		if (!write_all(piece, passed))
			break;
		if (passed < (size_t)n) {
			fprintf(stderr, "%" PRIu64, seen + 1);
			return STATUS_OVER;
		}
	}
	fprintf(stderr, "%" PRIu64, seen);
	return 0;
}
