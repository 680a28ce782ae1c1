/* shelf.h - where the files of a record stand: PATH, and PATH.1, PATH.2 ..., the
 * older ones. One process at a time has a shelf.
 *
 * Threads: one at a time.
 * After fork: no; the child does not have the lock.
 */
#ifndef WRIT_AUDIT_SHELF_H
#define WRIT_AUDIT_SHELF_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "writ/error.h"

struct shelf {
	int dir;
	int lock;
	unsigned files_max;
	dev_t device; /* of the file that is PATH, as shelf_find() or shelf_make() opened it */
	ino_t inode;
	char name[NAME_MAX + 1];
	char path[PATH_MAX]; /* for messages */
};

/* Finds the directory, and takes the lock. Each directory on the way is looked
 * at: who else can write to one, could put another file in our place.
 * Errors: WRIT_E_INVAL, WRIT_E_STATE (another process has it), WRIT_E_SYS.
 * In failure the shelf is closed. */
int shelf_open(struct shelf *shelf, const char *path, unsigned files_max, struct writ_error *err);

/* Opens the file that is `age` turns old, 0 for PATH itself, to be read and
 * appended to. WRIT_E_NOT_FOUND without an error: there is none.
 * Errors: WRIT_E_INVAL (not a file of ours alone), WRIT_E_SYS. */
int shelf_find(struct shelf *shelf, unsigned age, int *ret_fd, struct writ_error *err);

/* Makes PATH, which is not there. Errors: WRIT_E_SYS. */
int shelf_make(struct shelf *shelf, int *ret_fd, struct writ_error *err);

/* Is PATH still the file that was opened last, and so long? */
bool shelf_is(const struct shelf *shelf, uint64_t bytes);

/* Every file becomes one turn older; the oldest goes. Errors: WRIT_E_SYS; then
 * PATH is still there. */
int shelf_turn(const struct shelf *shelf, struct writ_error *err);

/* A closed one is { .dir = -1, .lock = -1 }. */
void shelf_close(struct shelf *shelf);

#endif
