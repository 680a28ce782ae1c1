/* keep.h - what is kept of a stream: all of it, up to a bound; past the bound
 * its beginning, its end, or both. Memory grows with what is kept. */
#ifndef WRIT_BASE_KEEP_H
#define WRIT_BASE_KEEP_H

#include <stdbool.h>
#include <stddef.h>

struct keep {
	char *data;
	size_t size;	 /* allocated */
	size_t head_max; /* bytes of the beginning that always stay */
	size_t max;	 /* bytes kept in all */
	size_t len;	 /* bytes stored, at most max */
	size_t tail_at;	 /* ring: where in [head_max, max) the next byte goes */
	bool full;	 /* bytes have been dropped */
};

/* `head_max` of `max` bytes are for the beginning, the rest for the end. */
void keep_init(struct keep *keep, size_t max, size_t head_max);

/* Stores what the rule keeps. False: out of memory. */
bool keep_add(struct keep *keep, const void *data, size_t len);

/* Hands out the bytes in order, ended by a NUL that is not counted; `cut_at`
 * is where bytes are missing. Empties the keeper. NULL when nothing was kept. */
char *keep_take(struct keep *keep, size_t *ret_len, size_t *ret_cut_at);
void keep_done(struct keep *keep);

#endif
