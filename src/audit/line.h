/* line.h - the form of a line: fields of ours in a fixed order, then those of
 * whoever has something to tell, then "}" and a newline.
 *
 *   {"writ": "audit/1", "n": 7, "time": "2026-01-01T00:00:00.000000000Z",
 *    "prev": "64 digits", "event": "accepted", ...}
 *
 * The fixed form is what makes a reader of a few lines enough, here and in
 * whatever checks the record elsewhere.
 *
 * Threads: any.
 * After fork: yes.
 */
#ifndef WRIT_AUDIT_LINE_H
#define WRIT_AUDIT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/digest.h"

enum {
	LINE_EVENT_MAX = 16,	  /* with its NUL */
	LINE_START_BYTES = 512,   /* so much of a line is enough for line_read() */
	LINE_N_MAX_DIGITS = 20,
};

/* What stands before the first line of all. */
#define LINE_NO_PREV "0000000000000000000000000000000000000000000000000000000000000000"

/* What ends the part of a line that reached the file: then it is none, however
 * much of it did. */
#define LINE_TORN_END "[torn]\n"

struct line {
	uint64_t n; /* from 1 */
	char prev[DIGEST_TEXT_MAX];
	char event[LINE_EVENT_MAX];
	size_t len; /* of what was read: the fields begin there, with ", " or "}" */
};

/* Writes the beginning of a line, without the fields. Returns its length, or 0
 * if `size` is too small. */
size_t line_write(char *buf, size_t size, const struct line *line, int64_t time_ns);

/* Reads the beginning of a line. False: it is not of this form. */
bool line_read(const char *text, size_t len, struct line *ret_line);

/* The fields of a "torn" line: what lies between it and the line before. */
int line_write_torn(char *buf, size_t size, uint64_t bytes, const char *hash);
bool line_read_torn(const char *text, size_t len, const struct line *line, uint64_t *ret_bytes,
		    char ret_hash[DIGEST_TEXT_MAX]);

#endif
