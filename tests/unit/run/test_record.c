/* The record of a run: one line of JSON, with all its fields, in every case. */
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runs.h"
#include "unit.h"

enum { WAIT_MS = 20000 };

/* A JSON text as a list of paths and values, "stdin.bytes" "5". */
struct field {
	char path[100];
	char value[300];
};

static struct field fields[100];
static int field_count;
static const char *at;

static void read_value(const char *path);

static void
expect(char c)
{
	while (*at == ' ')
		at++;
	CHECK(*at == c);
	at++;
}

static bool
is_next(char c)
{
	while (*at == ' ')
		at++;
	return *at == c;
}

static void
read_string(char *buf, size_t size)
{
	size_t len = 0;

	expect('"');
	for (; *at != '"'; at++) {
		CHECK((unsigned char)*at >= 0x20);
		if (*at == '\\' && len < size - 1)
			buf[len++] = *at++;
		if (len < size - 1)
			buf[len++] = *at;
	}
	at++;
	buf[len] = '\0';
}

static void
read_members(const char *path, char open, char close)
{
	char below[100];
	char name[64];

	expect(open);
	for (int i = 0; !is_next(close); i++) {
		if (i > 0)
			expect(',');
		if (open == '{') {
			read_string(name, sizeof(name));
			expect(':');
		} else {
			snprintf(name, sizeof(name), "%d", i);
		}
		snprintf(below, sizeof(below), "%.32s%s%.60s", path, *path != '\0' ? "." : "",
			 name);
		read_value(below);
	}
	expect(close);
}

static void
read_value(const char *path)
{
	struct field *field;

	if (is_next('{')) {
		read_members(path, '{', '}');
		return;
	}
	if (is_next('[')) {
		read_members(path, '[', ']');
		return;
	}
	CHECK(field_count < 100);
	field = &fields[field_count++];
	snprintf(field->path, sizeof(field->path), "%s", path);
	if (*at == '"') {
		read_string(field->value, sizeof(field->value));
		return;
	}
	size_t len = strspn(at, "-0123456789truefalsn");

	CHECK(len > 0 && len < sizeof(field->value));
	memcpy(field->value, at, len);
	field->value[len] = '\0';
	at += len;
}

static void
parse(const char *text)
{
	field_count = 0;
	at = text;
	read_value("");
	CHECK(*at == '\0' || strcmp(at, "\n") == 0);
	CHECK(strchr(text, '\n') == NULL || strchr(text, '\n')[1] == '\0'); /* one line */
}

static const char *
get(const char *path)
{
	for (int i = 0; i < field_count; i++)
		if (strcmp(fields[i].path, path) == 0)
			return fields[i].value;
	return "(missing)";
}

static char text[8192];
static int ends[2];

static void
begin(struct run *run)
{
	CHECK_INT(pipe2(ends, O_CLOEXEC | O_NONBLOCK), 0);
	run_begin(run);
	run->cmd.record = true;
	run->cmd.record_fd = ends[1];
}

static void
read_record(void)
{
	ssize_t len = read(ends[0], text, sizeof(text) - 1);

	CHECK(len > 0);
	text[len] = '\0';
	CHECK(text[len - 1] == '\n');
	parse(text);
}

static void
end(struct run *run)
{
	CHECK(read(ends[0], text, 1) < 0); /* once only */
	close(ends[0]);
	close(ends[1]);
	run_end(run);
}

