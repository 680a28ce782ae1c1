#include "repr.h"

#include <stdio.h>
#include <string.h>

#include "utf8.h"

enum { ESCAPE_MAX = 10 }; /* \U0010ffff */

/* Unassigned and private characters would be escaped by Python too; here they are
 * printed, which needs no tables. */
static bool
is_printed(uint32_t point)
{
	return point >= 0xA1 && point != 0xAD && (point < 0xD800 || point > 0xDFFF) &&
	       (point < 0x2000 || point > 0x206F) && (point & 0xFFFE) != 0xFFFE && point != 0xFEFF;
}

static size_t
put_escape(char *at, uint32_t point)
{
	switch (point) {
	case '\n':
		return (size_t)snprintf(at, 3, "\\n");
	case '\r':
		return (size_t)snprintf(at, 3, "\\r");
	case '\t':
		return (size_t)snprintf(at, 3, "\\t");
	default:
		return (size_t)snprintf(at, ESCAPE_MAX + 1,
					point < 0x100	  ? "\\x%02x"
					: point < 0x10000 ? "\\u%04x"
							  : "\\U%08x",
					point);
	}
}

char *
repr_text(struct arena *arena, const char *text)
{
	size_t len = strlen(text);
	bool has_single = strchr(text, '\'') != NULL;
	char quote = has_single && strchr(text, '"') == NULL ? '"' : '\'';
	char *repr = arena_take(arena, len * ESCAPE_MAX + 3);
	char *at = repr;

	*at++ = quote;
	for (size_t i = 0, step; i < len; i += step) {
		uint32_t point = utf8_next(text + i, len - i, &step);

		if (point == '\\' || point == (uint32_t)quote)
			*at++ = '\\';
		if ((point >= ' ' && point < 0x7F) || is_printed(point)) {
			memcpy(at, text + i, step);
			at += step;
		} else {
			at += put_escape(at, point);
		}
	}
	*at++ = quote;
	*at = '\0';
	return repr;
}

char *
repr_list(struct arena *arena, const struct words *words)
{
	struct words reprs = words_room(arena, words->count);
	size_t size = 3;
	char *text;
	char *at;

	for (size_t i = 0; i < words->count; i++) {
		words_add(&reprs, repr_text(arena, words->list[i]));
		size += strlen(reprs.list[i]) + 2;
	}
	text = at = arena_take(arena, size);
	*at++ = '[';
	for (size_t i = 0; i < reprs.count; i++) {
		at = stpcpy(at, i > 0 ? ", " : "");
		at = stpcpy(at, reprs.list[i]);
	}
	*at++ = ']';
	*at = '\0';
	return text;
}

char *
repr_line(struct arena *arena, const char *text)
{
	size_t len = strlen(text);
	char *line = arena_copy(arena, text, len);

	for (size_t i = 0, step; i < len; i += step) {
		uint32_t point = utf8_next(text + i, len - i, &step);

		if (point < ' ' || (point >= 0x7F && !is_printed(point)))
			memset(line + i, '?', step);
	}
	return line;
}
