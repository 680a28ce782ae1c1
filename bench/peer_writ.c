/* peer_writ.c - writ_run() on one host, the everyday start: minimal
 * environment, both outputs captured, the whole tree ended.
 */
#include <stdio.h>
#include <string.h>
#include <writ.h>

#include "harness.h"

static const char *const *command;
static struct writ_host *host;
static int contain; /* enum writ_level */
static char note[64];

/* Returns an enum writ_level; WRIT_LEVEL_ANY for NULL and what is no level. */
static int
level_of(const char *name)
{
	for (int level = WRIT_LEVEL_PROCESS; level <= WRIT_LEVEL_CGROUP; level++)
		if (name != NULL && strcmp(name, writ_level_name(level)) == 0)
			return level;
	return WRIT_LEVEL_ANY;
}

int
run_begin(const struct bench *bench)
{
	struct writ_host_options options = { .size = sizeof(options),
					     .level_max = level_of(bench->level_max) };
	struct writ_error err = { .size = sizeof(err) };
	char text[512];

	command = (const char *const *)bench->argv;
	contain = level_of(bench->contain);
	if (writ_host_new(&options, &host, &err) < 0)
		return bench_fail("writ_host_new", writ_error_text(&err, text, sizeof(text)));
	return run_once();
}

int
run_once(void)
{
	struct writ_result res = { .size = sizeof(res) };
	struct writ_error err = { .size = sizeof(err) };
	struct writ_cmd cmd;
	char text[512];
	bool good;

	writ_cmd_init(&cmd, command);
	cmd.contain = contain;
	if (writ_run(host, &cmd, &res, &err) < 0) {
		writ_error_text(&err, text, sizeof(text));
		if (err.code == WRIT_E_UNSUPPORTED)
			bench_skip("writ_run", text);
		return bench_fail("writ_run", text);
	}
	good = res.cause == WRIT_EXITED && res.exit_code == 0;
	if (note[0] == '\0')
		snprintf(note, sizeof(note), "%s%s", writ_level_name(res.containment),
			 res.guarded ? ", guarded" : ", not guarded");
	writ_result_done(&res);
	return good ? 0 : bench_fail(command[0], "did not end with 0");
}

const char *
run_note(void)
{
	return note;
}
