/* dialect.h - the INI files of oslo.rootwrap: those of Python's RawConfigParser.
 *
 * An option is "name: value" or "name = value"; the name is lower-cased. A line
 * that is indented deeper than its option goes on with the value, blank lines
 * included. Comments are whole lines that begin with '#' or ';'. There is
 * nothing else: no interpolation, no quoting, no comment behind a value.
 *
 * Pure: bytes in, a tree out.
 */
#ifndef WRIT_ROOTWRAP_DIALECT_H
#define WRIT_ROOTWRAP_DIALECT_H

#include <stdbool.h>

#include "arena.h"

enum {
	INI_BYTES_MAX = 1024 * 1024, /* of a file */
	INI_OPTIONS_MAX = 4096,
};

struct ini_option {
	const char *name;
	const char *value;
	int line;
	struct ini_option *next;
};

struct ini_section {
	const char *name;
	struct ini_option *first;
	struct ini_option **end;
	struct ini_section *next;
};

struct ini {
	struct ini_section defaults; /* [DEFAULT] */
	struct ini_section *first;
	struct ini_section **end;
};

struct ini_fault {
	int line;
	const char *why;
};

enum { INI_GOOD = 0, INI_NOT_ONE = -1, INI_NOT_TEXT = -2 };

/* INI_NOT_TEXT: not UTF-8, or a NUL. With `strict` a section or an option that is there
 * twice is a fault; else the first place and the last value count. */
int ini_parse(struct arena *arena, const char *text, size_t len, bool strict, struct ini *ret_ini,
	      struct ini_fault *ret_fault);

/* The options of a section as Python's items(): those of [DEFAULT] first. `*ret_first` is a
 * list of the arena's. False: there is no such section. */
bool ini_items(struct arena *arena, const struct ini *ini, const char *section,
	       const struct ini_option **ret_first);

/* The value of an option of [DEFAULT], or NULL. */
const char *ini_default(const struct ini *ini, const char *name);

#endif
