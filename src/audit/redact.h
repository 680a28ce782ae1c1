/* redact.h - a command, or a text, as the record may show it: without secrets,
 * within bounds, as JSON.
 *
 * What the policy knows to be secret is given by its place, and goes for
 * certain. The rest is a net, the one of Python's writ.agent.redact: options
 * and variables with telling names, users' parts of addresses, headers, the
 * shapes of known tokens, private keys. A secret without a name and without a
 * shape passes. A secret that was found in a command by its place or its name
 * is hidden wherever else it stands in that command.
 *
 * What is hidden is "[REDACTED:rule]"; what is cut, "[... N bytes ...]", always
 * after the secrets are out, since half of one has no shape any more. Control
 * bytes are escaped; what is not UTF-8 is {"base64": "..."} (base/json.h).
 *
 * The text may be hostile: every search is linear in it, and what is looked at
 * of it is bounded too. The rest is not shown.
 *
 * Threads: any; nothing is kept between calls.
 * After fork: no; it allocates.
 */
#ifndef WRIT_AUDIT_REDACT_H
#define WRIT_AUDIT_REDACT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

enum {
	REDACT_WORD_BYTES_DEFAULT = 4096,
	REDACT_BYTES_DEFAULT = 32 * 1024,
	/* A shorter secret is not looked for elsewhere: it would blot out words. A
	 * longer one neither, nor one past so many: hidden in its place only. */
	REDACT_EXACT_BYTES_MIN = 6,
	REDACT_EXACT_BYTES_MAX = 4096,
	REDACT_EXACT_MAX = 16,
};

/* Where a value of a secret type stands. */
struct redact_secret {
	size_t argument; /* its index in argv */
	size_t offset;	 /* in it, in bytes; past its end is allowed */
	size_t len;
};

struct redact_options {
	const struct redact_secret *secrets; /* for redact_argv() */
	size_t secret_count;
	const char *const *exact; /* secrets to be looked for, NULL-ended; or NULL */
	size_t word_bytes_max;	  /* of one word, before it is escaped; 0: the default */
	size_t bytes_max;	  /* of what is added to `json`; 0: the default; at least 256 */
};

/* Adds a JSON array of the words to `json`. When they do not fit, or are more
 * than twice `bytes_max` together, the last element is "[... N more ...]".
 * `options` may be NULL. Returns how many secrets were taken out. */
size_t redact_argv(struct buf *json, const char *const *argv, size_t argc,
		   const struct redact_options *options);

/* Adds one text as a JSON string: an error's, a path, a name. The same bounds. */
size_t redact_text(struct buf *json, const char *text, const struct redact_options *options);

/* Does a variable of this name hold a secret? */
bool redact_is_secret_name(const char *name, size_t len);

#endif
