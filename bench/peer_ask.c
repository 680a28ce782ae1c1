/* peer_ask.c - writ_ask() on a connection that is kept, both outputs captured. The socket is in
 * the environment: WRIT_SOCKET.
 */
#include <stdlib.h>
#include <writ.h>

#include "harness.h"

static const char *const *command;
static struct writ_broker *broker;

int
run_begin(const struct bench *bench)
{
	struct writ_error err = { .size = sizeof(err) };
	char text[512];

	command = (const char *const *)bench->argv;
	if (writ_broker_open(getenv("WRIT_SOCKET"), &broker, &err) < 0)
		return bench_fail("writ_broker_open", writ_error_text(&err, text, sizeof(text)));
	return run_once();
}

int
run_once(void)
{
	struct writ_cmd cmd = { .size = sizeof(cmd), .argv = command };
	struct writ_result res = { .size = sizeof(res) };
	struct writ_error err = { .size = sizeof(err) };
	char text[512];
	bool good;

	if (writ_ask(broker, &cmd, &res, &err) < 0)
		return bench_fail("writ_ask", writ_error_text(&err, text, sizeof(text)));
	good = res.cause == WRIT_EXITED && res.exit_code == 0;
	writ_result_done(&res);
	return good ? 0 : bench_fail(command[0], "did not end with 0");
}

const char *
run_note(void)
{
	return "";
}
