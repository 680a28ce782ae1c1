/* utf8.h - text as Python has it: bytes that are not UTF-8 are lone surrogates,
 * U+DC80 to U+DCFF, so that any bytes are a text and any such text bytes again
 * (PEP 383, "surrogateescape"). */
#ifndef WRIT_ROOTWRAP_UTF8_H
#define WRIT_ROOTWRAP_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UTF8_ESCAPED = 0xDC00 }; /* plus the byte, which is 0x80 or more */

/* The code point at `text`, `len` > 0 bytes; `*ret_len` says how many it took. */
uint32_t utf8_next(const char *text, size_t len, size_t *ret_len);

/* Nothing that would be escaped? */
bool utf8_is_good(const char *text, size_t len);

/* All code points; `ret_points` has room for `len`. Returns how many. */
size_t utf8_points(const char *text, size_t len, uint32_t *ret_points);

/* One code point as bytes, up to 4; one that was escaped as its byte. Returns how many;
 * 0: another surrogate, which no bytes are. */
size_t utf8_put(uint32_t point, char ret_bytes[4]);

#endif
