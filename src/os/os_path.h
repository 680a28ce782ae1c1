/* os_path.h - paths of programs. */
#ifndef WRIT_OS_PATH_H
#define WRIT_OS_PATH_H

#include "writ/base.h"

/* Can this file be executed by us? 0, -EISDIR, -EACCES, -ENOENT ... */
int os_program_check(const char *path);

/* Is there such a file, as far as we may see? */
bool os_path_is_there(const char *path);

/* The path seen from the root, not resolved further; the caller frees it. NULL
 * with errno set. */
char *os_path_absolute(const char *path);

/* The current directory; the caller frees it; NULL with errno set. */
char *os_path_current(void);

/* Is this descriptor a directory? */
bool os_path_is_directory(writ_fd fd);

/* Where it is; the caller frees it; NULL: not known. */
char *os_path_of(writ_fd fd);

#endif
