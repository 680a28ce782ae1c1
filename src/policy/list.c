#include "policy/list.h"

#include <string.h>

#include "writ/error.h"

/* Takes one word off `*text`, into `word` (large enough), without its quotes. */
static const char *
take_word(const char **text, char *word)
{
	bool quoted = false;
	const char *at = *text;

	for (; *at != '\0' && (quoted || (*at != ' ' && *at != '\t')); at++) {
		if (*at == '"')
			quoted = !quoted;
		else if (*at == '\\')
			return "a '\\' has no meaning here";
		else
			*word++ = *at;
	}
	*word = '\0';
	*text = at + strspn(at, " \t");
	return quoted ? "a '\"' is not closed" : NULL;
}

int
list_split(struct arena *arena, const char *text, const char *const **ret_list,
	   const char **ret_why)
{
	const char *words[LIST_WORDS_MAX];
	size_t len = strlen(text);
	const char **list;
	size_t count = 0;
	bool none = strcmp(text, "none") == 0;

	while (!none && *text != '\0') {
		char *word = arena_take(arena, len + 1, 1);

		if (word == NULL)
			return WRIT_E_NOMEM;
		*ret_why =
			count == LIST_WORDS_MAX ? "more than 1024 words" : take_word(&text, word);
		if (*ret_why != NULL)
			return WRIT_E_SYNTAX;
		words[count++] = word;
		len = strlen(text);
		*ret_why = "\"none\" is written alone";
		if (strcmp(word, "none") == 0)
			return WRIT_E_SYNTAX;
	}
	list = arena_take(arena, count + 1, sizeof(*list));
	if (list == NULL)
		return WRIT_E_NOMEM;
	memcpy(list, words, count * sizeof(*list));
	*ret_list = list;
	return (int)count;
}
