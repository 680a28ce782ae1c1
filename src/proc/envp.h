/* envp.h - making the environment that a request asks for. */
#ifndef WRIT_PROC_ENVP_H
#define WRIT_PROC_ENVP_H

#include "writ/env.h"

enum { ENVP_NAMES_MAX = 8192 };

/* A NULL-ended list, whose strings are borrowed from the request and its
 * source; the caller frees the list alone. Sorted as the source, then as set.
 * Errors: WRIT_E_SYNTAX (a bad name or pattern), WRIT_E_INVAL (a name set
 * twice), WRIT_E_LIMIT, WRIT_E_NOMEM. */
int envp_make(const struct writ_env *env, const char ***ret_envp, struct writ_error *err);

/* The value of a name that is set, else that the source has; or NULL. */
const char *envp_lookup(const struct writ_env *env, const char *name);

#endif
