/* os_fd.h - descriptors: born close-on-exec, and never 0, 1 or 2. */
#ifndef WRIT_OS_FD_H
#define WRIT_OS_FD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "writ/error.h"

/* A pipe: ends[0] to read, ends[1] to write. 0 or a negative errno. */
int os_pipe_open(writ_fd ends[2]);

/* Opens a file for a standard stream: to read, or to write as the shell's '>'
 * does. Never waits for the other side of a FIFO. Becomes no terminal's owner. */
int os_file_open(const char *path, bool to_write, writ_fd *ret_fd, struct writ_error *err);

/* Closes it; -1 is fine. Returns -1. */
writ_fd os_fd_close(writ_fd fd);

int os_fd_set_nonblocking(writ_fd fd);
bool os_fd_is_open(writ_fd fd);
bool os_fd_is_stream(writ_fd fd); /* open for reading or writing, not only as a path */
bool os_fd_is_writable(writ_fd fd);

/* Bytes read, 0 at the end, or a negative errno (-EAGAIN: nothing there). */
int64_t os_fd_read(writ_fd fd, void *buf, size_t size);

/* The same for writing. A closed pipe is -EPIPE; no signal is raised, and no
 * disposition changed. */
int64_t os_fd_write(writ_fd fd, const void *data, size_t len);

/* Another reading end of the pipe whose writing end is `fd`, to see what stays
 * unread; -1 if there can be none. */
writ_fd os_pipe_observe(writ_fd fd);

/* Bytes in the pipe, or -1. */
int64_t os_pipe_unread(writ_fd fd);

/* Where the next read of the file will be, or -1: not a regular file. */
int64_t os_fd_offset(writ_fd fd);

bool os_fd_at_end(writ_fd fd); /* is that the end of it? */

static inline void
fd_close_auto(writ_fd *fd)
{
	*fd = os_fd_close(*fd);
}
#define auto_fd __attribute__((cleanup(fd_close_auto))) writ_fd

#endif
