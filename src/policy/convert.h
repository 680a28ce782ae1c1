/* convert.h - oslo.rootwrap's filters as rules, which allow no more than they do.
 *
 * What cannot be kept is told: filters that hand the rest to another parser, that
 * compare with one thing and run another, or whose patterns have no counterpart.
 */
#ifndef WRIT_POLICY_CONVERT_H
#define WRIT_POLICY_CONVERT_H

#include "base/buf.h"

enum { CONVERT_FIELDS_MAX = 128 };

struct convert {
	/* Where a program is that is named without a path; NULL: nowhere. */
	const char *(*find)(void *ctx, const char *name);
	void *ctx;
	struct buf rules; /* [Command] sections */
	struct buf lost;  /* "FILE: NAME: why", a line each */
	bool in_netns; /* a filter lets commands run in namespaces: each root's rule comes twice */
	size_t count;
};

/* Reads a file of filters once to see which classes it has (`only_look`), then to
 * convert them. `text` is overwritten. */
void convert_file(struct convert *convert, const char *file, char *text, bool only_look);

#endif
