#define _GNU_SOURCE

#include "harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { PAGE_BYTES = 4096, PROTOCOL_FD = 100, STATUS_SKIP = 77 };

int
bench_fail(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, why);
	return -1;
}

_Noreturn void
bench_skip(const char *what, const char *why)
{
	bench_fail(what, why);
	exit(STATUS_SKIP);
}

/* The protocol goes out of the way of the programs that are run. */
static int
move_protocol(FILE **ret_asked, FILE **ret_answers)
{
	int from = fcntl(0, F_DUPFD_CLOEXEC, PROTOCOL_FD);
	int to = fcntl(1, F_DUPFD_CLOEXEC, PROTOCOL_FD);
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (from < 0 || to < 0 || null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0)
		return bench_fail("protocol", strerror(errno));
	close(null);
	*ret_asked = fdopen(from, "r");
	*ret_answers = fdopen(to, "w");
	return *ret_asked != NULL && *ret_answers != NULL ? 0 : -1;
}

/* Memory as a program has it that uses much: mapped, written to, no advice
 * about huge pages. It stays until the end. */
static int
make_resident(long mib)
{
	size_t size = (size_t)mib << 20;
	char *memory;

	if (mib == 0)
		return 0;
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (memory == MAP_FAILED)
		return bench_fail("resident memory", strerror(errno));
	for (size_t at = 0; at < size; at += PAGE_BYTES)
		memory[at] = 1;
	return 0;
}

/* From smaps_rollup, which counts pages: the figures of statm are sums of
 * per-processor counters that lag behind. */
static long
rollup_kib(const char *name)
{
	FILE *file = fopen("/proc/self/smaps_rollup", "re");
	size_t len = strlen(name);
	long kib = -1;
	char line[256];

	if (file == NULL)
		return -1;
	while (kib < 0 && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, name, len) == 0)
			kib = atol(line + len);
	fclose(file);
	return kib;
}

static int
count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = -3; /* ".", ".." and its own */

	if (dir == NULL)
		return -1;
	while (readdir(dir) != NULL)
		count++;
	closedir(dir);
	return count;
}

static int64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static int
go(FILE *answers, long runs)
{
	int64_t start_ns = now_ns();

	for (long i = 0; i < runs; i++)
		if (run_once() < 0)
			return -1;
	fprintf(answers, "%lld\n", (long long)(now_ns() - start_ns));
	return 0;
}

static int
answer(FILE *answers, const char *line)
{
	long runs;

	if (sscanf(line, "go %ld", &runs) == 1)
		return go(answers, runs);
	if (strncmp(line, "stat", 4) == 0) {
		long rss_kib = rollup_kib("Rss:");
		long huge_kib = rollup_kib("AnonHugePages:");

		fprintf(answers, "%ld %ld %d\n", rss_kib, huge_kib, count_descriptors());
		return 0;
	}
	return bench_fail("not understood", line);
}

static int
read_option(struct bench *bench, const char *name, const char *value)
{
	if (strcmp(name, "--resident") == 0)
		bench->resident_mib = atol(value);
	else if (strcmp(name, "--contain") == 0)
		bench->contain = value;
	else if (strcmp(name, "--level-max") == 0)
		bench->level_max = value;
	else if (strcmp(name, "--capacity") == 0)
		bench->capacity = atol(value);
	else
		return bench_fail(name, "no such option");
	return 0;
}

static int
read_options(struct bench *bench, char **argv)
{
	argv++;
	while (argv[0] != NULL && argv[1] != NULL && strncmp(argv[0], "--", 2) == 0) {
		if (read_option(bench, argv[0], argv[1]) < 0)
			return -1;
		argv += 2;
	}
	if (argv[0] == NULL)
		return bench_fail("usage", "DRIVER [OPTION VALUE]... PROGRAM [ARG...]");
	bench->argv = argv;
	return 0;
}

int
main(int argc, char **argv)
{
	struct bench bench = { 0 };
	FILE *asked, *answers;
	char line[64];

	(void)argc;
	if (read_options(&bench, argv) < 0 || move_protocol(&asked, &answers) < 0)
		return 1;
	if (make_resident(bench.resident_mib) < 0 || run_begin(&bench) < 0)
		return 1;

	fprintf(answers, "ready %s\n", run_note());
	fflush(answers);
	while (fgets(line, sizeof(line), asked) != NULL) {
		if (answer(answers, line) < 0)
			return 1;
		fflush(answers);
	}
	return 0;
}
