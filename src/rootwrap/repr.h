/* repr.h - texts as Python's repr() writes them, for the log. */
#ifndef WRIT_ROOTWRAP_REPR_H
#define WRIT_ROOTWRAP_REPR_H

#include "arena.h"
#include "words.h"

/* 'text', or "te'xt". What cannot be printed is escaped; so the result is one line
 * of printable characters. */
char *repr_text(struct arena *arena, const char *text);

/* ['a', 'b'] */
char *repr_list(struct arena *arena, const struct words *words);

/* A text of others as one line: control bytes and what is not UTF-8 appear as '?'. */
char *repr_line(struct arena *arena, const char *text);

#endif
