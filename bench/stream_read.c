/* stream_read.c - a producer's output through a pipe and a bare read loop, whose
 * buffer takes what the pipe holds: no other size is faster. The producer's
 * argument says how many bytes there must be.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "harness.h"

enum { PAGE_BYTES = 4096, PIECE_BYTES_MIN = 64 * 1024 };

static char **command;
static long capacity;
static char *piece;
static size_t piece_bytes;

static pid_t
spawn(int fds[2])
{
	posix_spawn_file_actions_t actions;
	pid_t pid = -1;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -1;
	if (capacity != 0 && fcntl(fds[0], F_SETPIPE_SZ, (int)capacity) < 0)
		return -1;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, fds[1], 1);
	errno = posix_spawn(&pid, command[0], &actions, NULL, command, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(fds[1]);
	return errno == 0 ? pid : -1;
}

int
run_begin(const struct bench *bench)
{
	command = bench->argv;
	capacity = bench->capacity;
	piece_bytes = capacity > PIECE_BYTES_MIN ? (size_t)capacity : PIECE_BYTES_MIN;
	piece = aligned_alloc(PAGE_BYTES, piece_bytes);
	return piece != NULL ? 0 : bench_fail("memory", strerror(errno));
}

int
run_once(void)
{
	int64_t bytes = 0;
	ssize_t n;
	int fds[2];
	int status;
	pid_t pid = spawn(fds);

	if (pid < 0)
		return bench_fail("spawn", strerror(errno));
	while ((n = read(fds[0], piece, piece_bytes)) > 0)
		bytes += n;
	close(fds[0]);
	if (n < 0 || waitpid(pid, &status, 0) != pid)
		return bench_fail("read", strerror(errno));
	return status == 0 && bytes == atoll(command[1]) ?
		       0 :
		       bench_fail(command[0], "did not give all it should");
}

const char *
run_note(void)
{
	static char note[32];

	snprintf(note, sizeof(note), "%ld", capacity);
	return note;
}
