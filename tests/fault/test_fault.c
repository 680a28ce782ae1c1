/* test_fault SCENARIO LEVEL - runs the scenario again and again; the first
 * call to the system or for memory fails, then the second, and so on until
 * none is left to fail. Each time the answer is an error or a right result,
 * and nothing is left behind. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "leak.h"
#include "wrap.h"
#include "writ.h"

enum {
	SECONDS_MAX = 60, /* for one round */
	ROUNDS_MAX = 20000,
	FEED_BYTES = 200 * 1000,
	EXIT_SKIP = 77,
};

static const struct writ_teardown quick[] = { { WRIT_SIGNAL_TERM, 50 } };
static struct writ_host_options options = { .size = sizeof(options) };
static char why[600]; /* what is wrong with this round */

static bool
wrong(const char *what)
{
	if (why[0] == '\0')
		snprintf(why, sizeof(why), "%s", what);
	return false;
}

/* All that was written is there, or the result says that it is not. */
static void
check_output(const struct writ_output *out, const char *expected, size_t len)
{
	if (out->truncated || out->held_by_descendant)
		return;
	if (out->len != len || memcmp(out->data != NULL ? out->data : "", expected, len) != 0)
		wrong("output is missing, and the result does not say so");
}

static void
capture(struct writ_host *host)
{
	struct writ_cmd cmd = WRIT_CMD("/bin/sh", "-c", "echo out; echo err >&2; exit 3");
	struct writ_result res = { 0 };

	cmd.teardown = quick;
	cmd.teardown_count = 1;
	if (writ_run(host, &cmd, &res, NULL) < 0)
		return;
	if (res.cause == WRIT_EXITED && res.exit_code == 3) {
		check_output(&res.out, "out\n", 4);
		check_output(&res.err, "err\n", 4);
	} else if (res.cause != WRIT_LOST && res.cause != WRIT_SIGNALED) {
		wrong("not how it ended");
	}
	writ_result_done(&res);
}

static void
feed(struct writ_host *host)
{
	static char data[FEED_BYTES];
	struct writ_cmd cmd = WRIT_CMD("/bin/cat");
	struct writ_result res = { 0 };

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 31 >> 3);
	cmd.in = (struct writ_in){ .kind = WRIT_IN_DATA, .data = data, .len = sizeof(data) };
	cmd.teardown = quick;
	cmd.teardown_count = 1;
	if (writ_run(host, &cmd, &res, NULL) < 0)
		return;
	if (res.cause == WRIT_EXITED && res.exit_code == 0) {
		bool all = res.in.read_all != WRIT_NO;

		if (all && res.in.bytes != FEED_BYTES)
			wrong("input is missing, and the result does not say so");
		check_output(&res.out, data, all ? sizeof(data) : (size_t)res.in.bytes);
	}
	writ_result_done(&res);
}

/* Everything of the tree holds the pipe; when it is closed, all have ended. */
static void
check_tree_has_ended(int fd)
{
	struct pollfd poll_fd = { fd, POLLIN, 0 };
	char byte;

	while (poll(&poll_fd, 1, 20000) < 0 && errno == EINTR)
		;
	if (!(poll_fd.revents & (POLLIN | POLLHUP)))
		wrong("the tree was not ended");
	while (read(fd, &byte, 1) > 0)
		;
}

static int
note_ready(void *ctx, struct writ_proc *proc, enum writ_stream stream, const void *data, size_t len)
{
	(void)proc;
	(void)stream;
	(void)data;
	(void)len;
	*(bool *)ctx = true; /* the end of the stream, too */
	return WRIT_FLOW_ON;
}

