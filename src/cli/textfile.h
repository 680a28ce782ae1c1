/* textfile.h - small files that options name: NAME=VALUE lines, and secrets. */
#ifndef WRIT_CLI_TEXTFILE_H
#define WRIT_CLI_TEXTFILE_H

#include <stddef.h>

#include "writ/error.h"

enum {
	TEXTFILE_BYTES_MAX = 1024 * 1024,
	TEXTFILE_LINES_MAX = 4096,
};

/* Reads a whole file, with a NUL behind it; the caller frees it (and clears a
 * secret first). Errors: WRIT_E_SYS, WRIT_E_LIMIT, WRIT_E_NOMEM. */
int textfile_read(const char *path, char **ret_text, size_t *ret_len, struct writ_error *err);

/* Splits into lines, in place; blank ones and those that begin with '#' are
 * skipped. Returns how many, at most `max`; err->line tells the first without
 * '='. Errors: WRIT_E_SYNTAX, WRIT_E_LIMIT. */
int textfile_lines(char *text, size_t len, const char **ret_lines, size_t max, const char *path,
		   struct writ_error *err);

#endif
