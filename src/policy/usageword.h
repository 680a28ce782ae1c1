/* usageword.h - the words of a usage line: literals and captures that join in one argument. */
#ifndef WRIT_POLICY_USAGEWORD_H
#define WRIT_POLICY_USAGEWORD_H

#include "policy/usage.h"

struct parser {
	const char *text;
	const char *at;
	struct arena *arena;
	struct words *words;
	struct usage_names *names;
	int depth;
	bool wants_program;
	char *why;
};

/* The word that begins here; stops at what ends it. 0, WRIT_E_SYNTAX with `parser->why`
 * filled, or WRIT_E_NOMEM. */
int usageword_parse(struct parser *parser, struct word *ret_word);

bool usageword_is_blank(char c);

/* "why, at: the rest of the text". Returns WRIT_E_SYNTAX. */
__attribute__((format(printf, 2, 3))) int usageword_fail(struct parser *parser,
							 const char *format, ...);

#endif
