#include "words.h"

#include <stdint.h>
#include <string.h>

bool
words_is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || (c >= '\x1c' && c <= '\x1f');
}

struct words
words_room(struct arena *arena, size_t max)
{
	return (struct words){ .list = arena_array(arena, max + 1, sizeof(char *)) };
}

void
words_add(struct words *words, const char *word)
{
	words->list[words->count++] = word;
	words->list[words->count] = NULL;
}

struct words
words_of(const char *const *list, size_t count)
{
	return (struct words){ .list = (const char **)(uintptr_t)list, .count = count };
}

/* Takes the backslash away from "\,". */
static void
unescape(char *text, char at)
{
	char *to = text;

	for (const char *from = text; *from != '\0'; from++) {
		if (from[0] == '\\' && from[1] == at)
			from++;
		*to++ = *from;
	}
	*to = '\0';
}

static const char *
next_at(const char *text, char at, int how)
{
	for (; *text != '\0' && *text != at; text++)
		if ((how & WORDS_ESCAPED) && text[0] == '\\' && text[1] == at)
			text++;
	return text;
}

static char *
piece(struct arena *arena, const char *text, const char *end, int how)
{
	if (how & WORDS_TRIMMED) {
		while (text < end && words_is_blank(*text))
			text++;
		while (end > text && words_is_blank(end[-1]))
			end--;
	}
	return arena_copy(arena, text, (size_t)(end - text));
}

struct words
words_split(struct arena *arena, const char *text, char at, int how)
{
	struct words words;
	size_t max = 1;

	for (const char *c = text; *c != '\0'; c++)
		max += *c == at;
	words = words_room(arena, max);
	for (;;) {
		const char *end = next_at(text, at, how);
		char *word = piece(arena, text, end, how);

		if (how & WORDS_ESCAPED)
			unescape(word, at);
		words_add(&words, word);
		if (*end == '\0')
			return words;
		text = end + 1;
	}
}

char *
words_join(struct arena *arena, const struct words *words)
{
	size_t size = 1;
	char *text;
	char *at;

	for (size_t i = 0; i < words->count; i++)
		size += strlen(words->list[i]) + 1;
	text = at = arena_take(arena, size);
	for (size_t i = 0; i < words->count; i++) {
		size_t len = strlen(words->list[i]);

		if (i > 0)
			*at++ = ' ';
		memcpy(at, words->list[i], len);
		at += len;
	}
	return text;
}

const char *
words_base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}
