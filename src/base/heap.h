/* heap.h - deadlines, the earliest first. The entries belong to the caller. */
#ifndef WRIT_BASE_HEAP_H
#define WRIT_BASE_HEAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct deadline {
	int64_t at_ns;
	size_t place; /* 1 + the index in the heap; 0: not in it */
};

struct heap {
	struct deadline **list;
	size_t count;
	size_t size;
};

/* Sets or moves a deadline. False: out of memory (never when moving, or when
 * room was reserved). */
bool heap_set(struct heap *heap, struct deadline *deadline, int64_t at_ns);
bool heap_reserve(struct heap *heap, size_t more);
void heap_remove(struct heap *heap, struct deadline *deadline);

/* The earliest, or NULL. */
struct deadline *heap_first(const struct heap *heap);
void heap_done(struct heap *heap);

#endif
