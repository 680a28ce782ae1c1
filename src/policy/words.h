/* words.h - all words of a policy, each once: rules that share one share what
 * it costs to look at an argument. */
#ifndef WRIT_POLICY_WORDS_H
#define WRIT_POLICY_WORDS_H

#include "policy/word.h"

struct words {
	struct word **list; /* by number */
	size_t count;
	size_t size;
	uint32_t *slots; /* number + 1, or 0: a table by hash */
	size_t slot_count;
};

/* Returns the number of the word that `word` is, keeping a copy of it if it is
 * new (what it points to is in the arena already). A known one's types are
 * freed. WRIT_E_NOMEM, after which they are freed too. */
int words_add(struct words *words, struct arena *arena, struct word *take_word,
	      uint32_t *ret_number);
void words_done(struct words *words);

uint32_t words_hash(const char *text, size_t len);

#endif
