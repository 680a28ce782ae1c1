#include "base/heap.h"

#include <stdlib.h>

static void
put(struct heap *heap, size_t i, struct deadline *deadline)
{
	heap->list[i] = deadline;
	deadline->place = i + 1;
}

static void
move_up(struct heap *heap, size_t i)
{
	struct deadline *deadline = heap->list[i];

	while (i > 0 && heap->list[(i - 1) / 2]->at_ns > deadline->at_ns) {
		put(heap, i, heap->list[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	put(heap, i, deadline);
}

static void
move_down(struct heap *heap, size_t i)
{
	struct deadline *deadline = heap->list[i];

	for (size_t child; (child = 2 * i + 1) < heap->count; i = child) {
		if (child + 1 < heap->count &&
		    heap->list[child + 1]->at_ns < heap->list[child]->at_ns)
			child++;
		if (heap->list[child]->at_ns >= deadline->at_ns)
			break;
		put(heap, i, heap->list[child]);
	}
	put(heap, i, deadline);
}

bool
heap_reserve(struct heap *heap, size_t more)
{
	size_t size = heap->size == 0 ? 8 : heap->size;
	struct deadline **list;

	while (size < heap->count + more)
		size *= 2;
	if (size == heap->size)
		return true;
	list = realloc(heap->list, size * sizeof(*list));
	if (list == NULL)
		return false;
	heap->list = list;
	heap->size = size;
	return true;
}

bool
heap_set(struct heap *heap, struct deadline *deadline, int64_t at_ns)
{
	if (deadline->place == 0) {
		if (!heap_reserve(heap, 1))
			return false;
		put(heap, heap->count++, deadline);
	}
	deadline->at_ns = at_ns;
	move_up(heap, deadline->place - 1);
	move_down(heap, deadline->place - 1);
	return true;
}

void
heap_remove(struct heap *heap, struct deadline *deadline)
{
	size_t i = deadline->place - 1;
	struct deadline *last;

	if (deadline->place == 0)
		return;
	deadline->place = 0;
	last = heap->list[--heap->count];
	if (last == deadline)
		return;
	put(heap, i, last);
	move_up(heap, i);
	move_down(heap, last->place - 1);
}

struct deadline *
heap_first(const struct heap *heap)
{
	return heap->count > 0 ? heap->list[0] : NULL;
}

void
heap_done(struct heap *heap)
{
	free(heap->list);
	*heap = (struct heap){ 0 };
}
