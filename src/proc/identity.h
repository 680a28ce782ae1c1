/* identity.h - who the program is, and what it may: beyond a user's name.
 *
 * Asked seldom, so by itself.
 */
#ifndef WRIT_PROC_IDENTITY_H
#define WRIT_PROC_IDENTITY_H

#include "proc/plan.h"

/* Does the request make sense? Errors: those that cmd.h names for the members, before
 * anything is looked up. */
int identity_check(const struct writ_cmd *cmd, struct writ_error *err);

/* Completes the plan. The request is checked. Errors: WRIT_E_NOMEM, and those that
 * cmd.h names. */
int identity_plan(const struct writ_cmd *cmd, struct plan *plan, struct writ_error *err);

#endif
