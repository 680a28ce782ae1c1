/* arena.h - memory that lives as long as a policy: taken piece by piece, given
 * back at once. */
#ifndef WRIT_POLICY_ARENA_H
#define WRIT_POLICY_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *blocks;
};

/* Zeroed, aligned for any type; NULL: out of memory. `count` times `size` may
 * not overflow. */
void *arena_take(struct arena *arena, size_t count, size_t size);

/* A copy, with a NUL behind it. */
char *arena_text(struct arena *arena, const char *text, size_t len);

void arena_done(struct arena *arena);

#endif
