#include "os/os_tty.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

struct os_tty {
	int fd;
	struct termios modes;
};

bool
os_tty_is_ours(writ_fd fd)
{
	/* tcgetsid answers only for the controlling terminal of the caller */
	return isatty(fd) == 1 && tcgetsid(fd) == getsid(0);
}

struct os_tty *
os_tty_save(writ_fd fd)
{
	struct os_tty *tty = calloc(1, sizeof(*tty));

	if (tty == NULL)
		return NULL;
	tty->fd = fd;
	if (tcgetattr(fd, &tty->modes) < 0)
		return os_tty_free(tty);
	return tty;
}

void
os_tty_restore(const struct os_tty *tty)
{
	struct termios now;
	sigset_t output;
	sigset_t before;

	if (tty == NULL || tcgetpgrp(tty->fd) != getpgrp() || tcgetattr(tty->fd, &now) < 0)
		return;
	if (now.c_iflag == tty->modes.c_iflag && now.c_oflag == tty->modes.c_oflag &&
	    now.c_cflag == tty->modes.c_cflag && now.c_lflag == tty->modes.c_lflag &&
	    memcmp(now.c_cc, tty->modes.c_cc, sizeof(now.c_cc)) == 0)
		return;

	/* should we have left the foreground meanwhile: fail, do not stop */
	sigemptyset(&output);
	sigaddset(&output, SIGTTOU);
	pthread_sigmask(SIG_BLOCK, &output, &before);
	/* not TCSADRAIN: a terminal that is stopped (Ctrl-S) never gets rid of its output */
	tcsetattr(tty->fd, TCSANOW, &tty->modes);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct os_tty *
os_tty_free(struct os_tty *tty)
{
	free(tty);
	return NULL;
}
