/* found.h - telling what is wrong with a policy's text. */
#ifndef WRIT_POLICY_FOUND_H
#define WRIT_POLICY_FOUND_H

#include <stdbool.h>

#include "policy/policy.h"

/* Who listens, and what has been told so far. */
struct found {
	const struct policy_ear *ear; /* NULL: nobody */
	unsigned fatal;
	bool no_memory; /* something could not be kept: told by nobody but the code */
};

/* "what: why". Control bytes appear as '?'. */
__attribute__((format(printf, 4, 5))) void found_fatal(struct found *found, const char *file,
						       unsigned line, const char *format, ...);
__attribute__((format(printf, 4, 5))) void found_warning(struct found *found, const char *file,
							 unsigned line, const char *format, ...);

/* The code that all this amounts to: 0, WRIT_E_SYNTAX or WRIT_E_NOMEM. */
int found_code(const struct found *found);

#endif
