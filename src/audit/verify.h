/* verify.h - is a record whole? Files are given piece by piece, the oldest
 * first; the first place where the chain does not hold is found.
 *
 * It finds a line that was changed, taken out, put in or moved, a last line
 * that is torn and, with a head that was kept elsewhere, an end that was cut
 * off or written anew. Who may write to the file and knows of no head can write
 * all of it anew: that is found by nobody.
 *
 * Pure: no system call, no allocation. Linear in what it is given.
 *
 * Threads: any; a verification belongs to its caller.
 * After fork: yes.
 */
#ifndef WRIT_AUDIT_VERIFY_H
#define WRIT_AUDIT_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "audit/audit.h"
#include "audit/digest.h"
#include "audit/line.h"

enum {
	/* What a write that was broken off, and the closing of it, can leave. */
	AUDIT_TORN_BYTES_MAX = 2 * AUDIT_LINE_BYTES_MAX,
};

enum audit_fault {
	AUDIT_INTACT = 0,
	AUDIT_NO_LINE,	  /* not a line of a record */
	AUDIT_MISSING,	  /* lines before this one are missing */
	AUDIT_MISPLACED,  /* its number was there before: moved, or put in */
	AUDIT_CHANGED,	  /* not the line that the next one is chained to */
	AUDIT_OTHER_PREV, /* not chained to the line before it */
	AUDIT_TORN,	  /* the file ends within this line */
	AUDIT_OTHER_HEAD, /* not the line that the head names */
	AUDIT_CUT,	  /* the last line, and the head names a later one */
	AUDIT_HEAD_OLD,	  /* the first line, and the head names an earlier one */
	AUDIT_FAULT_COUNT_
};

/* Where: the files are counted as they come, from 1, and so are their lines. */
struct audit_place {
	unsigned file;
	uint64_t line;
};

struct audit_verify {
	/* What was found, once audit_verify_end() has been called. */
	enum audit_fault fault;
	struct audit_place at;	/* of the fault */
	struct audit_head head; /* of the last line that holds */
	uint64_t lines;		/* that hold, in all files */
	uint64_t torn;		/* places where a torn line was closed */
	uint64_t refused_bytes; /* of the last file, what its refusals take */

	/* What follows the last line that holds, if it can be what a broken off
	 * write left: then a "torn" line may close it. */
	bool is_open;
	bool open_ends; /* with a newline */
	uint64_t open_bytes;
	struct digest open;

	/* Inside. */
	const struct audit_head *expected;
	bool head_seen;
	uint64_t first_n;
	enum { VERIFY_HOLDS = 0, VERIFY_OPEN, VERIFY_UNVOUCHED, VERIFY_DECIDED } state;
	struct audit_place first;
	struct audit_place last; /* of the last line that holds */
	struct audit_head unvouched; /* the line that does not fit; or is the last one wrong? */

	/* The line that is being read. */
	struct audit_place now;
	char start[LINE_START_BYTES];
	uint64_t len;
	char last_byte; /* before the newline */
	struct digest digest;
	struct digest open_before; /* `open` without it */
};

/* `expected` is a head that was kept elsewhere, or NULL; borrowed. */
void audit_verify_begin(struct audit_verify *verify, const struct audit_head *expected);

/* The next file begins. */
void audit_verify_file(struct audit_verify *verify);
void audit_verify_add(struct audit_verify *verify, const void *data, size_t len);

/* All was given. Returns what is also in `fault`. */
enum audit_fault audit_verify_end(struct audit_verify *verify);

/* What a fault is, in a few words; static. */
const char *audit_fault_text(enum audit_fault fault);

/* Reads "N:HASH". False: it is not that. */
bool audit_head_parse(const char *text, struct audit_head *ret_head);

#endif
