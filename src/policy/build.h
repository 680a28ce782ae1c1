/* build.h - a rule's usage lines become its machine. */
#ifndef WRIT_POLICY_BUILD_H
#define WRIT_POLICY_BUILD_H

#include "policy/rule.h"

/* Reads Exec= and CallerPrefix=, or makes what a signal rule takes; what is
 * wrong is told. */
void build_rule(struct policy *policy, struct policy_rule *rule, struct found *found);

#endif
