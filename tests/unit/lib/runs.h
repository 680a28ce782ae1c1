/* runs.h - one run in a test, at the level that $WRIT_TEST_LEVEL names. */
#ifndef TEST_RUNS_H
#define TEST_RUNS_H

#include "writ.h"

/* A small program of tests/children. */
#define CHILD(name) CHILDREN_DIR "/" name

struct run {
	struct writ_host *host;
	struct writ_cmd cmd; /* the everyday start, with patience for TERM */
	struct writ_result res;
	struct writ_error err;
	int r;
};

/* For programs that ignore TERM. */
extern const struct writ_teardown runs_impatient[1];

/* The level the tests are asked to run at; WRIT_LEVEL_ANY: the best. */
int runs_level(void);

/* A host of that level, or the test is skipped. */
struct writ_host *runs_host(void);

/* An empty request with a host; run_end() gives all back. */
void run_begin(struct run *run);
void run_end(struct run *run);

/* Runs it, and checks that it ran. */
void run_do(struct run *run, const char *const *argv);
void run_sh(struct run *run, const char *script);

/* Runs it, and checks that it was refused with this code at this stage. */
void run_refused(struct run *run, const char *const *argv, int code, int stage);

#define RUN(run, ...) run_do((run), WRIT_LIST(__VA_ARGS__))

/* So many at once, each fed and heard by itself, each with three descriptors and no
 * more. */
void run_crowd(struct run *run, int count);

/* Has this process ended? A zombie has. */
bool has_ended(int64_t pid);

/* Waits until it has. */
void check_ends(int64_t pid);

/* The number behind "NAME=" in what a child printed; -1: none. */
int64_t told_number(const struct writ_output *out, const char *name);

/* The rest of the line behind "NAME=", in `buf`. */
const char *told(const struct writ_output *out, const char *name, char *buf, size_t size);

#endif
