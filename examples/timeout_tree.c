/* timeout_tree - a time-out ends the program and everything that it started,
 * also what ignores polite signals, and what it put into the background.
 */
#include <signal.h>
#include <stdio.h>
#include <writ.h>

int
main(void)
{
	/* how to end it: a signal, then a wait, and so on; KILL always follows */
	static const struct writ_teardown steps[] = { { SIGINT, 100 }, { SIGTERM, 100 } };
	struct writ_cmd cmd =
		WRIT_CMD("sh", "-c", "trap '' INT TERM; sleep 1000 & setsid sleep 1000 & wait");
	struct writ_result res = { 0 };
	struct writ_error err = { 0 };
	char text[512];
	char name[16];

	cmd.timeout_ms = 200;
	cmd.teardown = steps;
	cmd.teardown_count = 2;
	cmd.contain = WRIT_LEVEL_LAUNCHER; /* refuse to run where setsid(2) would escape */

	if (writ_run(NULL, &cmd, &res, &err) < 0) {
		fprintf(stderr, "%s\n", writ_error_text(&err, text, sizeof(text)));
		fprintf(stderr, "%s\n", err.hint);
		return 125;
	}
	printf("%s, stopped by %s\n", writ_cause_name(res.cause), res.stopped_by);
	printf("ended by %s, %s\n", writ_signal_name(res.signal, name),
	       res.forced ? "for it would not go" : "as it was asked");
	printf("%d survived\n", res.left_behind.survived);
	writ_result_done(&res);
	return 0;
}
