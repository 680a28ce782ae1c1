#include "unit.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "leak.h"

enum {
	FORK_SECONDS_MAX = 100,
	UNTIL_MS_MAX = 30000,
	EXIT_FAILED = 1,
	EXIT_SKIPPED = 77,
};

static bool in_fork; /* there, a failure ends the process */
static uint32_t seed;
static char directory[64];

static void
fail_here(const char *file, int line)
{
	if (in_fork) {
		fflush(stdout);
		_exit(EXIT_FAILED);
	}
	_fail(file, line);
}

void
unit_check(bool good, const char *text, const char *file, int line)
{
	if (good)
		return;
	print_error("%s:%d: not so: %s\n", file, line, text);
	fail_here(file, line);
}

void
unit_check_int(int64_t actual, int64_t expected, const char *text, const char *file, int line)
{
	if (actual == expected)
		return;
	print_error("%s:%d: %s is %" PRId64 ", not %" PRId64 "\n", file, line, text, actual,
		    expected);
	fail_here(file, line);
}

void
unit_check_text(const char *actual, const char *expected, const char *file, int line)
{
	if (actual != NULL && strcmp(actual, expected) == 0)
		return;
	print_error("%s:%d: \"%s\" is not \"%s\"\n", file, line, actual != NULL ? actual : "(null)",
		    expected);
	fail_here(file, line);
}

void
unit_skip(const char *why)
{
	print_message("# skip: %s\n", why);
	if (in_fork) {
		fflush(stdout);
		_exit(EXIT_SKIPPED);
	}
	skip();
}

static int
remove_one(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
	(void)stat;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void
remove_directory(void)
{
	if (directory[0] != '\0')
		nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	directory[0] = '\0';
}

const char *
unit_dir(void)
{
	if (directory[0] != '\0')
		return directory;
	snprintf(directory, sizeof(directory), "/tmp/writ-test-%d-XXXXXX", (int)getpid());
	if (mkdtemp(directory) == NULL)
		directory[0] = '\0';
	CHECK(directory[0] != '\0');
	return directory;
}

static void
run_and_look(void (*run)(void))
{
	struct leak leak;
	char what[512];

	seed = 1;
	leak_begin(&leak);
	run();
	if (!in_fork)
		remove_directory();
	if (!leak_find(&leak, what, sizeof(what)))
		return;
	print_error("left behind: %s\n", what);
	fail_here(__FILE__, __LINE__);
}

static void
run_sentence(void **state)
{
	const struct unit_test *test = *state;

	remove_directory(); /* of a test that failed */
	run_and_look(test->run);
}

int
unit_run(const struct unit_test *tests, size_t count)
{
	struct CMUnitTest *list = calloc(count, sizeof(*list));
	int failed;

	if (list == NULL)
		return 1;
	for (size_t i = 0; i < count; i++) {
		list[i].name = tests[i].name;
		list[i].test_func = run_sentence;
		list[i].initial_state = (void *)(uintptr_t)&tests[i];
	}
	failed = _cmocka_run_group_tests("tests", list, count, NULL, NULL);
	free(list);
	return failed;
}

void
unit_fork(void (*part)(void))
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	fflush(stderr);
	pid = fork();
	CHECK(pid >= 0);
	if (pid == 0) {
		in_fork = true;
		alarm(FORK_SECONDS_MAX);
		run_and_look(part);
		fflush(stdout);
		_exit(0);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SKIPPED)
		SKIP("so said the forked process");
	if (WIFSIGNALED(status))
		print_error("the forked process was ended by signal %d\n", WTERMSIG(status));
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

bool
unit_until(bool (*is_so)(const void *arg), const void *arg)
{
	struct timespec pause = { 0, 2000000 };

	for (int ms = 0; ms < UNTIL_MS_MAX; ms += 2) {
		if (is_so(arg))
			return true;
		nanosleep(&pause, NULL);
	}
	return is_so(arg);
}

uint32_t
unit_random(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u; /* Knuth's; the low bits are poor */
	return (uint32_t)(((uint64_t)(seed >> 8) * below) >> 24);
}
