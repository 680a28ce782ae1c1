#include "policy/words.h"

#include <stdlib.h>
#include <string.h>

#include "writ/error.h"

uint32_t
words_hash(const char *text, size_t len)
{
	uint32_t hash = 2166136261u; /* FNV-1a */

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)text[i]) * 16777619u;
	return hash;
}

static void
put(struct words *words, uint32_t number)
{
	size_t mask = words->slot_count - 1;
	size_t at = words->list[number]->hash & mask;

	while (words->slots[at] != 0)
		at = (at + 1) & mask;
	words->slots[at] = number + 1;
}

/* Room for one more: the table is at most half full. */
static bool
grow(struct words *words)
{
	size_t size = words->size == 0 ? 64 : 2 * words->size;
	struct word **list;
	uint32_t *slots;

	if (words->count < words->size)
		return true;
	list = realloc(words->list, size * sizeof(struct word *));
	if (list == NULL)
		return false;
	words->list = list;
	slots = calloc(2 * size, sizeof(*slots));
	if (slots == NULL)
		return false;
	free(words->slots);
	words->slots = slots;
	words->slot_count = 2 * size;
	words->size = size;
	for (size_t i = 0; i < words->count; i++)
		put(words, (uint32_t)i);
	return true;
}

static bool
is_known(const struct words *words, const struct word *word, uint32_t *ret_number)
{
	size_t mask = words->slot_count - 1;

	for (size_t at = word->hash & mask; words->slots[at] != 0; at = (at + 1) & mask) {
		const struct word *other = words->list[words->slots[at] - 1];

		if (other->hash == word->hash && other->kind == word->kind &&
		    other->shown_len == word->shown_len &&
		    memcmp(other->shown, word->shown, word->shown_len) == 0) {
			*ret_number = words->slots[at] - 1;
			return true;
		}
	}
	return false;
}

static void
free_types(const struct word *word)
{
	for (size_t i = 0; i < word->piece_count; i++) {
		struct type type = word->pieces[i].type;

		type_done(&type);
	}
}

int
words_add(struct words *words, struct arena *arena, struct word *take_word, uint32_t *ret_number)
{
	struct word *copy;

	take_word->hash = words_hash(take_word->shown, take_word->shown_len);
	if (!grow(words)) {
		free_types(take_word);
		return WRIT_E_NOMEM;
	}
	if (is_known(words, take_word, ret_number)) {
		free_types(take_word);
		return 0;
	}
	copy = arena_take(arena, 1, sizeof(*copy));
	if (copy == NULL) {
		free_types(take_word);
		return WRIT_E_NOMEM;
	}
	*copy = *take_word;
	words->list[words->count] = copy;
	*ret_number = (uint32_t)words->count++;
	put(words, *ret_number);
	return 0;
}

void
words_done(struct words *words)
{
	for (size_t i = 0; i < words->count; i++)
		free_types(words->list[i]);
	free(words->list);
	free(words->slots);
	*words = (struct words){ 0 };
}
