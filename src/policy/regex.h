/* regex.h - regular expressions of the whole argument, with a bound on what a
 * match may cost. PCRE2's syntax. */
#ifndef WRIT_POLICY_REGEX_H
#define WRIT_POLICY_REGEX_H

#include <stdbool.h>
#include <stddef.h>

struct regex;

enum {
	REGEX_STEPS_MAX = 10000,	/* of one match */
	REGEX_MATCH_BYTES = 256 * 1024, /* of the stack */
};

/* NULL: `why` (at least 160 bytes) says why; empty: out of memory. */
struct regex *regex_new(const char *pattern, size_t len, char why[160]);
struct regex *regex_free(struct regex *regex);

/* Does the whole text match? What takes too long does not. */
bool regex_matches(const struct regex *regex, const char *text, size_t len);

#endif
