/* peer_vfork.c - vfork, execve, wait, and nothing else: the limit. */
#define _GNU_SOURCE

#include <errno.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

static char **command;

int
run_begin(const struct bench *bench)
{
	command = bench->argv;
	return run_once();
}

int
run_once(void)
{
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		execve(command[0], command, environ);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return bench_fail("vfork", strerror(errno));
	return status == 0 ? 0 : bench_fail(command[0], "did not end with 0");
}

const char *
run_note(void)
{
	return "vfork+execve+wait";
}
