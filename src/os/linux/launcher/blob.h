/* blob.h - the launcher's executable, as the build made it (tools/embed.py). */
#ifndef WRIT_OS_LINUX_LAUNCHER_BLOB_H
#define WRIT_OS_LINUX_LAUNCHER_BLOB_H

#include <stddef.h>

extern const unsigned char launcher_blob[];
extern const size_t launcher_blob_size; /* 0: none for this machine */

#endif
