/* audit.h - the record of decisions and runs: one JSON line each, chained, in
 * a file that does not grow without bound.
 *
 * Each line is chained to the one before it by its SHA-256, so that a line
 * which was changed, moved or taken out is found (audit/verify.h). That the end
 * was cut off is found with a head that was kept elsewhere: audit_head().
 * docs/record.md describes the lines.
 *
 * A write goes to the page cache and waits for nothing but that: no lock that
 * another process could hold, no other write. The caller's process ignores
 * SIGXFSZ, if it has a limit on the size of files.
 *
 * Threads: one at a time.
 * After fork: no; the parent goes on with it.
 */
#ifndef WRIT_AUDIT_AUDIT_H
#define WRIT_AUDIT_AUDIT_H

#include <stddef.h>
#include <stdint.h>

#include "writ/error.h"

struct audit;

enum {
	AUDIT_LINE_BYTES_MAX = 64 * 1024, /* its newline included */
	AUDIT_HEADER_BYTES_MAX = 320,	  /* of it, what comes before the caller's fields */
	AUDIT_OBJECT_BYTES_MAX = AUDIT_LINE_BYTES_MAX - AUDIT_HEADER_BYTES_MAX,
	AUDIT_HASH_TEXT_MAX = 65, /* 64 digits and a NUL */
	AUDIT_HEAD_TEXT_MAX = 20 + 1 + AUDIT_HASH_TEXT_MAX,

	AUDIT_BYTES_MIN = 4096, /* smallest bytes_max; it bounds a line too */
	AUDIT_BYTES_DEFAULT = 16 * 1024 * 1024,
	AUDIT_FILES_MIN = 2,
	AUDIT_FILES_MAX = 1000,
	AUDIT_FILES_DEFAULT = 8,
};

/* What a line tells of: its "event". */
enum audit_kind {
	AUDIT_REFUSED = 0, /* "refused": a decision; the only kind that may be dropped */
	AUDIT_ACCEPTED,	   /* "accepted": a decision, before the program starts */
	AUDIT_ENDED,	   /* "ended": the run, after it */
	AUDIT_NOTE,	   /* "note": of the one who writes: started, a new policy, drained */
};

struct audit_options {
	/* Absolute, without symbolic links. Every directory on the way belongs to
	 * root or to us, and nobody else can write to it (a sticky one may be
	 * shared, but not the last). Beside the file stand PATH.1, PATH.2 ...,
	 * the older ones, and PATH.lock. */
	const char *path;
	uint64_t bytes_max;	    /* of one file; 0: AUDIT_BYTES_DEFAULT */
	uint64_t refused_bytes_max; /* what refusals may take of it; 0: a quarter */
	unsigned files_max;	    /* with PATH itself; 0: AUDIT_FILES_DEFAULT */
	int64_t (*clock_ns)(void *ctx); /* since 1970; NULL: the system's */
	void *clock_ctx;
};

/* The last line that was written. */
struct audit_head {
	uint64_t n; /* 0: there is none */
	char hash[AUDIT_HASH_TEXT_MAX];
};

/* Opens the record, or makes it (mode 0600), and goes on where it ended: what
 * is there is verified first. A last line that was torn is closed with a "torn"
 * line. A file that is broken otherwise is put aside as PATH.1, and the new one
 * begins with a "broken" line that names the place.
 *
 * Errors:
 *   WRIT_E_INVAL  an option; a path that is not absolute, that others can
 *                 change, or that has a symbolic link in it
 *   WRIT_E_STATE  another process writes to it: the subject names it
 *   WRIT_E_SYS    err_no says how
 *   WRIT_E_NOMEM */
int audit_open(const struct audit_options *options, struct audit **ret_audit,
	       struct writ_error *err);

/* Writes one line. `object` is the inside of a JSON object, `len` bytes on one
 * line, redacted (audit/redact.h), with at least one field; ours come before
 * it: writ, n, time, prev, event.
 *
 * A refusal past its share of the file is counted instead, and a "dropped" line
 * tells how many there were: before the file gives way to the next, before
 * audit_close(), and else once a minute, if something else is written.
 *
 * After an error nothing of the line counts. If a part of it has reached the
 * file, the next write closes it with a "torn" line first.
 *
 * Returns 0. Errors:
 *   WRIT_E_INVAL  `object` is empty or has a control byte in it
 *   WRIT_E_LIMIT  the line would be longer than AUDIT_LINE_BYTES_MAX, or than
 *                 a file
 *   WRIT_E_SYS    err_no says how: ENOSPC, EDQUOT, EFBIG, EIO ...
 *   WRIT_E_NOMEM */
int audit_write(struct audit *audit, enum audit_kind kind, const char *object, size_t len,
		struct writ_error *err);

/* The current head, for a place that the writer of the file cannot change:
 * what `writ log verify --head` takes. */
void audit_head(const struct audit *audit, struct audit_head *ret_head);

/* "N:HASH" into `text`; returns it. */
char *audit_head_text(const struct audit_head *head, char text[AUDIT_HEAD_TEXT_MAX]);

/* How many refusals were counted and not written, since audit_open(). */
uint64_t audit_dropped(const struct audit *audit);

/* Waits until all that was written is on the disk, so that a head which is
 * told now is not ahead of the file after a loss of power. 0 or WRIT_E_SYS. */
int audit_sync(struct audit *audit, struct writ_error *err);

/* NULL is fine. Returns NULL. */
struct audit *audit_close(struct audit *audit);

#endif
