/* run_and_capture - run a program, wait for it, look at what came of it.
 *
 *     cc run_and_capture.c $(pkg-config --cflags --libs writ)
 */
#include <stdio.h>
#include <writ.h>

int
main(void)
{
	/* the everyday start: found in PATH, a minimal environment, no input,
	 * both outputs captured, 16 MiB of each at most */
	struct writ_cmd cmd = WRIT_CMD("uname", "-s");
	struct writ_result res = { 0 };
	struct writ_error err = { 0 };
	char text[512];

	cmd.timeout_ms = 5000; /* for it and all that it starts */
	cmd.env.set = WRIT_LIST("LC_ALL=C");

	/* an error: nothing ran */
	if (writ_run(NULL, &cmd, &res, &err) < 0) {
		fprintf(stderr, "%s\n", writ_error_text(&err, text, sizeof(text)));
		return 125;
	}

	/* a result: it ran, and ended in some way */
	if (res.cause == WRIT_EXITED && res.exit_code == 0)
		printf("the system is %s", res.out.data);
	else
		printf("%s, status %d\n", writ_cause_name(res.cause), writ_result_status(&res));

	writ_result_done(&res);
	return 0;
}
