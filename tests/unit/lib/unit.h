/* unit.h - tests as sentences: a table of functions, each followed by a look
 * at what it left behind.
 *
 * A test that cannot be done here says SKIP("why"). CHECK ends the test.
 * Threads: CHECK and SKIP are for the thread that runs the test.
 */
#ifndef TEST_UNIT_H
#define TEST_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct unit_test {
	const char *name;
	void (*run)(void);
};

#define UNIT(function)                                                                             \
	{                                                                                          \
#function, function                                                                \
	}

/* Runs all, and returns what main() returns. */
int unit_run(const struct unit_test *tests, size_t count);
#define UNIT_RUN(tests) unit_run((tests), sizeof(tests) / sizeof((tests)[0]))

void unit_check(bool good, const char *text, const char *file, int line);
void unit_check_int(int64_t actual, int64_t expected, const char *text, const char *file, int line);
void unit_check_text(const char *actual, const char *expected, const char *file, int line);
void unit_skip(const char *why);

#define CHECK(condition) unit_check((condition), #condition, __FILE__, __LINE__)
#define CHECK_INT(actual, expected)                                                                \
	unit_check_int((int64_t)(actual), (int64_t)(expected), #actual, __FILE__, __LINE__)
#define CHECK_TEXT(actual, expected) unit_check_text((actual), (expected), __FILE__, __LINE__)
#define SKIP(why) unit_skip(why)

/* Runs `part` in a fork of this process, which may spoil what it likes: its
 * checks and what it leaves behind count as the test's. */
void unit_fork(void (*part)(void));

/* Asks again until it is so, for half a minute at most. */
bool unit_until(bool (*is_so)(const void *arg), const void *arg);

/* Numbers that are the same in every run of the test. */
uint32_t unit_random(uint32_t below);

/* A new directory, removed with all in it after the test. */
const char *unit_dir(void);

#endif
