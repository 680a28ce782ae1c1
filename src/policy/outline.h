/* outline.h - the shape of a word, a little wider than the word itself: a
 * sequence of bytes and runs of bytes. Two words whose outlines do not meet
 * have no argument in common. */
#ifndef WRIT_POLICY_OUTLINE_H
#define WRIT_POLICY_OUTLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OUTLINE_MARKS_MAX = 512 };

/* One byte, or any number of bytes, of a class or just that one. */
struct mark {
	uint8_t class; /* enum byte_class, unless: */
	bool is_byte;
	bool is_run;
	unsigned char byte;
};

struct outline {
	size_t count;
	struct mark marks[OUTLINE_MARKS_MAX];
};

/* What does not fit any more becomes a run of any bytes: wider, never wrong. */
void outline_add(struct outline *outline, int class, bool is_run);
void outline_add_text(struct outline *outline, const char *text, size_t len);

/* '*' and '?' stand for bytes of `class`. */
void outline_add_glob(struct outline *outline, const char *glob, int class);

/* Do they meet? Then `example` gets a text of both, if it fits (it ends with a
 * NUL; empty: it does not fit). */
bool outline_meet(const struct outline *a, const struct outline *b, char *example, size_t size);

#endif
