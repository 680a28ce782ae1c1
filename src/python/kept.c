#include "kept.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 4096 };

void
kept_init(struct kept *kept, size_t max_bytes, int overflow)
{
	size_t max = max_bytes != 0 ? max_bytes : WRIT_OUT_MAX_BYTES_DEFAULT;

	*kept = (struct kept){ .head_max = max };
	if (overflow == WRIT_OVERFLOW_BOTH)
		kept->head_max = max - max / 2;
	else if (overflow == WRIT_OVERFLOW_TAIL)
		kept->head_max = 0;
	kept->tail_max = max - kept->head_max;
}

static bool
reserve(struct kept *kept, size_t len)
{
	size_t room = kept->room != 0 ? kept->room : FIRST_ROOM;
	char *grown;

	if (len < kept->room)
		return true;
	while (room <= len)
		room *= 2;
	grown = realloc(kept->data, room);
	if (grown == NULL)
		return false;
	kept->data = grown;
	kept->room = room;
	return true;
}

static void
append(struct kept *kept, const char *data, size_t len)
{
	if (len == 0)
		return;
	if (!reserve(kept, kept->len + len)) {
		kept->has_failed = true;
		return;
	}
	memcpy(kept->data + kept->len, data, len);
	kept->len += len;
}

/* The oldest bytes of the end give way. */
static void
close_up(struct kept *kept)
{
	memmove(kept->data + kept->head_max, kept->data + kept->len - kept->tail_max,
		kept->tail_max);
	kept->len = kept->head_max + kept->tail_max;
}

void
kept_add(struct kept *kept, const char *data, size_t len)
{
	size_t head = kept->len < kept->head_max ? kept->head_max - kept->len : 0;

	kept->bytes += (int64_t)len;
	if (head > len)
		head = len;
	append(kept, data, head);
	data += head;
	len -= head;
	if (len > kept->tail_max) {
		data += len - kept->tail_max;
		len = kept->tail_max;
	}
	if (kept->len + len > kept->head_max + 2 * kept->tail_max)
		close_up(kept);
	append(kept, data, len);
}

bool
kept_is_cut(const struct kept *kept)
{
	return kept->has_failed || kept->bytes > (int64_t)(kept->head_max + kept->tail_max);
}

void
kept_take(struct kept *kept, struct writ_output *ret_output)
{
	if (kept->len > kept->head_max + kept->tail_max)
		close_up(kept);
	if (kept->data != NULL)
		kept->data[kept->len] = '\0';
	ret_output->data = kept->data;
	ret_output->len = kept->len;
	ret_output->bytes = kept->bytes;
	ret_output->truncated = kept_is_cut(kept);
	ret_output->cut_at = ret_output->truncated && kept->head_max < kept->len ? kept->head_max
										: kept->len;
	*kept = (struct kept){ 0 };
}

void
kept_done(struct kept *kept)
{
	free(kept->data);
	*kept = (struct kept){ 0 };
}
