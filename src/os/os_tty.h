/* os_tty.h - the terminal that a program shares with us. */
#ifndef WRIT_OS_TTY_H
#define WRIT_OS_TTY_H

#include "writ/base.h"

struct os_tty; /* saved modes */

/* Is `fd` our controlling terminal? */
bool os_tty_is_ours(writ_fd fd);

/* Remembers the modes; NULL if there are none. */
struct os_tty *os_tty_save(writ_fd fd);

/* Sets them again if we are in the foreground and they have changed. */
void os_tty_restore(const struct os_tty *tty);
struct os_tty *os_tty_free(struct os_tty *tty);

#endif
