/* peer_libuv.c - uv_spawn() with three pipes, both outputs kept, on one loop. */
#include <uv.h>

#include "harness.h"
#include "libuv.h"

static char **command;
static uv_loop_t *loop;
static struct output outputs[2];
static int64_t exit_code;

static void
take_piece(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct output *output = stream->data;

	(void)buf;
	if (n >= 0)
		output->len += (size_t)n;
	else
		uv_close((uv_handle_t *)stream, NULL);
}

static void
take_exit(uv_process_t *process, int64_t status, int signal)
{
	exit_code = signal == 0 ? status : -signal;
	uv_close((uv_handle_t *)process, NULL);
}

int
run_begin(const struct bench *bench)
{
	command = bench->argv;
	loop = uv_default_loop();
	return run_once();
}

int
run_once(void)
{
	uv_process_t process;
	uv_pipe_t input;
	uv_stdio_container_t stdio[3] = { 0 };
	uv_process_options_t options = { .file = command[0], .args = command,
					 .exit_cb = take_exit, .stdio = stdio, .stdio_count = 3 };
	int r;

	uv_pipe_init(loop, &input, 0);
	stdio[0].flags = UV_CREATE_PIPE | UV_READABLE_PIPE;
	stdio[0].data.stream = (uv_stream_t *)&input;
	output_begin(&outputs[0], loop, &stdio[1]);
	output_begin(&outputs[1], loop, &stdio[2]);
	exit_code = -1;
	r = uv_spawn(loop, &process, &options);
	if (r < 0)
		return bench_fail("uv_spawn", uv_strerror(r));

	uv_close((uv_handle_t *)&input, NULL);
	uv_read_start((uv_stream_t *)&outputs[0].pipe, output_give_room, take_piece);
	uv_read_start((uv_stream_t *)&outputs[1].pipe, output_give_room, take_piece);
	uv_run(loop, UV_RUN_DEFAULT);
	return exit_code == 0 ? 0 : bench_fail(command[0], "did not end with 0");
}
