/* crowd.c - another main() for a method (harness.h): many processes at once.
 *
 *   DRIVER COUNT SECONDS PROGRAM [ARG...]
 *
 * Each of COUNT processes runs the program again and again for that time; prints "ALL LEAST":
 * how many runs there were in all, and of the process that had the fewest.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "harness.h"

static double
now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int
bench_fail(const char *what, const char *why)
{
	fprintf(stderr, "crowd: %s: %s\n", what, why);
	return -1;
}

_Noreturn void
bench_skip(const char *what, const char *why)
{
	bench_fail(what, why);
	exit(77);
}

/* Begins when `start` is closed by the last that holds it. */
static _Noreturn void
work(const struct bench *bench, double seconds, int start, int answer)
{
	long runs = 0;
	char byte;

	if (run_begin(bench) < 0)
		exit(1);
	if (write(answer, &runs, sizeof(runs)) < 0 || read(start, &byte, 1) < 0)
		exit(1);
	for (double end = now_s() + seconds; now_s() < end; runs++)
		if (run_once() < 0)
			exit(1);
	exit(write(answer, &runs, sizeof(runs)) != (ssize_t)sizeof(runs));
}

static long
collect(int answer, int count, long *ret_least)
{
	long all = 0;
	long runs;

	*ret_least = -1;
	for (int i = 0; i < count; i++) {
		if (read(answer, &runs, sizeof(runs)) != (ssize_t)sizeof(runs))
			exit(1);
		all += runs;
		if (*ret_least < 0 || runs < *ret_least)
			*ret_least = runs;
	}
	return all;
}

int
main(int argc, char **argv)
{
	const struct bench bench = { .argv = argv + 3 };
	int count = argc > 3 ? atoi(argv[1]) : 0;
	int start[2], answer[2];
	long all, least;

	if (count <= 0 || pipe2(start, O_CLOEXEC) < 0 || pipe2(answer, O_CLOEXEC) < 0)
		return 2;
	for (int i = 0; i < count; i++) {
		if (fork() == 0) {
			close(start[1]);
			close(answer[0]);
			work(&bench, atof(argv[2]), start[0], answer[1]);
		}
	}
	close(answer[1]);
	collect(answer[0], count, &least); /* all are ready */
	close(start[1]);
	all = collect(answer[0], count, &least);
	printf("%ld %ld\n", all, least);
	while (wait(NULL) > 0)
		;
	return 0;
}
