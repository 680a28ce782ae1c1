/* trust.h - is a path one that only root can change?
 *
 * Every directory on the way, every symbolic link and the file itself belong to
 * root, and can be written by nobody else. In a directory with the sticky bit
 * others can make files, but not touch root's: it passes.
 *
 * Threads: any. After fork: yes.
 */
#ifndef WRIT_STORE_TRUST_H
#define WRIT_STORE_TRUST_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

enum { TRUST_WHY_MAX = 320, TRUST_LINKS_MAX = 40 };

/* Walks an absolute path, and opens what is there (O_PATH). With `any_owner`
 * nobody is asked about, but the path is walked. Returns a descriptor of what it
 * leads to, or a negative errno; -EPERM: `why` names what can be changed and by
 * whom. */
int trust_open(const char *path, bool any_owner, struct stat *ret_stat, char why[TRUST_WHY_MAX]);

/* A program: a regular file that can be executed, whose "#!" interpreter is such
 * a program as well. Returns 0 or as trust_open(). */
int trust_program(const char *path, bool any_owner, char why[TRUST_WHY_MAX]);

#endif
