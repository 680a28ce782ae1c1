/* search.h - finding the program: once, here, and absolute afterwards. */
#ifndef WRIT_PROC_SEARCH_H
#define WRIT_PROC_SEARCH_H

#include "writ/cmd.h"

/* The absolute path of the program of `cmd`, which the caller frees.
 * Errors: WRIT_E_INVAL (no program, "." or ".."), WRIT_E_NOT_FOUND,
 * WRIT_E_NOT_EXECUTABLE, WRIT_E_NOMEM. */
int search_program(const struct writ_cmd *cmd, char **ret_exe, struct writ_error *err);

#endif
