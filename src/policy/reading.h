/* reading.h - where the reading of a policy's text is, and what every key's reader needs. */
#ifndef WRIT_POLICY_READING_H
#define WRIT_POLICY_READING_H

#include "policy/rule.h"

/* Where the reading of a file is. */
struct reading {
	struct policy *policy;
	struct found *found;
	const char *file;
	unsigned line;
	struct source *source;
	struct policy_rule *rule; /* NULL: in [Policy] */
	uint64_t keys;		  /* that this section has had */
	const char *key;	  /* being taken */
};

/* "KEY=: why" at the line that is read: the policy cannot be used. */
__attribute__((format(printf, 2, 3))) void reading_wrong(struct reading *reading,
							 const char *format, ...);

/* A copy that lives as long as the policy. */
void reading_keep(struct reading *reading, const char *value, const char **ret_text);

/* A list; NULL after telling what is wrong with it. */
const char *const *reading_split(struct reading *reading, const char *value);

bool reading_yes(struct reading *reading, const char *value);

/* The index of a word in a NULL-ended list of two; -1 after saying which there are. */
int reading_choice(struct reading *reading, const char *value, const char *const *choices);

#endif
