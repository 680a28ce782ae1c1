#include "base/keep.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SIZE = 4096 };

void
keep_init(struct keep *keep, size_t max, size_t head_max)
{
	*keep = (struct keep){ .max = max, .head_max = head_max, .tail_at = head_max };
}

/* At least `size` bytes and a NUL, at most the bound and a NUL. */
static bool
reserve(struct keep *keep, size_t size)
{
	size_t want = keep->size == 0 ? FIRST_SIZE : keep->size;
	char *data;

	if (size + 1 <= keep->size)
		return true;
	while (want < size + 1)
		want *= 2;
	if (want > keep->max + 1)
		want = keep->max + 1;
	data = realloc(keep->data, want);
	if (data == NULL)
		return false;
	keep->data = data;
	keep->size = want;
	return true;
}

/* The bound is reached: the oldest bytes of the tail give way. */
static void
add_to_ring(struct keep *keep, const char *data, size_t len)
{
	size_t ring = keep->max - keep->head_max;

	keep->full = true;
	if (ring == 0)
		return;
	if (len > ring) {
		/* as if the skipped bytes had gone around */
		keep->tail_at =
			keep->head_max + (keep->tail_at - keep->head_max + len - ring) % ring;
		data += len - ring;
		len = ring;
	}
	while (len > 0) {
		size_t part = keep->max - keep->tail_at;

		if (part > len)
			part = len;
		memcpy(keep->data + keep->tail_at, data, part);
		keep->tail_at += part;
		if (keep->tail_at == keep->max)
			keep->tail_at = keep->head_max;
		data += part;
		len -= part;
	}
}

bool
keep_add(struct keep *keep, const void *data, size_t len)
{
	size_t straight = keep->max - keep->len;

	if (straight > len)
		straight = len;
	if (straight > 0) {
		if (!reserve(keep, keep->len + straight))
			return false;
		memcpy(keep->data + keep->len, data, straight);
		keep->len += straight;
	}
	if (len > straight)
		add_to_ring(keep, (const char *)data + straight, len - straight);
	return true;
}

static void
reverse(char *first, char *end)
{
	while (first < end - 1) {
		char c = *first;

		*first++ = *--end;
		*end = c;
	}
}

char *
keep_take(struct keep *keep, size_t *ret_len, size_t *ret_cut_at)
{
	char *data = keep->data;

	if (data != NULL) {
		/* turn the ring so that its oldest byte comes first, in place */
		if (keep->full && keep->tail_at > keep->head_max) {
			reverse(data + keep->head_max, data + keep->tail_at);
			reverse(data + keep->tail_at, data + keep->max);
			reverse(data + keep->head_max, data + keep->max);
		}
		data[keep->len] = '\0';
	}
	*ret_len = keep->len;
	*ret_cut_at = keep->full ? keep->head_max : keep->len;
	*keep = (struct keep){ 0 };
	return data;
}

void
keep_done(struct keep *keep)
{
	free(keep->data);
	*keep = (struct keep){ 0 };
}
