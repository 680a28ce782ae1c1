/* unique.h - is there one way only to read any arguments? */
#ifndef WRIT_POLICY_UNIQUE_H
#define WRIT_POLICY_UNIQUE_H

#include "policy/machine.h"

/* Looks at every place where an argument may be expected: of the words that
 * could take it, no two may overlap. Errors: WRIT_E_SYNTAX with `why`, which
 * names two words and an argument of both; WRIT_E_LIMIT; WRIT_E_NOMEM. */
int unique_check(const struct machine *machine, const struct words *words, char why[USAGE_WHY_MAX]);

#endif
