/* pen.h - what writes at the end of a file: whole lines, each chained to the
 * one before.
 *
 * A write that is broken off leaves a part of a line. The pen remembers it, and
 * has to close it before it writes on.
 *
 * Threads: one at a time.
 * After fork: no.
 */
#ifndef WRIT_AUDIT_PEN_H
#define WRIT_AUDIT_PEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/audit.h"
#include "audit/digest.h"
#include "audit/line.h"

enum {
	PEN_OWN_FIELDS_MAX = 192, /* of "torn", "dropped", "broken" */
	PEN_OWN_LINE_MAX = AUDIT_HEADER_BYTES_MAX + PEN_OWN_FIELDS_MAX,
};

struct pen {
	int fd;		  /* -1: there is no file yet */
	const char *path; /* for messages */
	uint64_t bytes;	  /* of the file */
	struct audit_head head;

	bool is_torn;
	bool torn_ends; /* with a newline */
	uint64_t torn_bytes;
	struct digest torn;

	char line[AUDIT_LINE_BYTES_MAX + sizeof(LINE_TORN_END)];
};

/* Writes one line. `object`, at most AUDIT_OBJECT_BYTES_MAX, is its fields.
 * Returns its length, or WRIT_E_SYS; then the head is what it was. */
int pen_write(struct pen *pen, const char *event, const char *object, size_t len, int64_t time_ns,
	      struct writ_error *err);

/* Closes what a write that was broken off left: the end of its line, and a
 * "torn" line that tells what lies between it and the line before. 0 or
 * WRIT_E_SYS. */
int pen_close_torn(struct pen *pen, int64_t time_ns, struct writ_error *err);

/* Puts the pen to no file; the head stays. */
void pen_lift(struct pen *pen);

#endif
