/* limit.h - the keys Limit*= of a rule, by the names that systemd.exec(5) gives them. */
#ifndef WRIT_POLICY_LIMIT_H
#define WRIT_POLICY_LIMIT_H

#include "policy/reading.h"

enum { LIMIT_COUNT = 16 };

/* "LimitNOFILE" ...; NULL: no more. */
const char *limit_key(size_t n);

/* "LIMIT" or "SOFT:HARD" for the key of that number. */
void limit_take(struct reading *reading, size_t limit, const char *value);

#endif
