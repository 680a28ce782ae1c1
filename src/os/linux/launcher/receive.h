/* receive.h - taking a note, and the descriptor that may come with it. */
#ifndef WRIT_OS_LINUX_LAUNCHER_RECEIVE_H
#define WRIT_OS_LINUX_LAUNCHER_RECEIVE_H

#include "plain.h"

/* Returns the bytes received, 0 when the other side is gone, or a negative
 * errno. `*ret_fd` is the descriptor that came along, or -1. */
long note_receive(int sock, struct note *note, size_t size, int *ret_fd);

#endif
