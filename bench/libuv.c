#include "libuv.h"

#include <stdio.h>
#include <stdlib.h>

#include "harness.h"

enum { ROOM_BYTES = 64 * 1024 };

void
output_begin(struct output *output, uv_loop_t *loop, uv_stdio_container_t *stdio)
{
	uv_pipe_init(loop, &output->pipe, 0);
	output->pipe.data = output;
	output->len = 0;
	stdio->flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE;
	stdio->data.stream = (uv_stream_t *)&output->pipe;
}

void
output_give_room(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buf)
{
	struct output *output = handle->data;

	(void)suggested;
	if (output->room - output->len < ROOM_BYTES) {
		output->room += ROOM_BYTES;
		output->data = realloc(output->data, output->room);
	}
	*ret_buf = uv_buf_init(output->data + output->len, ROOM_BYTES);
}

const char *
run_note(void)
{
	static char note[64];

	snprintf(note, sizeof(note), "libuv %s", uv_version_string());
	return note;
}
