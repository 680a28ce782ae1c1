#include "policy/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_BYTES = 16 * 1024, ALIGN = 16 };

struct arena_block {
	struct arena_block *next;
	size_t used;
	size_t size;
	_Alignas(ALIGN) char data[];
};

static struct arena_block *
add_block(struct arena *arena, size_t bytes)
{
	size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
	struct arena_block *block = calloc(1, sizeof(*block) + size);

	if (block == NULL)
		return NULL;
	block->size = size;
	/* What is larger than a block gets one of its own, behind the open one. */
	if (bytes > BLOCK_BYTES && arena->blocks != NULL) {
		block->next = arena->blocks->next;
		arena->blocks->next = block;
	} else {
		block->next = arena->blocks;
		arena->blocks = block;
	}
	return block;
}

void *
arena_take(struct arena *arena, size_t count, size_t size)
{
	struct arena_block *block = arena->blocks;
	size_t bytes;
	void *piece;

	if (__builtin_mul_overflow(count, size, &bytes) || bytes > SIZE_MAX / 2)
		return NULL;
	bytes = (bytes + ALIGN - 1) / ALIGN * ALIGN;
	if (block == NULL || block->size - block->used < bytes)
		block = add_block(arena, bytes);
	if (block == NULL)
		return NULL;
	piece = block->data + block->used;
	block->used += bytes;
	return piece;
}

char *
arena_text(struct arena *arena, const char *text, size_t len)
{
	char *copy = len < SIZE_MAX / 2 ? arena_take(arena, len + 1, 1) : NULL;

	if (copy != NULL && len > 0)
		memcpy(copy, text, len);
	return copy;
}

void
arena_done(struct arena *arena)
{
	while (arena->blocks != NULL) {
		struct arena_block *block = arena->blocks;

		arena->blocks = block->next;
		free(block);
	}
}