static void
stop_started(struct writ_host *host, struct writ_cmd *cmd)
{
	struct writ_events events = { .size = sizeof(events), .keep = true };
	struct writ_result *res = NULL;
	struct writ_proc *proc = NULL;
	bool ready = false;

	cmd->out = (struct writ_out){ .kind = WRIT_OUT_STREAM, .sink = note_ready, .ctx = &ready };
	if (writ_start(host, cmd, &events, &proc, NULL) < 0)
		return;
	while (!ready && writ_host_wait(host, 5000) > 0)
		;
	writ_stop(proc, WRIT_STOP_POLITE, "test");
	if (writ_proc_wait(proc, 20000, &res, NULL) == 0 && res->cause != WRIT_CANCELLED &&
	    res->cause != WRIT_LOST)
		wrong("not how it ended");
	writ_proc_free(proc);
}

/* Another identity, as far as we may, and a file beneath a directory. */
static void
identity(struct writ_host *host)
{
	static const uint32_t groups[] = { 7, 3 };
	static const struct writ_creds creds = { 54321, 65432, groups, 2 };
	static const struct writ_beneath file = { .arg = 2, .base = "/proc/sys/kernel" };
	struct writ_cmd cmd = WRIT_CMD("/bin/cat", "--", "/proc/sys/kernel/ostype");
	struct writ_result res = { 0 };

	cmd.beneath = &file;
	cmd.beneath_count = 1;
	cmd.no_new_privs = true;
	if (geteuid() == 0)
		cmd.creds = &creds;
	cmd.teardown = quick;
	cmd.teardown_count = 1;
	if (writ_run(host, &cmd, &res, NULL) < 0)
		return;
	if (res.cause == WRIT_EXITED && res.exit_code == 0)
		check_output(&res.out, "Linux\n", 6);
	writ_result_done(&res);
}

struct later {
	int started;
	int ended;
	char text[8];
	size_t len;
};

static void
note_start(void *ctx, struct writ_proc *proc)
{
	struct later *later = ctx;

	(void)proc;
	later->started++;
	if (later->ended > 0)
		wrong("started after its end");
}

static int
note_piece(void *ctx, struct writ_proc *proc, enum writ_stream stream, const void *data, size_t len)
{
	struct later *later = ctx;

	(void)proc;
	(void)stream;
	if (later->started == 0)
		wrong("output before the start");
	if (later->len + len <= sizeof(later->text))
		memcpy(later->text + later->len, data, len);
	later->len += len;
	return WRIT_FLOW_ON;
}

static void
note_end(void *ctx, struct writ_proc *proc, struct writ_result *res)
{
	struct later *later = ctx;

	(void)proc;
	later->ended++;
	if (res->cause == WRIT_EXITED && res->exit_code == 3 &&
	    (later->len != 3 || memcmp(later->text, "ab\n", 3) != 0) && !res->out.truncated &&
	    !res->out.held_by_descendant)
		wrong("output is missing, and the result does not say so");
}

/* A wait that fails is tried again, as a loop would. */
static void
later(struct writ_host *host)
{
	struct writ_cmd cmd = WRIT_CMD("/bin/sh", "-c", "echo ab; exit 3");
	struct later seen = { 0 };
	struct writ_events events = { .size = sizeof(events),
				      .ctx = &seen,
				      .later = true,
				      .started = note_start,
				      .ended = note_end };
	struct writ_proc *proc = NULL;

	cmd.out = (struct writ_out){ .kind = WRIT_OUT_STREAM, .sink = note_piece, .ctx = &seen };
	cmd.teardown = quick;
	cmd.teardown_count = 1;
	if (writ_start(host, &cmd, &events, &proc, NULL) < 0)
		return;
	for (int i = 0; i < 100 && seen.ended == 0; i++)
		writ_host_wait(host, 20000);
	if (seen.ended != 1)
		wrong("its end was not told once");
}

static int
answer(void *ctx)
{
	return *(int *)ctx + 1;
}

static void
note_answer(void *ctx, enum writ_job_end end, int result)
{
	*(int *)ctx = end == WRIT_JOB_DONE ? result : -1;
}

