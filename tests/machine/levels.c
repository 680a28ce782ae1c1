/* levels.c - the whole way once at each level, on a machine that has nothing but
 * a kernel and busybox: prints a line for what is wrong, and "passed" if nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <writ.h>

static int wrong;
static const struct writ_creds other = { 7, 8, NULL, 0 };

static void
check(bool good, int level, const char *what, const struct writ_error *err)
{
	char text[600];

	if (good)
		return;
	wrong++;
	printf("wrong: %s: %s: %s\n", writ_level_name(level), what,
	       err->code != 0 ? writ_error_text(err, text, sizeof(text)) : "no error");
}

static int
run(struct writ_host *host, struct writ_cmd *cmd, const char *script, struct writ_result *ret_res,
    struct writ_error *err)
{
	const char *const argv[] = { "/bin/busybox", "sh", "-c", script, NULL };

	cmd->argv = argv;
	cmd->env.set = WRIT_LIST("PATH=/bin");
	writ_result_done(ret_res);
	*ret_res = (struct writ_result){ .size = sizeof(*ret_res) };
	*err = (struct writ_error){ .size = sizeof(*err) };
	return writ_run(host, cmd, ret_res, err);
}

static void
try_level(int level)
{
	struct writ_host_options options = { .size = sizeof(options), .level_max = level };
	struct writ_error err = { .size = sizeof(err) };
	struct writ_result res = { .size = sizeof(res) };
	struct writ_host *host = NULL;
	struct writ_cmd cmd;

	check(writ_host_new(&options, &host, &err) == 0, level, "a host", &err);
	if (host == NULL)
		return;
	for (int i = 0; i < 3; i++) { /* the second and later go a shorter way */
		writ_cmd_init(&cmd, NULL);
		cmd.contain = level;
		check(run(host, &cmd, "echo out; echo err >&2; exit 3", &res, &err) == 0 &&
			      res.exit_code == 3 && strcmp(res.out.data, "out\n") == 0 &&
			      strcmp(res.err.data, "err\n") == 0 && res.containment == level,
		      level, "output and status", &err);
		cmd.cwd = "/no/such/directory";
		check(run(host, &cmd, "exit 0", &res, &err) < 0 && err.stage == WRIT_STAGE_CHDIR,
		      level, "a failing step", &err);
		cmd.cwd = "/";
		cmd.creds = &other;
		cmd.set_bounding_caps = true;
		check(run(host, &cmd, "exit $(id -u)", &res, &err) == 0 && res.exit_code == 7,
		      level, "another identity", &err);
		cmd.creds = NULL;
		cmd.set_bounding_caps = false;
		cmd.timeout_ms = 200;
		check(run(host, &cmd, "sleep 1000 & sleep 1000", &res, &err) == 0 &&
			      res.cause == WRIT_TIMEOUT && res.left_behind.survived == 0,
		      level, "a time-out", &err);
	}
	writ_result_done(&res);
	writ_host_free(host);
}

int
main(void)
{
	for (int level = WRIT_LEVEL_PROCESS; level <= WRIT_LEVEL_CGROUP; level++)
		try_level(level);
	if (wrong == 0)
		printf("passed\n");
	return wrong != 0;
}
