/* pattern.h - one regular expression of a filter.
 *
 * It is run by PCRE2 within limits: one that would take for ever matches
 * nothing. Of Python's language that part is taken which means the same in both
 * and which every filter that was ever shipped keeps to: literals, . ^ $, sets,
 * groups, |, * + ? {N}, lookahead, \d \s \w \b and the like. Else it is refused.
 */
#ifndef WRIT_ROOTWRAP_PATTERN_H
#define WRIT_ROOTWRAP_PATTERN_H

#include <stdbool.h>

struct pattern {
	const char *text;
	bool exact;
	bool is_literal; /* nothing in it is special */
	bool is_tried;
	void *code; /* made when first needed; NULL: it matches nothing */
};

enum { PATTERN_BYTES_MAX = 4096 };

/* Borrows the text. With `exact` it matches as re.match(text + '$') does. Else it is
 * for the whole argument, alternatives included, \d and \w are of ASCII, and no argument with
 * a newline or NUL matches. Returns NULL, or why it will match nothing. */
const char *pattern_init(struct pattern *pattern, const char *text, bool exact);
void pattern_done(struct pattern *pattern);

bool pattern_match(struct pattern *pattern, const char *argument);

#endif
