/* identity - keep hold of a process that is not a child: a pid alone may be
 * another's by the time it is used, an identity never is.
 */
#include <stdio.h>
#include <stdlib.h>
#include <writ.h>

static int
complain(const struct writ_error *err)
{
	char text[512];

	fprintf(stderr, "%s\n", writ_error_text(err, text, sizeof(text)));
	return 125;
}

/* Starts a process that outlives its parent, and returns its pid. */
static long
start_daemon(void)
{
	struct writ_cmd cmd = WRIT_CMD("sh", "-c", "sleep 1000 >&- 2>&- & echo $!");
	struct writ_result res = { 0 };
	long pid = -1;

	cmd.keep_tree = true;
	if (writ_run(NULL, &cmd, &res, NULL) == 0)
		pid = strtol(res.out.data, NULL, 10);
	writ_result_done(&res);
	return pid;
}

int
main(void)
{
	struct writ_kill how = { .size = sizeof(how), .grace_ms = 2000 };
	struct writ_error err = { 0 };
	struct writ_killed killed;
	struct writ_id id;
	struct writ_id read;
	char text[WRIT_ID_TEXT_MAX];
	int state;

	if (writ_id_get(start_daemon(), &id, &err) < 0)
		return complain(&err);

	/* PID@TOKEN can be kept in a file, and read back by anybody */
	if (writ_id_parse(writ_id_text(&id, text), &read, &err) < 0)
		return complain(&err);
	printf("read back: %s\n", writ_id_same(&id, &read) ? "the same" : "another");
	printf("it runs sleep 1000: %s\n",
	       writ_id_match(&read, WRIT_LIST("sleep", "1000"), NULL) == 1 ? "yes" : "no");

	/* it and all below it: TERM, two seconds, KILL */
	if (writ_tree_kill(&read, &how, &killed, &err) < 0)
		return complain(&err);
	printf("found %d, ended %d, survived %d\n", killed.found, killed.ended, killed.survived);

	state = writ_id_state(&read, &err);
	if (state < 0)
		return complain(&err);
	/* ended: a zombie, until whoever is its parent now has reaped it */
	printf("now it is %s running\n", state == WRIT_ID_RUNNING ? "still" : "no longer");
	return state == WRIT_ID_RUNNING;
}
