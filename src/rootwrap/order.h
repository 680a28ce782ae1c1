/* order.h - what was decided, as an order for the library. */
#ifndef WRIT_ROOTWRAP_ORDER_H
#define WRIT_ROOTWRAP_ORDER_H

#include "query.h"
#include "writ.h"

/* Makes `ret_cmd`: program, environment, user. Streams, session and time are the caller's to
 * say. In strict mode the environment is ours without what makes a loader or an interpreter run
 * other code; in exact mode it is ours. Borrows from the arena and the verdict.
 * Errors: WRIT_E_INVAL, the filter names no user. */
int order_make(struct arena *arena, const struct verdict *verdict, bool strict,
	       struct writ_cmd *ret_cmd, struct writ_error *err);

/* The line of the log for it, as stock writes it. */
char *order_log_line(struct arena *arena, const struct verdict *verdict);

/* Why nothing ran, and the status for it. */
int order_failure(const struct writ_error *err);

#endif
