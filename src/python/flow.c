#include "flow.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PIECE_BYTES = 64 * 1024, READS_A_TURN = 16 };

static int
fail(struct writ_error *err, int stage, int err_no, const char *subject)
{
	*err = (struct writ_error){
		.size = sizeof(*err), .code = WRIT_E_SYS, .stage = stage, .err_no = err_no
	};
	snprintf(err->subject, sizeof(err->subject), "%s", subject);
	return WRIT_E_SYS;
}

/* Where a program has closed its standard streams it must not find ours. */
static int
lift(int fd)
{
	int lifted = fd;

	if (fd >= 0 && fd <= 2) {
		lifted = fcntl(fd, F_DUPFD_CLOEXEC, 3);
		close(fd);
	}
	return lifted;
}

static void
close_theirs(struct flow *flow)
{
	if (flow->theirs >= 0)
		close(flow->theirs);
	flow->theirs = -1;
}

static int
open_pipe(struct flow *flow, bool is_input, int poll, struct writ_error *err)
{
	struct epoll_event event = { is_input ? EPOLLOUT : EPOLLIN, { .ptr = flow } };
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail(err, WRIT_STAGE_STREAM, errno, "pipe");
	flow->ours = lift(ends[is_input]);
	flow->theirs = lift(ends[!is_input]);
	if (flow->ours >= 0 && flow->theirs >= 0 &&
	    fcntl(flow->ours, F_SETFL, O_NONBLOCK) == 0 &&
	    epoll_ctl(poll, EPOLL_CTL_ADD, flow->ours, &event) == 0) {
		flow->poll = poll;
		return 0;
	}
	fail(err, WRIT_STAGE_STREAM, errno, "pipe");
	if (flow->ours >= 0)
		close(flow->ours);
	flow->ours = -1;
	close_theirs(flow);
	return WRIT_E_SYS;
}

/* As the library opens it: nothing waits for the other end of a FIFO. */
static int
open_file(struct flow *flow, const char *path, int flags, struct writ_error *err)
{
	struct stat status;
	int fd = lift(open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0666));

	if (fd < 0)
		return fail(err, WRIT_STAGE_OPEN, errno, path);
	if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
		close(fd);
		return fail(err, WRIT_STAGE_OPEN, EISDIR, path);
	}
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
	flow->theirs = fd;
	return 0;
}

/* What cannot be sent would be told of the connection, and not of the stream. */
int
flow_check(int fd, struct writ_error *err)
{
	return fcntl(fd, F_GETFD) < 0 ? fail(err, WRIT_STAGE_STREAM, errno, "descriptor") : 0;
}

int
flow_open_in(struct flow *flow, struct writ_in *in, int poll, struct writ_error *err)
{
	int r = 0;

	if (in->kind == WRIT_IN_FD || in->kind == WRIT_IN_INHERIT)
		return flow_check(in->kind == WRIT_IN_FD ? in->fd : 0, err);
	if (in->kind == WRIT_IN_FILE)
		r = open_file(flow, in->path, O_RDONLY, err);
	else if (in->kind == WRIT_IN_DATA && poll >= 0)
		r = open_pipe(flow, true, poll, err);
	else
		return 0;
	if (in->kind == WRIT_IN_DATA) {
		flow->data = in->data;
		flow->left = in->len;
	}
	*in = (struct writ_in){ .kind = WRIT_IN_FD, .fd = flow->theirs };
	return r;
}

int
flow_open_out(struct flow *flow, struct writ_out *out, int inherited, int poll,
	      struct writ_error *err)
{
	size_t max = out->max_bytes;
	int overflow = out->overflow;
	int r = 0;

	if (out->kind == WRIT_OUT_FD || out->kind == WRIT_OUT_INHERIT)
		return flow_check(out->kind == WRIT_OUT_FD ? out->fd : inherited, err);
	if (out->kind == WRIT_OUT_FILE)
		r = open_file(flow, out->path, O_WRONLY | O_CREAT | O_TRUNC, err);
	else if (out->kind == WRIT_OUT_CAPTURE && poll >= 0)
		r = open_pipe(flow, false, poll, err);
	else
		return 0;
	if (out->kind == WRIT_OUT_CAPTURE) {
		flow->is_captured = true;
		kept_init(&flow->kept, max, overflow);
	}
	*out = (struct writ_out){ .kind = WRIT_OUT_FD, .fd = flow->theirs };
	return r;
}

int
flow_own(struct flow *flow, int fd, struct writ_error *err)
{
	flow->theirs = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	return flow->theirs < 0 ? fail(err, WRIT_STAGE_STREAM, errno, "descriptor") : 0;
}

void
flow_part(struct flow *flow)
{
	close_theirs(flow);
	if (flow->ours >= 0 && flow->left == 0 && !flow->is_captured)
		flow_close(flow, false); /* an input of nothing */
}

/* SIGPIPE is held back in this thread, and taken away if it is ours: Python ignores it,
 * a program that Python is part of may not. */
static ssize_t
write_some(const struct flow *flow)
{
	sigset_t pipe_only;
	sigset_t pending;
	sigset_t before;
	ssize_t written;
	int err_no;

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	sigpending(&pending);
	pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
	do
		written = write(flow->ours, flow->data, flow->left);
	while (written < 0 && errno == EINTR);
	err_no = errno;
	if (written < 0 && err_no == EPIPE && sigismember(&pending, SIGPIPE) != 1)
		while (sigtimedwait(&pipe_only, NULL, &(struct timespec){ 0, 0 }) < 0 &&
		       errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = err_no;
	return written;
}

void
flow_feed(struct flow *flow)
{
	ssize_t written = write_some(flow);

	if (written < 0 && errno == EAGAIN)
		return;
	if (written > 0) {
		flow->data += written;
		flow->left -= (size_t)written;
		flow->fed += written;
	}
	if (written < 0 || flow->left == 0)
		flow_close(flow, false);
}

bool
flow_drain(struct flow *flow)
{
	char piece[PIECE_BYTES];
	bool has_come = false;

	for (int i = 0; i < READS_A_TURN && flow->ours >= 0; i++) {
		ssize_t len = read(flow->ours, piece, sizeof(piece));

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0 && errno == EAGAIN)
			break;
		if (len <= 0) {
			flow_close(flow, false);
			break;
		}
		kept_add(&flow->kept, piece, (size_t)len);
		has_come = true;
	}
	return has_come;
}

/* Taken out of the watch before: a copy of the pipe in a fork would keep it there. */
void
flow_close(struct flow *flow, bool is_inherited)
{
	if (flow->ours < 0)
		return;
	if (!is_inherited)
		epoll_ctl(flow->poll, EPOLL_CTL_DEL, flow->ours, NULL);
	close(flow->ours);
	flow->ours = -1;
}

void
flow_done(struct flow *flow, bool is_inherited)
{
	flow_close(flow, is_inherited);
	close_theirs(flow);
	kept_done(&flow->kept);
}
