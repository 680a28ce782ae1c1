/* libuv.h - what both drivers of libuv do: an output of a program, kept as it comes. */
#ifndef BENCH_LIBUV_H
#define BENCH_LIBUV_H

#include <uv.h>

struct output {
	uv_pipe_t pipe;
	struct slot *slot; /* of the program, where there are many */
	char *data;
	size_t len;
	size_t room;
};

/* An empty output, as a pipe to be read with uv_read_start(). */
void output_begin(struct output *output, uv_loop_t *loop, uv_stdio_container_t *stdio);

/* A callback for uv_read_start(): the caller adds what came to `len`. */
void output_give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buf);

#endif
