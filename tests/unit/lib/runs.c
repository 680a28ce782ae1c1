#include "runs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"

static const struct writ_teardown patient[] = { { WRIT_SIGNAL_TERM, 20000 } };
const struct writ_teardown runs_impatient[1] = { { WRIT_SIGNAL_TERM, 50 } };

int
runs_level(void)
{
	const char *name = getenv("WRIT_TEST_LEVEL");

	for (int level = WRIT_LEVEL_PROCESS; name != NULL && level <= WRIT_LEVEL_CGROUP; level++)
		if (strcmp(writ_level_name(level), name) == 0)
			return level;
	return WRIT_LEVEL_ANY;
}

struct writ_host *
runs_host(void)
{
	struct writ_host_options options = { sizeof(options), NULL, runs_level() };
	struct writ_cmd cmd = { .argv = WRIT_LIST("/bin/true"), .contain = runs_level() };
	struct writ_host *host = NULL;
	struct writ_result res = { 0 };
	struct writ_error err = { 0 };
	int r;

	CHECK_INT(writ_host_new(&options, &host, &err), 0);
	if (runs_level() == WRIT_LEVEL_ANY)
		return host;
	r = writ_run(host, &cmd, &res, &err);
	writ_result_done(&res);
	if (r == WRIT_E_UNSUPPORTED) {
		char text[512];

		writ_host_free(host);
		writ_error_text(&err, text, sizeof(text));
		SKIP(text);
	}
	CHECK_INT(r, 0);
	return host;
}

void
run_begin(struct run *run)
{
	*run = (struct run){ .host = runs_host() };
	writ_cmd_init(&run->cmd, NULL);
	run->cmd.contain = runs_level();
	run->cmd.teardown = patient;
	run->cmd.teardown_count = 1;
}

void
run_end(struct run *run)
{
	writ_result_done(&run->res);
	run->host = writ_host_free(run->host);
}

static int
run_it(struct run *run, const char *const *argv)
{
	writ_result_done(&run->res);
	run->err = (struct writ_error){ 0 };
	run->cmd.argv = argv;
	run->r = writ_run(run->host, &run->cmd, &run->res, &run->err);
	return run->r;
}

void
run_do(struct run *run, const char *const *argv)
{
	if (run_it(run, argv) < 0) {
		char text[512];

		fprintf(stderr, "%s\n", writ_error_text(&run->err, text, sizeof(text)));
	}
	CHECK_INT(run->r, 0);
}

void
run_sh(struct run *run, const char *script)
{
	RUN(run, "/bin/sh", "-c", script);
}

void
run_refused(struct run *run, const char *const *argv, int code, int stage)
{
	run_it(run, argv);
	CHECK_TEXT(writ_code_name(run->r), writ_code_name(code));
	CHECK_TEXT(writ_stage_name(run->err.stage), writ_stage_name(stage));
	CHECK_INT(run->err.code, code);
	CHECK(run->err.why[0] != '\0');
}

bool
has_ended(int64_t pid)
{
	char path[48];
	char text[512];
	const char *end;
	FILE *file;
	size_t len;

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/stat", pid);
	file = fopen(path, "re");
	if (file == NULL)
		return true;
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[len] = '\0';
	end = strrchr(text, ')');
	return end == NULL || end[2] == 'Z' || end[2] == 'X';
}

static bool
is_at_its_end(const void *arg)
{
	return has_ended(*(const int64_t *)arg);
}

void
check_ends(int64_t pid)
{
	CHECK(pid > 1);
	CHECK(unit_until(is_at_its_end, &pid));
}

const char *
told(const struct writ_output *out, const char *name, char *buf, size_t size)
{
	size_t len = strlen(name);

	for (const char *line = out->data; line != NULL && *line != '\0'; line++) {
		if (strncmp(line, name, len) == 0 && line[len] == '=') {
			line += len + 1;
			snprintf(buf, size, "%.*s", (int)strcspn(line, "\n"), line);
			return buf;
		}
		line = strchr(line, '\n');
		if (line == NULL)
			break;
	}
	return NULL;
}

int64_t
told_number(const struct writ_output *out, const char *name)
{
	char text[64];

	return told(out, name, text, sizeof(text)) == NULL ? -1 : strtoll(text, NULL, 0);
}

struct member {
	struct writ_proc *proc;
	char expected[64];
	int ended;
};

static void
check_member(void *ctx, struct writ_proc *proc, struct writ_result *res)
{
	struct member *member = ctx;

	(void)proc;
	member->ended++;
	CHECK_INT(res->exit_code, 0);
	CHECK_TEXT(res->out.data, member->expected);
}

void
run_crowd(struct run *run, int count)
{
	/* `ls` opens the directory itself as 3 */
	const char *const argv[] = { "/bin/sh", "-c", "cat; ls /proc/self/fd | tr '\n' ' '", NULL };
	struct writ_events events = {
		.size = sizeof(events), .later = true, .ended = check_member
	};
	struct member *members = calloc((size_t)count, sizeof(*members));
	char line[32];

	run->cmd.argv = argv;
	run->cmd.in.kind = WRIT_IN_STREAM;
	for (int i = 0; i < count; i++) {
		events.ctx = &members[i];
		CHECK_INT(writ_start(run->host, &run->cmd, &events, &members[i].proc, &run->err),
			  0);
	}
	for (int i = 0; i < count; i++) {
		int len = snprintf(line, sizeof(line), "member %d\n", i);

		snprintf(members[i].expected, sizeof(members[i].expected), "%s0 1 2 3 ", line);
		CHECK_INT(writ_proc_write(members[i].proc, line, (size_t)len), len);
		writ_proc_write_end(members[i].proc);
	}
	while (writ_host_wait(run->host, 30000) > 0)
		;
	for (int i = 0; i < count; i++)
		CHECK_INT(members[i].ended, 1);
	run->cmd.in.kind = WRIT_IN_NULL;
	free(members);
}
