/* kept.h - what is kept of an output: all of it up to a bound; past it its beginning,
 * its end, or both, as enum writ_overflow says. */
#ifndef WRIT_PYTHON_KEPT_H
#define WRIT_PYTHON_KEPT_H

#include "module.h"

struct kept {
	char *data;
	size_t len;
	size_t room;
	size_t head_max; /* of the beginning */
	size_t tail_max; /* of the end; as much again is held until there is too much */
	int64_t bytes;	 /* seen */
	bool has_failed; /* no memory: what came then is lost */
};

/* `max_bytes` 0: the library's default. */
void kept_init(struct kept *kept, size_t max_bytes, int overflow);

void kept_add(struct kept *kept, const char *data, size_t len);

/* Is there more than is kept? */
bool kept_is_cut(const struct kept *kept);

/* Hands it over; the result frees it. */
void kept_take(struct kept *kept, struct writ_output *ret_output);

void kept_done(struct kept *kept);

#endif
