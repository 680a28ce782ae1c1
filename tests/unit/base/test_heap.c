#include <stdlib.h>

#include "base/heap.h"
#include "unit.h"

enum { COUNT = 300 };

static void
check_first(const struct heap *heap, const struct deadline *all)
{
	const struct deadline *first = heap_first(heap);
	size_t in = 0;

	for (int i = 0; i < COUNT; i++) {
		in += all[i].place != 0;
		CHECK(all[i].place == 0 || first->at_ns <= all[i].at_ns);
	}
	for (size_t i = 1; i < heap->count; i++)
		CHECK(heap->list[(i - 1) / 2]->at_ns <= heap->list[i]->at_ns);
	CHECK_INT(heap->count, in);
	CHECK((first == NULL) == (in == 0));
}

static void
the_earliest_is_always_first(void)
{
	struct deadline all[COUNT] = { 0 };
	struct heap heap = { 0 };

	for (int i = 0; i < 5000; i++) {
		struct deadline *one = &all[unit_random(COUNT)];

		if (unit_random(3) == 0)
			heap_remove(&heap, one);
		else
			CHECK(heap_set(&heap, one, (int64_t)unit_random(1000) - 500));
		check_first(&heap, all);
	}
	heap_done(&heap);
}

static int
compare(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

static void
comes_out_sorted(void)
{
	struct deadline all[COUNT] = { 0 };
	int64_t sorted[COUNT];
	struct heap heap = { 0 };

	for (int i = 0; i < COUNT; i++) {
		sorted[i] = (int64_t)unit_random(1000000) << unit_random(40);
		CHECK(heap_set(&heap, &all[i], sorted[i]));
	}
	qsort(sorted, COUNT, sizeof(sorted[0]), compare);
	for (int i = 0; i < COUNT; i++) {
		struct deadline *first = heap_first(&heap);

		CHECK_INT(first->at_ns, sorted[i]);
		heap_remove(&heap, first);
		CHECK_INT(first->place, 0);
		heap_remove(&heap, first); /* twice is fine */
	}
	CHECK(heap_first(&heap) == NULL);
	heap_done(&heap);
}

static void
room_that_was_reserved_is_there(void)
{
	struct deadline all[COUNT] = { 0 };
	struct heap heap = { 0 };
	struct deadline **list;

	CHECK(heap_reserve(&heap, COUNT));
	list = heap.list;
	for (int i = 0; i < COUNT; i++)
		CHECK(heap_set(&heap, &all[i], i));
	CHECK(heap.list == list);
	heap_done(&heap);
	CHECK(heap.list == NULL && heap.count == 0);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(the_earliest_is_always_first),
		UNIT(comes_out_sorted),
		UNIT(room_that_was_reserved_is_there),
	};

	return UNIT_RUN(tests);
}
