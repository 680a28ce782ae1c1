/* names.h - the databases of users and groups, asked by getent(1) in a process of
 * its own, with a bound; each name once.
 *
 * Threads: one at a time.
 */
#ifndef WRIT_STORE_NAMES_H
#define WRIT_STORE_NAMES_H

#include "policy/policy.h"

struct names;

struct names *names_new(void);
struct names *names_free(struct names *names);

/* As struct policy_names has them; `ctx` is a struct names. */
int names_user(void *ctx, const char *name, struct policy_user *ret_user);
int names_group(void *ctx, const char *name, uint32_t *ret_gid);

#endif