static void
has_all_fields(void)
{
	static const char *const all[] = {
		"id",
		"identity",
		"started",
		"wall_ns",
		"core_dumped",
		"stopped_by",
		"forced",
		"usage.user_ns",
		"usage.sys_ns",
		"usage.source",
		"usage.max_rss_bytes",
		"usage.max_rss_source",
		"left_behind.kept",
		"left_behind.survived",
	};
	struct run run;
	char id[WRIT_ID_TEXT_MAX];

	begin(&run);
	run.cmd.cwd = "/tmp";
	run.cmd.env.preset = WRIT_ENV_NONE;
	run.cmd.env.set = WRIT_LIST("A=value");
	run.cmd.env.set_secret = WRIT_LIST("S=hunter2");
	run.cmd.in = (struct writ_in){ .kind = WRIT_IN_DATA, .data = "12345", .len = 5 };
	run.cmd.out.max_bytes = 4;
	RUN(&run, "/bin/sh", "-c", "cat; exit 3", "a\"b", "\xff");
	read_record();
	CHECK_INT(run.res.record_errno, 0);
	CHECK_TEXT(get("writ"), "run/1");
	CHECK_TEXT(get("id"), run.res.id);
	CHECK_TEXT(get("argv.0"), "/bin/sh");
	CHECK_TEXT(get("argv.3"), "a\\\"b");
	CHECK_TEXT(get("argv.4.base64"), "/w==");
	CHECK_TEXT(get("exe"), "/bin/sh");
	CHECK_TEXT(get("cwd"), "/tmp");
	CHECK_TEXT(get("env_names.0"), "A");
	CHECK_TEXT(get("env_names.1"), "S");
	CHECK(strstr(text, "hunter2") == NULL && strstr(text, "value") == NULL);
	CHECK_TEXT(get("identity"), writ_id_text(&run.res.identity, id));
	CHECK_TEXT(get("cause"), "exited");
	CHECK_TEXT(get("exit_code"), "3");
	CHECK_TEXT(get("signal"), "null");
	CHECK_TEXT(get("timed_out"), "false");
	CHECK_TEXT(get("stdin.bytes"), "5");
	CHECK_TEXT(get("stdin.read_all"), "true");
	CHECK_TEXT(get("stdout.bytes"), "5");
	CHECK_TEXT(get("stdout.kept"), "4");
	CHECK_TEXT(get("stdout.truncated"), "true");
	CHECK_TEXT(get("stdout.held_by_descendant"), "false");
	CHECK_TEXT(get("stderr.bytes"), "0");
	CHECK_TEXT(get("containment"), writ_level_name(run.res.containment));
	CHECK_TEXT(get("guarded"), run.res.guarded ? "true" : "false");
	CHECK_TEXT(get("left_behind.count"), "0");
	CHECK_TEXT(get("error"), "null");
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		CHECK(strcmp(get(all[i]), "(missing)") != 0);
	CHECK_INT(strlen(get("started")), strlen("2026-01-01T00:00:00.000000000Z"));
	end(&run);
}

static void
says_how_it_was_stopped(void)
{
	struct run run;

	begin(&run);
	run.cmd.timeout_ms = 50;
	run.cmd.in.kind = WRIT_IN_INHERIT;
	run.cmd.out.kind = WRIT_OUT_NULL;
	run.cmd.teardown = runs_impatient;
	run_sh(&run, "trap '' TERM; while :; do sleep 1000; done");
	read_record();
	CHECK_TEXT(get("cause"), "timeout");
	CHECK_TEXT(get("timed_out"), "true");
	CHECK_TEXT(get("stopped_by"), "timeout");
	CHECK_TEXT(get("forced"), "true");
	CHECK_TEXT(get("exit_code"), "null");
	CHECK_TEXT(get("signal"), "KILL");
	CHECK_TEXT(get("stdin.bytes"), "null"); /* not seen */
	CHECK_TEXT(get("stdin.read_all"), "null");
	CHECK_TEXT(get("stdout.bytes"), "null");
	CHECK_TEXT(get("stdout.kept"), "null");
	end(&run);
}

static void
is_written_when_nothing_ran(void)
{
	struct run run;

	begin(&run);
	run_refused(&run, WRIT_LIST("/no/such/program", "x"), WRIT_E_NOT_FOUND, WRIT_STAGE_SEARCH);
	read_record();
	CHECK_TEXT(get("cause"), "not-started");
	CHECK_TEXT(get("argv.0"), "/no/such/program");
	CHECK_TEXT(get("argv.1"), "x");
	CHECK_TEXT(get("exe"), "null");
	CHECK_TEXT(get("identity"), "null");
	CHECK_TEXT(get("exit_code"), "null");
	CHECK_TEXT(get("containment"), "null");
	CHECK_TEXT(get("usage.source"), "null");
	CHECK_TEXT(get("error.code"), "E_NOT_FOUND");
	CHECK_TEXT(get("error.stage"), "search");
	CHECK_TEXT(get("error.errno"), "2");
	CHECK_TEXT(get("error.subject"), "/no/such/program");
	CHECK(strlen(get("error.message")) > 10);

	run.cmd.cwd = "/no/such/directory";
	run_refused(&run, WRIT_LIST("/bin/true"), WRIT_E_SYS, WRIT_STAGE_CHDIR);
	read_record();
	CHECK_TEXT(get("cause"), "not-started");
	CHECK_TEXT(get("exe"), "/bin/true");
	CHECK_TEXT(get("error.stage"), "chdir");
	end(&run);
}

