/* resolve.h - names of users, groups and rules become what they stand for. */
#ifndef WRIT_POLICY_RESOLVE_H
#define WRIT_POLICY_RESOLVE_H

#include "policy/rule.h"

/* Looks all names up; what is not known leaves its rules inert, with a warning. */
void resolve_names(struct policy *policy, const struct policy_names *names, struct found *found);

/* The rule that `rule` calls `name`: of its own file, or FILE/NAME. */
struct policy_rule *resolve_rule(const struct policy *policy, const struct policy_rule *rule,
				 const char *name, size_t len);

/* Finds what Prefer= and Target= name, and gives each rule its rank. */
void resolve_rules(struct policy *policy, struct found *found);

#endif
