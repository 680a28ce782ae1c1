/* Four threads, each with a host of its own, run programs at the same time. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "runs.h"
#include "unit.h"

enum {
	THREADS = 4,
	RUNS = 50,
};

struct worker {
	pthread_t thread;
	int number;
	int bad; /* the first run that went wrong, or -1 */
	char why[300];
};

static void
note(struct worker *worker, int i, const char *why)
{
	if (worker->bad < 0)
		snprintf(worker->why, sizeof(worker->why), "%s", why);
	if (worker->bad < 0)
		worker->bad = i;
}

/* Each kind of run in turn; CHECK is not for threads. */
static void
run_one(struct worker *worker, struct writ_host *host, int i)
{
	static const char *const scripts[] = {
		"echo $0; cat; exit 3",
		"sleep 1000 >&- 2>&- & echo $0; cat; exit 3",
		"echo $0; cat >&2; kill -TERM $$",
		"/no/such/program; echo $0; exit 127",
	};
	char name[32];
	char expected[64];
	struct writ_cmd cmd = WRIT_CMD("/bin/sh", "-c", scripts[i % 4], name);
	struct writ_result res = { 0 };
	struct writ_error err = { 0 };

	snprintf(name, sizeof(name), "t%d-%d", worker->number, i);
	snprintf(expected, sizeof(expected), "%s\n%s", name, i % 4 < 2 ? "input" : "");
	cmd.in = (struct writ_in){ .kind = WRIT_IN_DATA, .data = "input", .len = 5 };
	cmd.contain = runs_level();
	if (writ_run(host, &cmd, &res, &err) < 0) {
		note(worker, i, err.why);
		return;
	}
	if (res.out.data == NULL || strcmp(res.out.data, expected) != 0)
		note(worker, i, "output");
	if (i % 4 == 2 ? res.cause != WRIT_SIGNALED : res.cause != WRIT_EXITED)
		note(worker, i, writ_cause_name(res.cause));
	if (res.left_behind.count != (i % 4 == 1) || res.left_behind.survived != 0)
		note(worker, i, "left behind");
	writ_result_done(&res);
}

static void *
work(void *arg)
{
	struct writ_host_options options = { sizeof(options), NULL, runs_level() };
	struct worker *worker = arg;
	struct writ_host *host = NULL;

	if (writ_host_new(&options, &host, NULL) < 0) {
		note(worker, -2, "no host");
		return NULL;
	}
	for (int i = 0; i < RUNS; i++)
		run_one(worker, host, i);
	writ_host_free(host);
	return NULL;
}

static void
threads_with_a_host_each_do_not_meet(void)
{
	struct worker workers[THREADS];

	writ_host_free(runs_host()); /* or skips */
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .number = i, .bad = -1 };
		CHECK_INT(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++)
		CHECK_INT(pthread_join(workers[i].thread, NULL), 0);
	for (int i = 0; i < THREADS; i++) {
		CHECK_TEXT(workers[i].why, "");
		CHECK_INT(workers[i].bad, -1);
	}
}

/* The end of a pipe that one thread's child holds by mistake would keep
 * another thread's run open. */
static void *
wait_for_cat(void *arg)
{
	struct worker *worker = arg;
	struct writ_cmd cmd = WRIT_CMD("/bin/cat");
	struct writ_result res = { 0 };

	cmd.contain = runs_level();
	for (int i = 0; i < 20; i++) {
		cmd.in = (struct writ_in){ .kind = WRIT_IN_DATA, .data = "x", .len = 1 };
		if (writ_run(NULL, &cmd, &res, NULL) < 0 || res.out.len != 1 ||
		    res.out.held_by_descendant)
			note(worker, i, "cat");
		writ_result_done(&res);
	}
	return NULL;
}

static void
no_pipe_of_one_thread_reaches_the_child_of_another(void)
{
	struct worker workers[THREADS];

	writ_host_free(runs_host());
	if (runs_level() != WRIT_LEVEL_ANY && runs_level() != WRIT_LEVEL_CGROUP)
		return; /* the host of a single run is of the best level */
	for (int i = 0; i < THREADS; i++) {
		workers[i] = (struct worker){ .number = i, .bad = -1 };
		CHECK_INT(pthread_create(&workers[i].thread, NULL, wait_for_cat, &workers[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		CHECK_INT(pthread_join(workers[i].thread, NULL), 0);
		CHECK_INT(workers[i].bad, -1);
	}
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(threads_with_a_host_each_do_not_meet),
		UNIT(no_pipe_of_one_thread_reaches_the_child_of_another),
	};

	return UNIT_RUN(tests);
}
