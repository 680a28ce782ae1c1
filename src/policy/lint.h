/* lint.h - rules that give more than they seem to.
 *
 * A finding has the name of the class of bypass (B1 to B20) it belongs to. A rule
 * says Accept="B6: why" where it is meant so; the finding is then told with that.
 */
#ifndef WRIT_POLICY_LINT_H
#define WRIT_POLICY_LINT_H

#include "policy/policy.h"

struct lint_finding {
	const struct policy_rule *rule;
	const char *id;	    /* "B6" */
	const char *text;   /* valid during the call */
	const char *reason; /* of Accept=; NULL: it is not accepted */
};

/* What the linter asks of the machine and tells the caller. */
struct lint_ear {
	void (*tell)(void *ctx, const struct lint_finding *finding);
	/* May somebody whom the rule serves write into this directory? NULL: yes. */
	bool (*may_write)(void *ctx, const char *dir, const struct policy_rule *rule);
	void *ctx;
};

/* Looks at every rule of a sealed policy. */
void lint_policy(const struct policy *policy, const struct lint_ear *ear);

/* Is there a class of that name? */
bool lint_is_id(const char *id, size_t len);

#endif
