/* variable.h - the variables of a rule: Environment= and PassEnvironment=. */
#ifndef WRIT_POLICY_VARIABLE_H
#define WRIT_POLICY_VARIABLE_H

#include "policy/reading.h"

/* "NAME=VALUE ...", and "NAME={capture}". */
void variable_take_environment(struct reading *reading, const char *value);

/* "NAME:TYPE ...": what a request may bring. */
void variable_take_passed(struct reading *reading, const char *value);

/* At the end of the rule: no name is both, nor passed twice. */
void variable_check(struct reading *reading);

#endif
