/* span.h - the parts of a text that are to be hidden.
 *
 * Threads: any; a list belongs to its caller.
 * After fork: no; it allocates.
 */
#ifndef WRIT_AUDIT_SPAN_H
#define WRIT_AUDIT_SPAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

struct span {
	size_t begin;
	size_t end;
	const char *rule; /* static */
};

struct spans {
	struct span *list;
	size_t count;
	size_t size;
	bool failed; /* no memory: then all of the text is hidden */
};

/* In any order; they may overlap. An empty one is left out. */
void spans_add(struct spans *spans, size_t begin, size_t end, const char *rule);

/* Adds the first `len` bytes of `text` to `buf`, with "[REDACTED:rule]" for each
 * part that is hidden; parts that meet are one. Empties the list. Returns how
 * many there were. */
size_t spans_show(struct spans *spans, const char *text, size_t len, struct buf *buf);

void spans_done(struct spans *spans);

#endif
