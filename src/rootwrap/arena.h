/* arena.h - memory of one parse or of one question, given back as a whole.
 *
 * What is put in is bounded where it is read (a file, a frame). So a machine
 * that has none left is the only way to fail, and it ends the program: a root
 * helper that goes on with half of its filters would be worse.
 */
#ifndef WRIT_ROOTWRAP_ARENA_H
#define WRIT_ROOTWRAP_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *last; /* NULL: empty */
};

/* Zeroed; never NULL. */
void *arena_take(struct arena *arena, size_t bytes);

/* An array of `count` elements of `size`. */
void *arena_array(struct arena *arena, size_t count, size_t size);

/* `len` bytes and a NUL. */
char *arena_copy(struct arena *arena, const char *text, size_t len);

__attribute__((format(printf, 2, 3))) char *arena_print(struct arena *arena, const char *format,
							...);

void arena_done(struct arena *arena);

#endif
