#include "audit/span.h"

#include <stdlib.h>

void
spans_add(struct spans *spans, size_t begin, size_t end, const char *rule)
{
	if (begin >= end || spans->failed)
		return;
	if (spans->count == spans->size) {
		size_t size = spans->size > 0 ? spans->size * 2 : 8;
		struct span *list = reallocarray(spans->list, size, sizeof(*list));

		if (list == NULL) {
			spans->failed = true;
			return;
		}
		spans->list = list;
		spans->size = size;
	}
	spans->list[spans->count++] = (struct span){ begin, end, rule };
}

static int
by_begin(const void *a, const void *b)
{
	const struct span *first = a;
	const struct span *second = b;

	return (first->begin > second->begin) - (first->begin < second->begin);
}

size_t
spans_show(struct spans *spans, const char *text, size_t len, struct buf *buf)
{
	const struct span all = { 0, len, "memory" };
	const struct span *list = spans->failed ? &all : spans->list;
	const size_t count = spans->failed ? 1 : spans->count;
	size_t shown = 0; /* the text up to here is told of */
	size_t hidden = 0;

	if (!spans->failed && count > 1)
		qsort(spans->list, count, sizeof(*spans->list), by_begin);
	for (size_t i = 0; i < count; i++) {
		size_t end = list[i].end < len ? list[i].end : len;

		if (list[i].begin >= len)
			break;
		if (end <= shown)
			continue;
		if (list[i].begin > shown || hidden == 0) {
			buf_add(buf, text + shown, list[i].begin - shown);
			buf_add_text(buf, "[REDACTED:");
			buf_add_text(buf, list[i].rule);
			buf_add_text(buf, "]");
			hidden++;
		}
		shown = end;
	}
	buf_add(buf, text + shown, len - shown);
	spans->count = 0;
	spans->failed = false;
	return hidden;
}

void
spans_done(struct spans *spans)
{
	free(spans->list);
	*spans = (struct spans){ 0 };
}
