/* check.h - a request is looked at as a whole before anything is done. */
#ifndef WRIT_PROC_CHECK_H
#define WRIT_PROC_CHECK_H

#include "writ/cmd.h"

enum {
	CHECK_TEARDOWN_MAX = 8,
	CHECK_ARGS_MAX = 1024 * 1024,
};

/* Copies as much of the request as its size says there is, also on failure, and
 * checks it. What asks other parts (program, user, environment, limits) is left
 * to them.
 * Errors: WRIT_E_INVAL, WRIT_E_LIMIT. */
int check_cmd(const struct writ_cmd *cmd, struct writ_cmd *ret_cmd, struct writ_error *err);

/* Does this output pass through us? */
bool check_is_piped(const struct writ_out *out);

#endif
