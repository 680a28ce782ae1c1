/* many_libuv.c - the same wave with uv_spawn() and three pipes each. */
#include <uv.h>

#include "harness.h"
#include "libuv.h"

enum { WAVE = 1000, AT_A_TIME = 64 };

struct slot {
	uv_process_t process;
	uv_pipe_t input;
	struct output outputs[2];
	int open; /* handles of it that are not closed yet */
};

static char **command;
static uv_loop_t *loop;
static struct slot slots[AT_A_TIME];
static int started;
static int wrong;

static void start_in(struct slot *slot);

/* Its memory may be used again when the last handle is closed. */
static void
note_close(uv_handle_t *handle)
{
	struct slot *slot = handle->data;

	if (--slot->open == 0 && started < WAVE)
		start_in(slot);
}

static void
close_handle(void *handle, struct slot *slot)
{
	uv_handle_t *closing = handle;

	closing->data = slot;
	uv_close(closing, note_close);
}

static void
take_piece(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf)
{
	struct output *output = stream->data;

	(void)buf;
	if (n >= 0)
		output->len += (size_t)n;
	else
		close_handle(stream, output->slot);
}

static void
take_exit(uv_process_t *process, int64_t status, int signal)
{
	wrong += status != 0 || signal != 0;
	close_handle(process, process->data);
}

static void
start_in(struct slot *slot)
{
	uv_stdio_container_t stdio[3] = { 0 };
	uv_process_options_t options = { .file = command[0], .args = command,
					 .exit_cb = take_exit, .stdio = stdio, .stdio_count = 3 };

	started++;
	slot->open = 4;
	slot->process.data = slot;
	uv_pipe_init(loop, &slot->input, 0);
	stdio[0].flags = UV_CREATE_PIPE | UV_READABLE_PIPE;
	stdio[0].data.stream = (uv_stream_t *)&slot->input;
	output_begin(&slot->outputs[0], loop, &stdio[1]);
	slot->outputs[0].slot = slot;
	output_begin(&slot->outputs[1], loop, &stdio[2]);
	slot->outputs[1].slot = slot;
	if (uv_spawn(loop, &slot->process, &options) < 0) {
		wrong++;
		return;
	}
	close_handle(&slot->input, slot);
	uv_read_start((uv_stream_t *)&slot->outputs[0].pipe, output_give_room, take_piece);
	uv_read_start((uv_stream_t *)&slot->outputs[1].pipe, output_give_room, take_piece);
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
	started = wrong = 0;
	for (int i = 0; i < AT_A_TIME; i++)
		start_in(&slots[i]);
	uv_run(loop, UV_RUN_DEFAULT);
	return wrong == 0 ? 0 : bench_fail(command[0], "did not end with 0");
}
