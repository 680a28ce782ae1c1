/* record.h - a result as JSON; docs/record.md. */
#ifndef WRIT_PROC_RECORD_H
#define WRIT_PROC_RECORD_H

#include "writ/result.h"

/* The beginning of the record, all that is known at the start, for the case
 * that somebody else must write the end. The caller frees it; NULL: no memory. */
char *record_head(const struct writ_result *res);

/* Writes the record and a newline; what cannot be written is lost. */
int record_write(const struct writ_result *res, writ_fd fd);

#endif
