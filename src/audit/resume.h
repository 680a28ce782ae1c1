/* resume.h - going on where a record ended: what is there is read, and
 * verified, when it is opened.
 *
 * Threads: one at a time.
 * After fork: no.
 */
#ifndef WRIT_AUDIT_RESUME_H
#define WRIT_AUDIT_RESUME_H

#include "audit/pen.h"
#include "audit/shelf.h"
#include "audit/verify.h"

struct resumed {
	enum audit_fault fault; /* what cannot be closed as torn: the file is to be put aside */
	struct audit_place at;
	uint64_t refused_bytes; /* of the file */
};

/* Opens PATH if it is there, and takes the head from it, or, while no line in it
 * is whole, from the newest of the older files. `ret_resumed` is zero before.
 * Errors: as shelf_find(), WRIT_E_NOMEM. */
int resume(struct shelf *shelf, struct pen *pen, struct resumed *ret_resumed,
	   struct writ_error *err);

#endif
