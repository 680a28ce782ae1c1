/* asking.c - writ_ask() from C, as a test wants it.
 *
 *   asking SOCKET MODE SCRIPT
 *
 * MODE: "plain"; "merge": standard error goes where standard output goes; "input": a MiB is
 * given to it; "little": 100 bytes of each output are kept; "many": fifty times, and then how
 * many descriptors are left open beside those of before. Prints
 * "CAUSE EXIT_CODE OUT_BYTES OUT_LEN TRUNCATED [OUT] [ERR]", or "error CODE: TEXT".
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <writ.h>

static int
count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (dir != NULL && readdir(dir) != NULL)
		count++;
	if (dir != NULL)
		closedir(dir);
	return count;
}

static int
fail(const struct writ_error *err)
{
	char text[512];

	printf("error %s: %s\n", writ_code_name(err->code),
	       writ_error_text(err, text, sizeof(text)));
	return 1;
}

static void
shape(struct writ_cmd *cmd, const char *mode, const char *data, size_t len)
{
	if (strcmp(mode, "merge") == 0)
		cmd->err.kind = WRIT_OUT_MERGE;
	if (strcmp(mode, "input") == 0)
		cmd->in = (struct writ_in){ .kind = WRIT_IN_DATA, .data = data, .len = len };
	if (strcmp(mode, "little") == 0)
		cmd->out.max_bytes = cmd->err.max_bytes = 100;
}

static int
ask(struct writ_broker *broker, const char *mode, const char *script, bool prints)
{
	static char data[1024 * 1024];
	const char *const argv[] = { "/bin/sh", "-c", script, NULL };
	struct writ_cmd cmd = { .size = sizeof(cmd), .argv = argv };
	struct writ_result res = { .size = sizeof(res) };
	struct writ_error err = { .size = sizeof(err) };

	memset(data, 'x', sizeof(data));
	shape(&cmd, mode, data, sizeof(data));
	if (writ_ask(broker, &cmd, &res, &err) < 0)
		return fail(&err);
	if (prints)
		printf("%s %d %lld %zu %d [%s] [%s]\n", writ_cause_name(res.cause), res.exit_code,
		       (long long)res.out.bytes, res.out.len, res.out.truncated,
		       res.out.data != NULL && res.out.len < 200 ? res.out.data : "",
		       res.err.data != NULL ? res.err.data : "");
	writ_result_done(&res);
	return 0;
}

int
main(int argc, char **argv)
{
	struct writ_broker *broker = NULL;
	struct writ_error err = { .size = sizeof(err) };
	int before, status = 0;

	if (argc != 4)
		return 2;
	if (writ_broker_open(argv[1], &broker, &err) < 0)
		return fail(&err);
	before = count_descriptors();
	for (int i = strcmp(argv[2], "many") == 0 ? 50 : 1; i > 0; i--)
		status = ask(broker, argv[2], argv[3], i == 1);
	if (strcmp(argv[2], "many") == 0)
		printf("left open: %d\n", count_descriptors() - before);
	writ_broker_close(broker);
	return status;
}
