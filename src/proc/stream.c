#include "proc/stream.h"

#include <errno.h>
#include <stdlib.h>

#include "base/fail.h"
#include "os/os_fd.h"
#include "proc/proc.h"

enum {
	READS_MAX = 16,	       /* per event, so that others get their turn */
	WRITE_BYTES = 64 * 1024, /* at a time: as much as a pipe holds */
};

static int
open_pipe(struct stream *stream, int ours, struct writ_error *err)
{
	writ_fd ends[2];
	int r = os_pipe_open(ends);

	if (r == 0) {
		stream->fd = ends[ours];
		stream->child_fd = ends[1 - ours];
		stream->owns_child_fd = true;
		r = os_fd_set_nonblocking(stream->fd);
	}
	if (r < 0)
		return writ_fail_sys(err, WRIT_STAGE_STREAM, -r, "pipe");
	stream->bytes = 0;
	return 0;
}

static void
init(struct stream *stream)
{
	stream->source.fd = -1;
	stream->fd = stream->child_fd = stream->observer = stream->file = -1;
	stream->bytes = -1;
}

/* A closed 0, 1 or 2 of ours is the null device to the program. */
static void
inherit(struct stream *stream, writ_fd fd)
{
	stream->child_fd = os_fd_is_stream(fd) ? fd : -1;
}

int
stream_open_in(struct stream *stream, const struct writ_in *in, struct writ_error *err)
{
	int r;

	init(stream);
	switch ((enum writ_in_kind)in->kind) {
	case WRIT_IN_NULL:
		return 0;
	case WRIT_IN_INHERIT:
		inherit(stream, 0);
		return 0;
	case WRIT_IN_FD:
		stream->child_fd = in->fd;
		return 0;
	case WRIT_IN_FILE:
		r = os_file_open(in->path, false, &stream->file, err);
		stream->child_fd = stream->file;
		return r;
	case WRIT_IN_DATA:
		stream->data = in->data;
		stream->len = in->len;
		return open_pipe(stream, 1, err);
	case WRIT_IN_STREAM:
		stream->fed_by_calls = true;
		return open_pipe(stream, 1, err);
	}
	return 0;
}

static void
init_keep(struct stream *stream, const struct writ_out *out)
{
	size_t max = out->max_bytes != 0 ? out->max_bytes : WRIT_OUT_MAX_BYTES_DEFAULT;
	size_t head = max;

	if (out->overflow == WRIT_OVERFLOW_BOTH)
		head = max / 2;
	else if (out->overflow == WRIT_OVERFLOW_TAIL)
		head = 0;
	keep_init(&stream->keep, max, head);
	stream->max_bytes = max;
	stream->kills = out->overflow == WRIT_OVERFLOW_KILL;
}

int
stream_open_out(struct stream *stream, const struct writ_out *out, struct writ_error *err)
{
	int r;

	init(stream);
	switch ((enum writ_out_kind)out->kind) {
	case WRIT_OUT_NULL:
	case WRIT_OUT_MERGE: /* the caller copies what standard output got */
		return 0;
	case WRIT_OUT_INHERIT:
		inherit(stream, (writ_fd)stream->which);
		return 0;
	case WRIT_OUT_FD:
		stream->child_fd = out->fd;
		return 0;
	case WRIT_OUT_FILE:
		r = os_file_open(out->path, true, &stream->child_fd, err);
		stream->owns_child_fd = r == 0;
		return r;
	case WRIT_OUT_STREAM:
		stream->sink = out->sink;
		stream->ctx = out->ctx;
		/* an explicit bound holds for a stream too */
		stream->max_bytes = out->max_bytes;
		stream->kills = out->max_bytes > 0 && out->overflow == WRIT_OVERFLOW_KILL;
		return open_pipe(stream, 0, err);
	case WRIT_OUT_CAPTURE:
		init_keep(stream, out);
		return open_pipe(stream, 0, err);
	}
	return 0;
}

bool
stream_is_open(const struct stream *stream)
{
	return stream->fd >= 0;
}

void
stream_close(struct stream *stream, struct loop *loop)
{
	loop_remove(loop, &stream->source);
	stream->fd = os_fd_close(stream->fd);
}

