/* orphan [hold] - leaves a process behind that has forked twice and has a
 * session of its own; it holds the standard streams open, or it does not.
 * Prints "orphan=PID", and ends with 0. */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	int ends[2];
	int pid = 0;

	(void)argv;
	if (pipe(ends) < 0)
		return 1;
	if (fork() == 0) {
		setsid();
		pid = fork();
		if (pid > 0)
			_exit(write(ends[1], &pid, sizeof(pid)) != sizeof(pid));
		close(ends[0]);
		close(ends[1]);
		if (argc < 2) {
			close(0);
			close(1);
			close(2);
		}
		for (int i = 0; i < 1000; i++)
			sleep(1000);
		_exit(0);
	}
	if (read(ends[0], &pid, sizeof(pid)) != sizeof(pid))
		return 1;
	wait(NULL); /* the one between */
	printf("orphan=%d\n", pid);
	return 0;
}
