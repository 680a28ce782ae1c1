/* rules.h - policies of a test: made of texts, asked with words. */
#ifndef TEST_RULES_H
#define TEST_RULES_H

#include "policy/policy.h"

/* What was told while a policy was made, a line "LINE: text" each. */
extern char rules_told[8192];

/* A policy of one file, "test.policy"; NULL: it was refused, see rules_told. The
 * users are root (0), alice (1000, group 1000 and 2000), bob (1001), writ-run
 * (990); the groups ops (2000), netops (2001). */
struct policy *rules_of(const char *text);

/* The same of "[Policy] Allow=user:alice" and one rule "r" that runs as writ-run. */
struct policy *rules_of_exec(const char *exec);

/* What alice gets for these words, split at blanks; '' is an empty argument. The
 * verdict's captures are in a room of their own, overwritten by the next call. */
struct policy_verdict *rules_ask(const struct policy *policy, const char *words);
struct policy_verdict *rules_ask_as(const struct policy *policy, const struct policy_peer *peer,
				    const char *words);
struct policy_verdict *rules_ask_argv(const struct policy *policy, const char *const *argv);

extern const struct policy_peer rules_alice;
extern const struct policy_names rules_names;

/* Is the text refused, with `why` in what is told? */
bool rules_refused(const char *text, const char *why);
bool rules_exec_refused(const char *exec, const char *why);

/* The capture as text, or NULL; overwritten by the next call. */
const char *rules_captured(const char *name);

#endif
