/* descriptor.h - a client's descriptors, before a program gets them. */
#ifndef WRIT_BROKER_DESCRIPTOR_H
#define WRIT_BROKER_DESCRIPTOR_H

#include <stdbool.h>

enum descriptor_use { DESCRIPTOR_IN = 0, DESCRIPTOR_OUT, DESCRIPTOR_ERR, DESCRIPTOR_CWD };

/* May the program have it for that? Pipes, Unix stream sockets, the null device and
 * regular files on local file systems, open in the right direction; for the working
 * directory a directory. Nothing is asked of the file system: whoever serves it could
 * let us wait. */
bool descriptor_is_fine(int fd, enum descriptor_use use);

#endif
