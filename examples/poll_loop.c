/* poll_loop - runs inside a loop that the program has already: one descriptor
 * to poll, one function that never blocks, callbacks from there.
 */
#include <poll.h>
#include <stdio.h>
#include <writ.h>

enum { RUNS = 3 };

static void
on_end(void *ctx, struct writ_proc *proc, struct writ_result *res)
{
	int *left = ctx;

	(void)proc; /* gone after this call */
	printf("%s", res->out.data);
	(*left)--;
}

static int
start(struct writ_host *host, const char *script, int *left)
{
	struct writ_events events = { .size = sizeof(events), .ctx = left, .ended = on_end };
	struct writ_cmd cmd = WRIT_CMD("sh", "-c", script);
	struct writ_error err = { 0 };
	struct writ_proc *proc;
	char text[512];

	if (writ_start(host, &cmd, &events, &proc, &err) == 0)
		return 0;
	fprintf(stderr, "%s\n", writ_error_text(&err, text, sizeof(text)));
	return -1;
}

int
main(void)
{
	/* all three run at the same time */
	static const char *const scripts[RUNS] = { "echo first", "sleep 0.3; echo second",
						   "sleep 0.6; echo third" };
	struct writ_host *host = NULL;
	int left = 0;

	if (writ_host_new(NULL, &host, NULL) < 0)
		return 125;
	for (int i = 0; i < RUNS; i++)
		if (start(host, scripts[i], &left) == 0)
			left++;

	while (left > 0) {
		/* a real program has more descriptors here, and its own timers */
		struct pollfd fds[] = { { writ_host_fd(host), POLLIN, 0 } };

		poll(fds, 1, writ_host_wait_ms(host));
		writ_host_step(host);
	}
	writ_host_free(host);
	return 0;
}
