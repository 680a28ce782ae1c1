/* frame.h - the frames of a connection: eight bytes of length, most significant first, and
 * so many bytes. */
#ifndef WRIT_ROOTWRAP_FRAME_H
#define WRIT_ROOTWRAP_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FRAME_HEADER_BYTES = 8,
	FRAME_STRANGER_BYTES_MAX = 256, /* before the key is proved */
	FRAME_BYTES_MAX = 64 * 1024 * 1024,
};

/* What came and was not taken. It grows with what is there, not with what a header says. */
struct frame_in {
	char *bytes;
	size_t len;
	size_t size;
};

enum frame_state { FRAME_MORE = 0, FRAME_WHOLE = 1, FRAME_TOO_LONG = -1, FRAME_NO_MEMORY = -2 };

/* Room for more bytes, of which `*ret_room` may be read; NULL: out of memory. */
char *frame_room(struct frame_in *in, size_t *ret_room);

/* Is the first frame whole? It stays until frame_drop(). */
enum frame_state frame_look(const struct frame_in *in, size_t max, const char **ret_payload,
			    size_t *ret_len);
void frame_drop(struct frame_in *in);
void frame_in_done(struct frame_in *in);

/* What is to be written. */
struct frame_out {
	char *bytes;
	size_t len;
	size_t at; /* written so far */
};

/* Adds a frame of two parts. False: out of memory. */
bool frame_add(struct frame_out *out, const char *head, size_t head_len, const void *body,
	       size_t body_len);
bool frame_add_text(struct frame_out *out, const char *text);
void frame_out_done(struct frame_out *out);

#endif
