/* beneath.h - arguments that name a file beneath a directory. */
#ifndef WRIT_PROC_BENEATH_H
#define WRIT_PROC_BENEATH_H

#include "proc/plan.h"

/* Errors: WRIT_E_INVAL, WRIT_E_LIMIT, as cmd.h has them. */
int beneath_check(const struct writ_cmd *cmd, struct writ_error *err);

/* Chooses the descriptors, and puts their names into plan->argv. The request is
 * checked. Errors: WRIT_E_NOMEM. */
int beneath_plan(const struct writ_cmd *cmd, struct plan *plan, struct writ_error *err);

#endif
