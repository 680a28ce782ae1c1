#include "killing.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config.h"
#include "users.h"
#include "writ/text.h"

enum { PID_TEXT_MAX = 32 };

bool
killing_pid(const char *text, bool strict, int64_t *ret_pid)
{
	size_t digits = strspn(text, "0123456789");
	int64_t pid;

	if (strlen(text) > PID_TEXT_MAX || (strict && (digits == 0 || text[digits] != '\0')))
		return false;
	if (!config_int(text, &pid) || pid < 1 || pid > INT32_MAX)
		return false;
	*ret_pid = pid;
	return true;
}

bool
killing_signal(const struct words *argv, int *ret_signal)
{
	if (argv->count == 2) {
		*ret_signal = SIGTERM;
		return true;
	}
	if (argv->list[1][0] != '-')
		return false;
	if (strcmp(argv->list[1], "-0") == 0) {
		*ret_signal = 0;
		return true;
	}
	return writ_signal_parse(argv->list[1] + 1, ret_signal, NULL) == 0;
}

/* "Uid:" and the real, the effective, the saved and another uid. */
static bool
read_uids(const char *line, uid_t *ret_real, uid_t *ret_saved)
{
	char *rest;

	if (strncmp(line, "Uid:", 4) != 0)
		return false;
	*ret_real = (uid_t)strtoul(line + 4, &rest, 10);
	strtoul(rest, &rest, 10);
	*ret_saved = (uid_t)strtoul(rest, NULL, 10);
	return true;
}

static bool
owners(int64_t pid, uid_t *ret_real, uid_t *ret_saved)
{
	char path[64];
	char line[256];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%lld/status", (long long)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), file) != NULL)
		found = read_uids(line, ret_real, ret_saved);
	fclose(file);
	return found;
}

/* What kill(2) would say to that user; the process is held, so it is still that one. */
static int
may_signal(const struct target *held, const char *run_as)
{
	uid_t uid;
	uid_t real;
	uid_t saved;

	if (strcmp(run_as, "root") == 0)
		return 0;
	if (!users_find(run_as, &uid))
		return EINVAL;
	if (!owners(held->pid, &real, &saved))
		return ESRCH;
	return uid == 0 || uid == real || uid == saved ? 0 : EPERM;
}

int
killing_send(const struct target *held, int signal, const char *run_as)
{
	int err = may_signal(held, run_as);

	if (err != 0)
		return err;
	return syscall(SYS_pidfd_send_signal, held->fd, signal, NULL, 0) == 0 ? 0 : errno;
}
