/* message.c - any bytes as frames, a handshake and requests; and what was read, written again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rootwrap/frame.h"
#include "rootwrap/handshake.h"
#include "rootwrap/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
read_request(const char *text, size_t len)
{
	struct arena arena = { 0 };
	struct request request;
	size_t reply_len;
	char *reply;

	if (message_read(&arena, text, len, &request) && request.has_argv) {
		for (size_t i = 0; i < request.argv.count; i++)
			if (request.argv.list[i] == NULL)
				abort();
		reply = message_result(0, request.argv.list[0], strlen(request.argv.list[0]),
				       request.input, request.input_len, &reply_len);
		if (reply == NULL || strlen(reply) != reply_len)
			abort();
		free(reply);
	}
	arena_done(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned char key[HANDSHAKE_KEY_BYTES];
	unsigned char message[HANDSHAKE_MESSAGE_BYTES] = "{sha256}";
	unsigned char digest[HANDSHAKE_DIGEST_MAX];
	struct frame_in in = { 0 };
	const char *text;
	size_t room;
	size_t len;

	read_request((const char *)data, size);
	handshake_answer(key, (const char *)data, size, digest);
	handshake_check(key, message, (const char *)data, size);
	for (size_t at = 0; at < size; at += room) {
		char *to = frame_room(&in, &room);

		room = room < size - at ? room : size - at;
		memcpy(to, data + at, room);
		in.len += room;
		while (frame_look(&in, 1 << 16, &text, &len) == FRAME_WHOLE) {
			read_request(text, len);
			frame_drop(&in);
		}
	}
	frame_in_done(&in);
	return 0;
}
