#include "strike.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tell.h"
#include "writ.h"

static bool
is_program(pid_t pid, const char *path)
{
	char exe[64];
	struct stat theirs, wanted;

	snprintf(exe, sizeof(exe), "/proc/%d/exe", (int)pid);
	return stat(exe, &theirs) == 0 && stat(path, &wanted) == 0 &&
	       theirs.st_dev == wanted.st_dev && theirs.st_ino == wanted.st_ino;
}

static bool
is_identity(pid_t pid, const char *text)
{
	struct writ_id wanted, found;

	return writ_id_parse(text, &wanted, NULL) == 0 && wanted.pid == pid &&
	       writ_id_get(pid, &found, NULL) == 0 && writ_id_same(&wanted, &found);
}

static bool
is_target(pid_t pid, char **targets)
{
	for (; *targets != NULL; targets++)
		if ((*targets)[0] == '/' ? is_program(pid, *targets) : is_identity(pid, *targets))
			return true;
	return false;
}

/* What is looked at between the opening and the sending is the same process, or none. */
int
strike(int argc, char **argv)
{
	pid_t pid;
	int fd;
	int r = -EPERM;

	if (argc < 2)
		return 2;
	pid = (pid_t)strtol(argv[1], NULL, 10);
	fd = pidfd_open(pid, 0);
	if (fd < 0) {
		tell("%s: %s", argv[1], strerror(errno));
		return 1;
	}
	if (is_target(pid, argv + 2))
		r = pidfd_send_signal(fd, (int)strtol(argv[0], NULL, 10), NULL, 0) < 0 ? -errno : 0;
	if (r < 0)
		tell("%s: %s", argv[1], r == -EPERM ? "not a process that may be signalled"
						    : strerror(-r));
	close(fd);
	return r < 0;
}
