/* trust.h - can somebody else than root change this file, or put another in its place? */
#ifndef WRIT_ROOTWRAP_TRUST_H
#define WRIT_ROOTWRAP_TRUST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "arena.h"

enum { TRUST_LINKS_MAX = 32 };

enum trust_kind { TRUST_FILE, TRUST_DIRECTORY, TRUST_PROGRAM };

struct trust {
	enum trust_kind kind;
	uid_t also;	   /* besides root: who may own the file; 0: nobody */
	bool refuse_above; /* a directory above it that belongs to a service is refused */
	const char *why;   /* NULL: it can be trusted. In the arena */
	const char *above; /* a directory that belongs to somebody else, or NULL */
	uid_t above_uid;
	const char *path; /* without symbolic links */
};

/* Looks at an absolute path, part by part. Root's own symbolic links are followed, and sticky
 * directories of root's may be above it. A directory that belongs to somebody else may be
 * above it, without `refuse_above`, and is told; below it there is no link to follow. Returns
 * whether it can be trusted. */
bool trust_look(struct arena *arena, const char *path, struct trust *trust);

/* The same for an entry of a directory that can be trusted, as `dir` found: without the way
 * there. */
bool trust_look_in(struct arena *arena, const struct trust *dir, const char *path,
		   struct trust *trust);

#endif
