/* bytes.h - sets of bytes, and what texts are made of. */
#ifndef WRIT_POLICY_BYTES_H
#define WRIT_POLICY_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct byteset {
	uint64_t bits[4];
};

static inline bool
byteset_has(const struct byteset *set, unsigned char byte)
{
	return (set->bits[byte >> 6] >> (byte & 63) & 1) != 0;
}

/* The kinds of bytes that types are made of. */
enum byte_class {
	BYTE_ANY = 0, /* but NUL, which no argument holds */
	BYTE_TEXT,    /* no C0 control, no DEL */
	BYTE_GRAPHIC, /* ASCII that can be seen */
	BYTE_NAME,    /* of an interface or a namespace */
	BYTE_DIGIT,
	BYTE_HEX,
	BYTE_ALNUM,
	BYTE_DOTTED,	    /* digits and '.' */
	BYTE_ADDRESS,	    /* hexadecimal digits, ':' and '.' */
	BYTE_NETWORK,	    /* of an address and '/' */
	BYTE_LOGIN,	    /* of a user's name */
	BYTE_TEXT_UNDASHED, /* the same without '-': of a first byte */
	BYTE_GRAPHIC_UNDASHED,
	BYTE_NAME_UNDASHED,
	BYTE_CLASSES,
};

extern const struct byteset byte_sets[BYTE_CLASSES];

static inline bool
byte_is(int class, char byte)
{
	return byteset_has(&byte_sets[class], (unsigned char)byte);
}

bool byteset_meets(const struct byteset *a, const struct byteset *b);

/* The byte of both that is best to look at: a letter or digit if there is one;
 * 0: there is none. */
unsigned char byteset_example(const struct byteset *a, const struct byteset *b);

/* Well-formed UTF-8, as RFC 3629 has it. */
bool bytes_are_utf8(const char *text, size_t len);

/* A C0 control, DEL, or (in UTF-8) a C1 control? */
bool bytes_have_control(const char *text, size_t len);

/* Are they all of the class? So are none. */
bool bytes_are(const char *text, size_t len, int class);

#endif
