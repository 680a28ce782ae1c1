/* reader.h - one rule reads the arguments of a request. */
#ifndef WRIT_POLICY_READER_H
#define WRIT_POLICY_READER_H

#include "policy/rule.h"

/* Where a rule stopped. */
struct stop {
	struct standing standing;
	size_t argument; /* the first that did not fit; argc: more was expected */
};

/* Does the rule accept the arguments? Captures and what else they say are put
 * into `verdict`, NULL to only ask; `ret_stop` (NULL allowed) is filled when not. */
bool reader_accepts(const struct policy *policy, const struct policy_rule *rule,
		    const struct policy_request *request, struct policy_verdict *verdict,
		    struct stop *ret_stop);

#endif
