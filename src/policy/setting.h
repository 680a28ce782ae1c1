/* setting.h - the keys of [Policy] and [Command]: a table. */
#ifndef WRIT_POLICY_SETTING_H
#define WRIT_POLICY_SETTING_H

#include "policy/reading.h"

/* Takes one KEY=VALUE of the section that is being read. */
void setting_take(struct reading *reading, const char *key, const char *value);

/* The section ends: what must be there, what excludes each other, defaults. */
void setting_end_rule(struct reading *reading);
void setting_end_source(struct reading *reading);

/* The name of the n-th key, for tests that go through all; NULL: no more. */
const char *setting_name(size_t n);

#endif
