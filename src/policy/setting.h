/* setting.h - the keys of [Policy] and [Command]: a table. */
#ifndef WRIT_POLICY_SETTING_H
#define WRIT_POLICY_SETTING_H

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

/* Takes one KEY=VALUE of the section that is being read. */
void setting_take(struct reading *reading, const char *key, const char *value);

/* The section ends: what must be there, what excludes each other, defaults. */
void setting_end_rule(struct reading *reading);
void setting_end_source(struct reading *reading);

/* The name of the n-th key, for tests that go through all; NULL: no more. */
const char *setting_name(size_t n);

/* The number of a signal that rules may send, or 0. */
int setting_signal(const char *name);
const char *setting_signal_name(int signal);

#endif
