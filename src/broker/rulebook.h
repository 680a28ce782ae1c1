/* rulebook.h - the policy in force, shared by those who were judged by it: a reload puts
 * another in its place, and the old one lives as long as a run of it. */
#ifndef WRIT_BROKER_RULEBOOK_H
#define WRIT_BROKER_RULEBOOK_H

#include "policy/policy.h"
#include "writ.h"

/* How many runs a rule has: for MaxRunning=. */
struct tally {
	const struct policy_rule *rule;
	unsigned running;
};

struct rulebook {
	struct policy *policy;
	struct tally *tallies; /* by the rules' addresses */
	size_t rule_count;
	unsigned holders;
};

/* Reads and checks the directories; of files of one name the first counts. NULL: the usual ones. Findings go to standard error.
 * Held by the caller. 0 or a code with `err`. */
int rulebook_load(const char *const *dirs, struct rulebook **ret_book, struct writ_error *err);

struct rulebook *rulebook_get(struct rulebook *book);
struct rulebook *rulebook_put(struct rulebook *book); /* NULL is fine; returns NULL */

/* One more run of the rule; false: its MaxRunning= is reached. */
bool rulebook_begin(struct rulebook *book, const struct policy_rule *rule);
void rulebook_end(struct rulebook *book, const struct policy_rule *rule);

#endif
