/* list.h - values that are lists: words between blanks, "quoted" where they
 * hold blanks themselves. */
#ifndef WRIT_POLICY_LIST_H
#define WRIT_POLICY_LIST_H

#include "policy/arena.h"

enum { LIST_WORDS_MAX = 1024 };

/* Splits `text` into a NULL-ended list in the arena; "none" is the empty list,
 * which can be written in no other way. Returns how many; WRIT_E_SYNTAX with
 * `*ret_why` (static); WRIT_E_NOMEM. */
int list_split(struct arena *arena, const char *text, const char *const **ret_list,
	       const char **ret_why);

#endif
