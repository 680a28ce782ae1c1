/* tell.h - what the administrator reads: lines on standard error, which systemd puts into
 * the journal. */
#ifndef WRIT_BROKER_TELL_H
#define WRIT_BROKER_TELL_H

#include "writ.h"

/* "writd: TEXT"; control bytes appear as '?'. */
__attribute__((format(printf, 1, 2))) void tell(const char *format, ...);

void tell_error(const char *what, const struct writ_error *err);

#endif