/* Hands a piece to the sink, which may do anything but wait. */
static void
pass_on(struct stream *stream, const void *data, size_t len)
{
	struct writ_proc *proc = stream->proc;
	int flow = stream->sink(stream->ctx, proc, stream->which, data, len);

	if (flow == WRIT_FLOW_PAUSE && len > 0 && stream_is_open(stream)) {
		stream->paused = true;
		loop_remove(&proc->host->loop, &stream->source);
	} else if (flow == WRIT_FLOW_CLOSE) {
		stream_close(stream, &proc->host->loop);
	} else if (flow == WRIT_FLOW_END) {
		proc_stop(proc, WRIT_CANCELLED, "caller", false);
	}
}

static void
take_output(struct stream *stream, const char *data, size_t len)
{
	stream->bytes += (int64_t)len;
	if (stream->kills && (uint64_t)stream->bytes > stream->max_bytes)
		proc_stop(stream->proc, WRIT_OUTPUT_LIMIT, "limit", false);
	if (stream->sink != NULL)
		pass_on(stream, data, len);
	else if (!stream->failed)
		stream->failed = !keep_add(&stream->keep, data, len);
}

/* Returns whether nothing more was there. */
static bool
read_output(struct stream *stream, bool to_end)
{
	struct writ_host *host = stream->proc->host;

	for (int i = 0; i < READS_MAX && stream_is_open(stream) && !stream->paused; i++) {
		int64_t len = os_fd_read(stream->fd, host->scratch, HOST_SCRATCH_BYTES);

		if (len == -EAGAIN)
			return true;
		if (len <= 0) {
			stream->failed |= len < 0;
			stream_close(stream, &host->loop);
			if (stream->sink != NULL)
				pass_on(stream, "", 0);
			return true;
		}
		proc_saw_output(stream->proc);
		take_output(stream, host->scratch, (size_t)len);
		/* less than asked for: the pipe is empty, epoll will say more */
		if (len < HOST_SCRATCH_BYTES && !to_end)
			return true;
	}
	return !stream_is_open(stream);
}

bool
stream_read_rest(struct stream *stream)
{
	return !stream_is_open(stream) || (!stream->paused && read_output(stream, true));
}

static void
output_ready(void *ctx, unsigned what)
{
	struct stream *stream = ctx;
	struct writ_proc *proc = stream->proc;

	(void)what;
	proc_enter(proc);
	read_output(stream, false);
	/* before the program ends, the end of its output changes nothing */
	if (!proc->doomed && !stream_is_open(stream) && (proc->main_ended || proc->stopping))
		proc_advance(proc);
	proc_leave(proc);
}

/* All is given: the end of the pipe is told, and looked at from outside. */
static void
end_input(struct stream *stream, struct loop *loop)
{
	if (!stream->broken && stream->bytes > 0)
		stream->observer = os_pipe_observe(stream->fd);
	stream_close(stream, loop);
}

static void
break_input(struct stream *stream, struct loop *loop)
{
	stream->broken = true;
	stream_close(stream, loop);
}

static void
feed_data(struct stream *stream, struct loop *loop)
{
	while (stream->len > 0) {
		size_t part = stream->len < WRITE_BYTES ? stream->len : WRITE_BYTES;
		int64_t len = os_fd_write(stream->fd, stream->data, part);

		if (len == -EAGAIN)
			return;
		if (len < 0) { /* EPIPE is no failure: the program has read enough */
			break_input(stream, loop);
			return;
		}
		stream->bytes += len;
		stream->data += len;
		stream->len -= (size_t)len;
	}
	end_input(stream, loop);
}

static void
input_ready(void *ctx, unsigned what)
{
	struct stream *stream = ctx;
	struct writ_proc *proc = stream->proc;

	proc_enter(proc);
	if (!stream->fed_by_calls) {
		feed_data(stream, &proc->host->loop);
	} else if (what & OS_POLL_END) {
		break_input(stream, &proc->host->loop);
	} else {
		loop_change(&proc->host->loop, &stream->source, 0);
		if (proc->events.writable != NULL)
			proc->events.writable(proc->events.ctx, proc);
	}
	proc_leave(proc);
}

static void
close_child_fd(struct stream *stream)
{
	if (stream->owns_child_fd)
		stream->child_fd = os_fd_close(stream->child_fd);
	stream->owns_child_fd = false;
}

