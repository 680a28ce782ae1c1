/* peer_spawn.c - posix_spawn(3) with three pipes, poll(2), waitpid(2): what a
 * careful programmer writes by hand.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture.h"
#include "harness.h"

static char **command;
static struct capture kept[2];

static int
spawn(pid_t *ret_pid, int pipes[3][2])
{
	posix_spawn_file_actions_t actions;
	int r;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, pipes[0][0], 0);
	posix_spawn_file_actions_adddup2(&actions, pipes[1][1], 1);
	posix_spawn_file_actions_adddup2(&actions, pipes[2][1], 2);
	r = posix_spawn(ret_pid, command[0], &actions, NULL, command, environ);
	posix_spawn_file_actions_destroy(&actions);
	return r;
}

int
run_begin(const struct bench *bench)
{
	command = bench->argv;
	return run_once();
}

int
run_once(void)
{
	int pipes[3][2];
	int status;
	pid_t pid;
	int r;

	for (int i = 0; i < 3; i++)
		if (pipe2(pipes[i], O_CLOEXEC) < 0)
			return bench_fail("pipe", strerror(errno));
	r = spawn(&pid, pipes);
	if (r != 0)
		return bench_fail("posix_spawn", strerror(r));

	close(pipes[0][0]);
	close(pipes[0][1]);
	close(pipes[1][1]);
	close(pipes[2][1]);
	if (capture_both(kept, pipes[1][0], pipes[2][0]) < 0)
		return bench_fail("read", strerror(errno));
	if (waitpid(pid, &status, 0) != pid)
		return bench_fail("waitpid", strerror(errno));
	return status == 0 ? 0 : bench_fail(command[0], "did not end with 0");
}

const char *
run_note(void)
{
	return "posix_spawn+3 pipes+poll+waitpid";
}
