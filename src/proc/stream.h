/* stream.h - one standard stream of a run, as far as it passes through us. */
#ifndef WRIT_PROC_STREAM_H
#define WRIT_PROC_STREAM_H

#include "base/keep.h"
#include "loop/loop.h"
#include "writ/result.h"

struct stream {
	struct writ_proc *proc;
	enum writ_stream which;
	struct source source;
	writ_fd fd;	  /* our end, or -1: nothing passes, or no more */
	writ_fd child_fd; /* the program's, until it is started; or -1: the null device */
	bool owns_child_fd;

	/* an output */
	struct keep keep;
	writ_sink sink;
	void *ctx;
	size_t max_bytes;
	bool kills; /* past max_bytes the run is ended */
	bool paused;
	bool holds_end; /* the program's end stays open with us while it runs */
	bool held; /* closed by us, while somebody else still had it */
	bool failed; /* out of memory, what follows is counted only; or not to be read */

	/* the input */
	const char *data; /* borrowed */
	size_t len;
	bool fed_by_calls;
	bool broken;	  /* nobody reads it any more */
	writ_fd observer; /* of what stays unread, after all was given */
	writ_fd file;	  /* whose offset tells how much was read */
	int64_t bytes;	  /* seen; -1: not seen */
};

/* Opens what the request asks for. On failure nothing stays open. */
int stream_open_in(struct stream *stream, const struct writ_in *in, struct writ_error *err);
int stream_open_out(struct stream *stream, const struct writ_out *out, struct writ_error *err);

/* A captured output whose end we hold does not end before stream_let_go(): the
 * end of the program wakes us once, and not once for each of its descriptors. */
void stream_hold_end(struct stream *stream);
void stream_let_go(struct stream *stream);

/* The program has its ends: ours are watched, its copies closed. */
int stream_begin(struct stream *stream, struct loop *loop, struct writ_error *err);

/* Does anything still pass? */
bool stream_is_open(const struct stream *stream);

/* Reads what is there, up to a bound; the sink may free the run. Returns whether
 * nothing more was. */
bool stream_read_rest(struct stream *stream);

/* Closes our end. */
void stream_close(struct stream *stream, struct loop *loop);

/* Reads what is there once more, then tells what was seen. */
void stream_tell_in(struct stream *stream, struct writ_fed *ret_fed);
void stream_tell_out(struct stream *stream, struct writ_output *ret_output);

/* Gives back what is left; after stream_close(). */
void stream_done(struct stream *stream);

/* See writ_proc_write(), _write_end(), _resume(). */
int64_t stream_write(struct stream *stream, struct loop *loop, const void *data, size_t len);
void stream_end(struct stream *stream, struct loop *loop);
void stream_resume(struct stream *stream, struct loop *loop);

#endif
