/* classes.h - what the filter classes share. */
#ifndef WRIT_ROOTWRAP_CLASSES_H
#define WRIT_ROOTWRAP_CLASSES_H

#include "query.h"

/* Is `word` the program of the filter, as it is written or by its last part? */
bool class_is_named(const struct filter *filter, const char *word);

void class_make_plain(struct query *query, struct filter *filter, const struct words *argv,
		      struct command *ret_command);

/* From `at` on, the first without its directories: what a chain leads to is looked for by
 * its name. */
struct words class_inner_from(struct query *query, const struct words *argv, size_t at);

#endif