static void
offload(struct writ_host *host)
{
	struct writ_pool *pool = NULL;
	int numbers[3] = { 1, 2, 3 };
	int taken = 0;

	if (writ_pool_new(host, NULL, &pool, NULL) < 0)
		return;
	while (taken < 3 && writ_pool_submit(pool, answer, note_answer, &numbers[taken], NULL,
					     NULL) == 0)
		taken++;
	for (int i = 0; i < 100 && writ_pool_count(pool) > 0; i++)
		writ_host_wait(host, 20000);
	for (int i = 0; i < taken; i++)
		if (numbers[i] != i + 2)
			wrong("a result is not told");
	writ_pool_free(pool);
}

/* The tree lives until its host is freed, whatever fails. */
static int alive[2] = { -1, -1 };

static void
stop(struct writ_host *host)
{
	struct writ_cmd cmd =
		WRIT_CMD("/bin/sh", "-c", "trap '' TERM; sleep 1000 & echo ready; sleep 1000");
	struct writ_pass pass = { alive[1], 9 };

	cmd.pass = &pass;
	cmd.pass_count = 1;
	cmd.teardown = quick;
	cmd.teardown_count = 1;
	stop_started(host, &cmd);
}

static void
run_with_host(void (*scenario)(struct writ_host *host))
{
	struct writ_host *host = NULL;

	if (writ_host_new(&options, &host, NULL) < 0)
		return;
	scenario(host);
	writ_host_free(host);
}

/* Returns how many calls were made. */
static long
run_round(void (*scenario)(struct writ_host *host), long n)
{
	struct leak leak;
	char text[512];
	long before;
	long calls;

	leak_begin(&leak);
	if (pipe2(alive, O_CLOEXEC) < 0)
		wrong("no pipe");
	before = wrap_blocks();
	alarm(SECONDS_MAX);
	wrap_begin(n);
	run_with_host(scenario);
	calls = wrap_end();
	if (wrap_blocks() != before)
		wrong("memory is left");
	close(alive[1]);
	check_tree_has_ended(alive[0]);
	close(alive[0]);
	if (leak_find(&leak, text, sizeof(text)))
		wrong(text);
	alarm(0);
	return calls;
}

static int
run_all(void (*scenario)(struct writ_host *host))
{
	int bad = 0;
	long n = 1;

	if (run_round(scenario, 0) == 0)
		wrong("no call was counted");
	if (why[0] != '\0') {
		printf("nothing failed, and yet: %s\n", why);
		return 1;
	}
	for (; n < ROUNDS_MAX; n++) {
		why[0] = '\0';
		run_round(scenario, n);
		if (wrap_failed() == NULL)
			break;
		if (why[0] == '\0')
			continue;
		printf("call %ld (%s) failed: %s\n", n, wrap_failed(), why);
		bad++;
	}
	printf("%ld calls failed, one at a time; %d times it went wrong\n", n - 1, bad);
	return bad > 0 || n == ROUNDS_MAX;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(struct writ_host *host);
	} scenarios[] = { { "capture", capture }, { "feed", feed }, { "stop", stop },
			{ "later", later }, { "identity", identity }, { "offload", offload } };
	struct writ_cmd probe = { .argv = WRIT_LIST("/bin/true") };
	struct writ_result res = { 0 };
	struct writ_host *host = NULL;
	int r;

	for (int level = WRIT_LEVEL_PROCESS; argc == 3 && level <= WRIT_LEVEL_CGROUP; level++)
		if (strcmp(writ_level_name(level), argv[2]) == 0)
			options.level_max = level;
	probe.contain = options.level_max;
	r = options.level_max == 0 ? -1 : writ_host_new(&options, &host, NULL);
	if (r == 0)
		r = writ_run(host, &probe, &res, NULL);
	writ_result_done(&res);
	writ_host_free(host);
	if (r == WRIT_E_UNSUPPORTED) {
		printf("# skip: this machine has no such containment: %s\n", argv[2]);
		return EXIT_SKIP;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; r == 0 && i < sizeof(scenarios) / sizeof(scenarios[0]); i++)
		if (strcmp(scenarios[i].name, argv[1]) == 0)
			return run_all(scenarios[i].run);
	fprintf(stderr, "usage: test_fault capture|feed|identity|stop|later|offload LEVEL\n");
	return 2;
}
