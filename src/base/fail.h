/* fail.h - making errors: once, where they are seen. */
#ifndef WRIT_BASE_FAIL_H
#define WRIT_BASE_FAIL_H

#include <stdarg.h>

#include "writ/error.h"

/* Fills `err` (NULL allowed) and returns `code`. `why` is static text; NULL
 * takes the text of err_no, or of the code. The subject is formatted. */
__attribute__((format(printf, 6, 7))) int writ_fail(struct writ_error *err, int code, int stage,
						    int err_no, const char *why,
						    const char *subject, ...);

/* Adds what to do about it (NULL allowed) and returns `code`. */
__attribute__((format(printf, 3, 4))) int writ_hint(struct writ_error *err, int code,
						    const char *hint, ...);

/* The same error once more, for another (NULL allowed). */
int writ_fail_as(struct writ_error *err, const struct writ_error *from);

/* The two commonest. */
int writ_fail_sys(struct writ_error *err, int stage, int err_no, const char *subject);
int writ_fail_nomem(struct writ_error *err, int stage);

#endif