static void
can_be_made_from_a_result_again(void)
{
	struct run run;
	char *again = NULL;

	begin(&run);
	RUN(&run, "/bin/echo", "x");
	read_record();
	text[strlen(text) - 1] = '\0';
	CHECK_INT(writ_result_record(&run.res, &again, NULL), 0);
	CHECK_TEXT(again, text);
	free(again);
	end(&run);
}

static void
what_cannot_be_written_is_told(void)
{
	struct run run;

	begin(&run);
	/* a guardian that is on its way to its program has a copy yet */
	struct pollfd no_reader = { .fd = ends[1] };

	close(ends[0]);
	CHECK_INT(poll(&no_reader, 1, WAIT_MS), 1);
	RUN(&run, "/bin/echo", "x");
	CHECK_INT(run.res.record_errno, 32); /* EPIPE, and no signal */
	CHECK_TEXT(run.res.out.data, "x\n");
	CHECK_INT(pipe2(ends, O_CLOEXEC | O_NONBLOCK) + 1, 1);
	close(run.cmd.record_fd);
	run_refused(&run, WRIT_LIST("/bin/true"), WRIT_E_INVAL, WRIT_STAGE_RECORD);
	end(&run);
}

/* The owner of a run is killed: somebody else writes its record. */
static void
is_written_when_the_owner_was_killed(void)
{
	struct writ_id *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int record[2];
	int64_t program;
	pid_t pid;
	ssize_t len = 0;
	ssize_t r;

	writ_host_free(runs_host()); /* or skips, here and not in the fork */
	CHECK_INT(pipe2(record, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		struct writ_events events = { .size = sizeof(events) };
		struct writ_proc *proc = NULL;
		struct run run;

		run_begin(&run);
		run.cmd.record = true;
		run.cmd.record_fd = record[1];
		run.cmd.argv = WRIT_LIST("/bin/sh", "-c", "sleep 1000 & sleep 1000");
		if (writ_start(run.host, &run.cmd, &events, &proc, NULL) == 0) {
			*shared = *writ_proc_id(proc);
			raise(SIGKILL);
		}
		_exit(1);
	}
	close(record[1]);
	siginfo_t info = { 0 };

	CHECK_INT(waitid(P_PID, (id_t)pid, &info, WEXITED), 0);
	if (runs_level() == WRIT_LEVEL_SESSION) {
		/* that level does not promise it, nor that anything is ended */
		CHECK_INT(writ_tree_kill(shared, NULL, &(struct writ_killed){ 0 }, NULL), 0);
		CHECK_INT(read(record[0], text, 1), 0);
		close(record[0]);
		munmap(shared, sizeof(*shared));
		return;
	}
	munmap(shared, sizeof(*shared));
	CHECK_INT(info.si_status, SIGKILL);
	while ((r = read(record[0], text + len, sizeof(text) - 1 - (size_t)len)) > 0)
		len += r;
	text[len] = '\0';
	close(record[0]);
	parse(text);
	CHECK_TEXT(get("cause"), "lost");
	CHECK_TEXT(get("stopped_by"), "owner");
	CHECK_TEXT(get("argv.0"), "/bin/sh");
	CHECK_TEXT(get("exit_code"), "null");
	CHECK_TEXT(get("left_behind.survived"), "0");
	CHECK(strtoll(get("left_behind.count"), NULL, 10) >= 1);
	program = strtoll(get("identity"), NULL, 10);
	check_ends(program);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(has_all_fields),
		UNIT(says_how_it_was_stopped),
		UNIT(is_written_when_nothing_ran),
		UNIT(can_be_made_from_a_result_again),
		UNIT(what_cannot_be_written_is_told),
		UNIT(is_written_when_the_owner_was_killed),
	};

	return UNIT_RUN(tests);
}
