/* num.h - numbers from outside: whole, in range, or refused. */
#ifndef WRIT_BASE_NUM_H
#define WRIT_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads the decimal digits at `*text` and moves it past them. No sign, no
 * blank. False if there is no digit, or past `max`. */
bool num_read(const char **text, uint64_t max, uint64_t *ret_value);

/* The same, of base 16. */
bool num_read_hex(const char **text, uint64_t *ret_value);

/* The whole text is one number of at most `max`. */
bool num_parse(const char *text, uint64_t max, uint64_t *ret_value);

/* Sums that stop at the largest value instead of wrapping. */
int64_t num_add(int64_t a, int64_t b);

#endif