void
stream_hold_end(struct stream *stream)
{
	stream->holds_end = stream->fd >= 0 && stream->sink == NULL;
}

void
stream_let_go(struct stream *stream)
{
	if (!stream->holds_end)
		return;
	stream->holds_end = false;
	close_child_fd(stream);
	stream_read_rest(stream);
}

int
stream_begin(struct stream *stream, struct loop *loop, struct writ_error *err)
{
	unsigned what = stream->which == WRIT_STREAM_IN ? OS_POLL_WRITE : OS_POLL_READ;
	int r;

	if (!stream->holds_end)
		close_child_fd(stream);
	if (stream->fd < 0)
		return 0;
	/* most input fits into the pipe at once */
	if (stream->which == WRIT_STREAM_IN && !stream->fed_by_calls)
		feed_data(stream, loop);
	if (stream->fd < 0)
		return 0;
	stream->source.ready = stream->which == WRIT_STREAM_IN ? input_ready : output_ready;
	stream->source.ctx = stream;
	r = loop_add(loop, &stream->source, stream->fd, what);
	if (r < 0)
		return writ_fail_sys(err, WRIT_STAGE_STREAM, -r, "epoll");
	return 0;
}

/* null where it cannot be known: an inherited stream, no /proc. */
void
stream_tell_in(struct stream *stream, struct writ_fed *ret_fed)
{
	int64_t unread;

	*ret_fed = (struct writ_fed){ .bytes = stream->bytes, .read_all = WRIT_UNKNOWN };
	if (stream->file >= 0) {
		ret_fed->bytes = os_fd_offset(stream->file);
		if (ret_fed->bytes >= 0)
			ret_fed->read_all = os_fd_at_end(stream->file) ? WRIT_YES : WRIT_NO;
		return;
	}
	if (stream->broken || stream->len > 0)
		ret_fed->read_all = WRIT_NO;
	else if (stream->bytes == 0)
		ret_fed->read_all = WRIT_YES;
	if (stream->observer < 0)
		return;
	unread = os_pipe_unread(stream->observer);
	if (unread >= 0)
		ret_fed->read_all = unread == 0 ? WRIT_YES : WRIT_NO;
}

void
stream_tell_out(struct stream *stream, struct writ_output *ret_output)
{
	struct writ_output output = { .bytes = stream->bytes,
				      .truncated = stream->failed,
				      .held_by_descendant = stream->held };

	if (stream->sink == NULL && stream->bytes >= 0) {
		output.data = keep_take(&stream->keep, &output.len, &output.cut_at);
		if (output.data == NULL)
			output.data = calloc(1, 1); /* a text, if an empty one */
		output.truncated = stream->failed || (int64_t)output.len < stream->bytes;
	}
	*ret_output = output;
}

void
stream_done(struct stream *stream)
{
	keep_done(&stream->keep);
	close_child_fd(stream);
	stream->fd = os_fd_close(stream->fd);
	stream->file = os_fd_close(stream->file);
	stream->observer = os_fd_close(stream->observer);
}

int64_t
stream_write(struct stream *stream, struct loop *loop, const void *data, size_t len)
{
	int64_t written;

	if (!stream_is_open(stream) || !stream->fed_by_calls)
		return WRIT_E_GONE;
	written = os_fd_write(stream->fd, data, len < WRITE_BYTES ? len : WRITE_BYTES);
	if (written == -EAGAIN) {
		loop_change(loop, &stream->source, OS_POLL_WRITE);
		return 0;
	}
	if (written < 0) {
		break_input(stream, loop);
		return WRIT_E_GONE;
	}
	stream->bytes += written;
	loop_change(loop, &stream->source, OS_POLL_WRITE);
	return written;
}

void
stream_end(struct stream *stream, struct loop *loop)
{
	if (stream_is_open(stream) && stream->fed_by_calls)
		end_input(stream, loop);
}

void
stream_resume(struct stream *stream, struct loop *loop)
{
	if (!stream->paused)
		return;
	stream->paused = false;
	/* it was watched before: there is room for it */
	if (stream_is_open(stream))
		loop_add(loop, &stream->source, stream->fd, OS_POLL_READ);
}
