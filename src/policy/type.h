/* type.h - what a captured value must be: "int(1..10)", "ifname(tap*|qr-*)".
 *
 * A value is never empty, and begins with '-' only where its type says so in
 * so many words. It is UTF-8 without control bytes, but for paths (any byte
 * that is no control) and `any`.
 */
#ifndef WRIT_POLICY_TYPE_H
#define WRIT_POLICY_TYPE_H

#include "policy/arena.h"
#include "policy/policy.h"

struct outline;
struct regex;

enum {
	TYPE_TEXT_BYTES_MAX = 64 * 1024, /* of a value, but `any` */
	TYPE_WORD_BYTES_MAX = 4096,
	TYPE_GLOBS_MAX = 64,
	TYPE_GLOB_BYTES_MAX = 255,
	TYPE_STARS_MAX = 4, /* of a glob: each costs a walk over the value */
};

struct type {
	int kind; /* enum policy_type */
	int64_t low;
	int64_t high;
	const char *base;
	size_t base_len;
	const char *const *globs; /* NULL-ended; NULL: all of the kind */
	struct regex *regex;	  /* freed by type_done() */
};

/* Reads "NAME" or "NAME(...)". Returns 0, WRIT_E_SYNTAX with `why` filled, or
 * WRIT_E_NOMEM. */
int type_parse(struct arena *arena, const char *text, size_t len, struct type *ret_type,
	       char why[160]);
void type_done(struct type *type);

bool type_takes(const struct type *type, const char *text, size_t len);

/* The set of bytes a value is made of (enum byte_class). */
int type_class(const struct type *type);

const char *type_name(int kind);	     /* "ifname"; static */
int type_find(const char *name, size_t len); /* 0: there is none */

/* Adds an outline of the values; all values are in one of its choices. */
size_t type_choices(const struct type *type);
void type_outline(const struct type *type, size_t choice, struct outline *outline);

/* Can no value be of both, though their outlines meet? */
bool type_apart(const struct type *a, const struct type *b);

/* Values to try, `choice` from 0. Returns the length, or 0: no more. */
size_t type_sample(const struct type *type, size_t choice, char *text, size_t size);

#endif
