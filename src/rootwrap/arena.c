#include "arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_BYTES = 16 * 1024, ALIGNMENT = 16, STATUS_NO_MEMORY = 97 };

struct arena_block {
	struct arena_block *before;
	size_t used;
	size_t size;
	_Alignas(ALIGNMENT) char bytes[];
};

__attribute__((noreturn)) static void
give_up(void)
{
	static const char text[] = "writ-rootwrap: out of memory\n";

	(void)!write(STDERR_FILENO, text, sizeof(text) - 1);
	_exit(STATUS_NO_MEMORY);
}

static void
add_block(struct arena *arena, size_t bytes)
{
	size_t size = bytes > BLOCK_BYTES ? bytes : BLOCK_BYTES;
	struct arena_block *block = malloc(sizeof(*block) + size);

	if (block == NULL)
		give_up();
	*block = (struct arena_block){ .before = arena->last, .size = size };
	arena->last = block;
}

void *
arena_take(struct arena *arena, size_t bytes)
{
	size_t rounded;
	void *taken;

	if (bytes > SIZE_MAX / 4)
		give_up();
	rounded = (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	if (arena->last == NULL || arena->last->size - arena->last->used < rounded)
		add_block(arena, rounded);
	taken = arena->last->bytes + arena->last->used;
	arena->last->used += rounded;
	return memset(taken, 0, bytes);
}

void *
arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		give_up();
	return arena_take(arena, bytes);
}

char *
arena_copy(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_take(arena, len + 1);

	if (len > 0)
		memcpy(copy, text, len);
	return copy;
}

char *
arena_print(struct arena *arena, const char *format, ...)
{
	va_list args;
	char *text;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0)
		give_up();
	text = arena_take(arena, (size_t)len + 1);
	va_start(args, format);
	vsnprintf(text, (size_t)len + 1, format, args);
	va_end(args);
	return text;
}

void
arena_done(struct arena *arena)
{
	while (arena->last != NULL) {
		struct arena_block *block = arena->last;

		arena->last = block->before;
		free(block);
	}
}
