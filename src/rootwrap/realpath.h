/* realpath.h - os.path.realpath() of Python: what does not exist stays as it is. */
#ifndef WRIT_ROOTWRAP_REALPATH_H
#define WRIT_ROOTWRAP_REALPATH_H

#include "arena.h"

/* Absolute, without ".", ".." and symbolic links that can be followed. Empty when the path
 * is relative and there is no current directory. */
const char *realpath_like_python(struct arena *arena, const char *path);

#endif
