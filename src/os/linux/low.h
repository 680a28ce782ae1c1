/* low.h - low numbers for the descriptors that a child needs.
 *
 * With thousands of children the caller has as many descriptors, and a new one a
 * high number. A child that begins with our table, and keeps only what is below a
 * number (spawn.h, `apart_from`), needs those it gets to be low: a few numbers are
 * kept for that, and lent.
 */
#ifndef WRIT_OS_LINUX_LOW_H
#define WRIT_OS_LINUX_LOW_H

#include "os/os_child.h"

enum {
	LOW_MAX = 8,
	LOW_KEEP_FROM = 24, /* the number of a descriptor at which some are kept */
};

struct low {
	int null;	   /* what is open at a number that is not lent */
	int fd[LOW_MAX];
	int count; /* kept */
	bool looked;
	int lent;
};

/* Keeps some numbers, as low as they still are; once, and only if there can be
 * `many` descriptors. */
void low_keep(struct low *low, int many);

/* Makes all descriptors that `start` gives, and `more` (-1: none), low. Returns the
 * number below which they are, or 0 if that cannot be done: all is as it was then. */
int low_lend(struct low *low, struct os_start *start, int *more);

/* Those that were lent are closed. */
void low_take_back(struct low *low);

void low_close(struct low *low);

#endif
