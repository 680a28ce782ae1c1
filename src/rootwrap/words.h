/* words.h - lists of words, as Python splits them. */
#ifndef WRIT_ROOTWRAP_WORDS_H
#define WRIT_ROOTWRAP_WORDS_H

#include <stdbool.h>

#include "arena.h"

/* `list` is ended by NULL, which `count` does not count. */
struct words {
	const char **list;
	size_t count;
};

enum { WORDS_NOT_TRIMMED = 0, WORDS_TRIMMED = 1, WORDS_ESCAPED = 2 };

/* str.split(','), each piece trimmed if asked; with WORDS_ESCAPED "\," is a comma. A text
 * without a comma is one word, be it empty. */
struct words words_split(struct arena *arena, const char *text, char at, int how);

/* An empty list with room for `max`. */
struct words words_room(struct arena *arena, size_t max);
void words_add(struct words *words, const char *word);

/* A list of others. */
struct words words_of(const char *const *list, size_t count);

/* Joined by one blank. */
char *words_join(struct arena *arena, const struct words *words);

/* What Python's str.strip() takes of ASCII. */
bool words_is_blank(char c);

/* The last part of a path, as os.path.basename has it: empty behind a final '/'. */
const char *words_base(const char *path);

#endif
