/* wrap.h - the n-th call to the system or for memory fails.
 *
 * The linker sends the library's calls here (--wrap, see meson.build).
 * Threads: one; with more, which call is the n-th is chance.
 */
#ifndef TEST_FAULT_WRAP_H
#define TEST_FAULT_WRAP_H

#include <stdbool.h>

#define WRAP_API __attribute__((visibility("default"))) /* for ctypes */

/* From now on calls are counted, and the n-th (from 1) fails; 0: none. */
WRAP_API void wrap_begin(long n);

/* No more. Returns how many calls there were. */
WRAP_API long wrap_end(void);

/* The call that was made to fail, "pipe2"; NULL: none. */
WRAP_API const char *wrap_failed(void);

/* Blocks of memory that were allocated and not freed. */
long wrap_blocks(void);

#endif
