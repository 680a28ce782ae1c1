#include "frame.h"

#include <stdlib.h>
#include <string.h>

enum { ROOM_MIN = 4096 };

static uint64_t
length_at(const char *bytes)
{
	uint64_t len = 0;

	for (int i = 0; i < FRAME_HEADER_BYTES; i++)
		len = len << 8 | (unsigned char)bytes[i];
	return len;
}

char *
frame_room(struct frame_in *in, size_t *ret_room)
{
	if (in->size - in->len < ROOM_MIN) {
		size_t size = in->size < ROOM_MIN ? 2 * (size_t)ROOM_MIN : 2 * in->size;
		char *bytes = realloc(in->bytes, size);

		if (bytes == NULL)
			return NULL;
		in->bytes = bytes;
		in->size = size;
	}
	*ret_room = in->size - in->len;
	return in->bytes + in->len;
}

enum frame_state
frame_look(const struct frame_in *in, size_t max, const char **ret_payload, size_t *ret_len)
{
	uint64_t len;

	if (in->len < FRAME_HEADER_BYTES)
		return FRAME_MORE;
	len = length_at(in->bytes);
	if (len > max)
		return FRAME_TOO_LONG;
	if (in->len - FRAME_HEADER_BYTES < len)
		return FRAME_MORE;
	*ret_payload = in->bytes + FRAME_HEADER_BYTES;
	*ret_len = (size_t)len;
	return FRAME_WHOLE;
}

void
frame_drop(struct frame_in *in)
{
	size_t gone = FRAME_HEADER_BYTES + (size_t)length_at(in->bytes);

	in->len -= gone;
	memmove(in->bytes, in->bytes + gone, in->len);
	if (in->len == 0 && in->size > 64 * ROOM_MIN)
		frame_in_done(in);
}

void
frame_in_done(struct frame_in *in)
{
	free(in->bytes);
	*in = (struct frame_in){ 0 };
}

bool
frame_add(struct frame_out *out, const char *head, size_t head_len, const void *body,
	  size_t body_len)
{
	size_t rest = out->len - out->at;
	uint64_t len = head_len + body_len;
	char *bytes = malloc(rest + FRAME_HEADER_BYTES + head_len + body_len);
	char *at;

	if (bytes == NULL)
		return false;
	if (rest > 0)
		memcpy(bytes, out->bytes + out->at, rest);
	at = bytes + rest;
	for (int i = FRAME_HEADER_BYTES - 1; i >= 0; i--, len >>= 8)
		at[i] = (char)(len & 0xFF);
	at += FRAME_HEADER_BYTES;
	if (head_len > 0)
		memcpy(at, head, head_len);
	if (body_len > 0)
		memcpy(at + head_len, body, body_len);
	free(out->bytes);
	*out = (struct frame_out){ bytes, rest + FRAME_HEADER_BYTES + head_len + body_len, 0 };
	return true;
}

bool
frame_add_text(struct frame_out *out, const char *text)
{
	return frame_add(out, text, strlen(text), NULL, 0);
}

void
frame_out_done(struct frame_out *out)
{
	free(out->bytes);
	*out = (struct frame_out){ 0 };
}
