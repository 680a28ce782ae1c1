/* search.h - finding the program: once, here, and absolute afterwards. */
#ifndef WRIT_PROC_SEARCH_H
#define WRIT_PROC_SEARCH_H

#include "writ/cmd.h"

/* The absolute path of the program of `cmd`, which the caller frees. One that is named
 * by a path is looked at only if `look`: where it lies may hang.
 * Errors: WRIT_E_INVAL (no program, "." or ".."), WRIT_E_NOT_FOUND,
 * WRIT_E_NOT_EXECUTABLE, WRIT_E_NOMEM. */
int search_program(const struct writ_cmd *cmd, bool look, char **ret_exe, struct writ_error *err);

/* Looks at the program itself. Errors: WRIT_E_NOT_FOUND, WRIT_E_NOT_EXECUTABLE. */
int search_look(const char *exe, struct writ_error *err);

#endif
