#include "shadow.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Its value is the pid of the parent: nobody becomes a shadow by an inherited variable. */
#define SHADOW_VARIABLE "WRIT_SHADOW_OF"

static int
spawn(char **argv, pid_t *ret_pid)
{
	char variable[64];
	char *env[] = { variable, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t none;
	int r;

	snprintf(variable, sizeof(variable), SHADOW_VARIABLE "=%d", (int)getpid());
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawn_file_actions_init(&actions);
	for (int fd = 0; fd <= 2; fd++) /* nobody waits for the end of a stream for its sake */
		posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", O_RDWR, 0);
	r = posix_spawn(ret_pid, "/proc/self/exe", &actions, &attr, argv, env);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return -r;
}

int
shadow_start(char **argv, struct shadow *ret_shadow)
{
	struct shadow shadow;
	int r = spawn(argv, &shadow.pid);

	if (r < 0)
		return r;
	shadow.pidfd = pidfd_open(shadow.pid, 0);
	if (shadow.pidfd < 0) {
		r = -errno;
		kill(shadow.pid, SIGKILL); /* ours, and not waited for: it is still it */
		waitpid(shadow.pid, NULL, 0);
		return r;
	}
	*ret_shadow = shadow;
	return 0;
}

int
shadow_ended_by(struct shadow *shadow)
{
	siginfo_t info = { 0 };

	if (shadow->pidfd < 0 ||
	    waitid(P_PIDFD, (id_t)shadow->pidfd, &info, WEXITED | WNOHANG) < 0 || info.si_pid == 0)
		return 0;
	close(shadow->pidfd);
	shadow->pidfd = -1;
	return info.si_code == CLD_EXITED ? SIGTERM : info.si_status;
}

void
shadow_stop(struct shadow *shadow)
{
	if (shadow->pidfd < 0)
		return;
	pidfd_send_signal(shadow->pidfd, SIGKILL, NULL, 0);
	waitid(P_PIDFD, (id_t)shadow->pidfd, NULL, WEXITED);
	close(shadow->pidfd);
	shadow->pidfd = -1;
}

void
shadow_be(void)
{
	const char *parent = getenv(SHADOW_VARIABLE);

	if (parent == NULL || strtol(parent, NULL, 10) != getppid())
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (strtol(parent, NULL, 10) != getppid())
		_exit(0); /* it died before the line above */
	for (;;)
		pause();
}
