/* lines.h - the dialect of policy files: sections, KEY=VALUE, nothing else.
 *
 * A '\' at the end of a line continues it: it, the newline and the blanks
 * around them become one blank. A line that begins with '#' or ';' is a
 * comment; there are no comments behind a value. A line may not begin with a
 * blank, for other dialects take that for a continuation.
 */
#ifndef WRIT_POLICY_LINES_H
#define WRIT_POLICY_LINES_H

#include <stddef.h>

#include "policy/policy.h"

enum line_kind {
	LINE_END,
	LINE_SECTION, /* `name` is what stands between the brackets */
	LINE_SETTING, /* `name`, `value` */
	LINE_WRONG,   /* `why` says why; reading can go on */
};

/* Valid until the next one is read. */
struct line {
	int kind;
	unsigned number; /* of its first line in the file */
	const char *name;
	const char *value;
	const char *why;
};

struct lines {
	const char *at;
	const char *end;
	unsigned number;
	char *joined; /* POLICY_LINE_BYTES_MAX + 1 bytes */
	size_t len;
	const char *why;
};

/* `text` is borrowed. False: out of memory. */
bool lines_init(struct lines *lines, const char *text, size_t len);
void lines_done(struct lines *lines);

void lines_next(struct lines *lines, struct line *ret_line);

#endif
