/* word.h - the pattern of one argument: literal bytes and captures, joined.
 *
 * A word is read in one way only: a capture that is followed by another ends at
 * the first byte that its type cannot hold, which is the literal's between them.
 */
#ifndef WRIT_POLICY_WORD_H
#define WRIT_POLICY_WORD_H

#include "policy/type.h"

enum { WORD_CAPTURES_MAX = 16, WORD_PIECES_MAX = 2 * WORD_CAPTURES_MAX + 1 };

enum word_kind {
	WORD_LITERAL = 0, /* exactly `text` */
	WORD_PROGRAM,	  /* the path `text`, or its last component alone */
	WORD_PATTERN,
};

struct piece {
	bool is_capture;
	const char *text; /* the literal; of a capture its type, as written */
	size_t len;
	struct type type;
};

struct word {
	int kind;
	const char *text;
	size_t len;
	const struct piece *pieces;
	size_t piece_count;
	size_t capture_count;
	const char *shown; /* as a policy writes it, without the names of captures */
	size_t shown_len;
	uint32_t hash; /* of `shown` */
};

struct span {
	uint32_t offset;
	uint32_t len;
};

/* Why these pieces make no word; NULL: they do. */
const char *word_fault(const struct piece *pieces, size_t count);

/* Does the argument match? `spans` gets a place per capture. */
bool word_takes(const struct word *word, const char *arg, size_t len,
		struct span spans[WORD_CAPTURES_MAX]);

/* May one argument match both? Then `example` is one that does, or is empty when
 * none was found: what is not proven apart is taken to overlap. */
bool word_overlaps(const struct word *a, const struct word *b, char *example, size_t size);

/* An argument that matches; empty: none was found. */
void word_example(const struct word *word, char *example, size_t size);

#endif
