/* feed_stdin - give a program input while its output is read: any amount of
 * both, without a deadlock, and no SIGPIPE when it does not read to the end.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <writ.h>

enum { BYTES = 4 * 1024 * 1024 };

static int
run(struct writ_cmd *cmd)
{
	struct writ_result res = { 0 };
	struct writ_error err = { 0 };
	char text[512];

	if (writ_run(NULL, cmd, &res, &err) < 0) {
		fprintf(stderr, "%s\n", writ_error_text(&err, text, sizeof(text)));
		return 125;
	}
	/* how much the pipe took is known, and whether the program read it all */
	printf("%s: exit %d, %zu bytes out, input read %s\n", cmd->argv[0], res.exit_code,
	       res.out.len, res.in.read_all == WRIT_YES ? "to the end" : "in part");
	writ_result_done(&res);
	return 0;
}

int
main(void)
{
	struct writ_cmd all = WRIT_CMD("cat");
	struct writ_cmd some = WRIT_CMD("head", "-c", "5");
	char *data = malloc(BYTES);
	int status;

	if (data == NULL)
		return 125;
	memset(data, 'x', BYTES);

	/* borrowed until the run has ended */
	all.in = (struct writ_in){ .kind = WRIT_IN_DATA, .data = data, .len = BYTES };
	some.in = all.in;

	status = run(&all);
	if (status == 0)
		status = run(&some);
	free(data);
	return status;
}
