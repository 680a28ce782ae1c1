/* whole.c - runs a whole command, as a shell would but without one: spawn and
 * wait. With it one command line is measured against another.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <spawn.h>
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
	pid_t pid;
	int r = posix_spawn(&pid, command[0], NULL, NULL, command, environ);

	if (r != 0)
		return bench_fail(command[0], strerror(r));
	if (waitpid(pid, &status, 0) != pid)
		return bench_fail("waitpid", strerror(errno));
	return status == 0 ? 0 : bench_fail(command[0], "did not end with 0");
}

const char *
run_note(void)
{
	return basename(command[0]);
}
