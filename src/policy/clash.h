/* clash.h - two rules that can accept the same arguments for the same caller.
 *
 * They must say the same in all that matters, or one of them Prefer= the other:
 * which of two rules holds is never a matter of the order of files.
 */
#ifndef WRIT_POLICY_CLASH_H
#define WRIT_POLICY_CLASH_H

#include "policy/rule.h"

/* Tells of every such pair in the family. */
void clash_check(struct policy *policy, const struct family *family, struct found *found);

#endif
