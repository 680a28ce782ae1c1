/* procfs.h - reading small files that the kernel makes up. */
#ifndef WRIT_OS_LINUX_PROCFS_H
#define WRIT_OS_LINUX_PROCFS_H

#include <stddef.h>

/* Reads at most `size` - 1 bytes and ends them by NUL. Returns how many, or a
 * negative errno. */
int procfs_read(const char *path, char *buf, size_t size);
int procfs_read_at(int dir, const char *path, char *buf, size_t size);

/* Writes a text in one call. 0 or a negative errno. */
int procfs_write_at(int dir, const char *path, const char *text);

#endif
