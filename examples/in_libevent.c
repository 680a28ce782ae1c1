/* in_libevent - a host in libevent: one event, deadlines included. */
#include <event2/event.h>
#include <stdio.h>
#include <writ.h>

static void
step(evutil_socket_t fd, short what, void *host)
{
	(void)fd;
	(void)what;
	writ_host_step(host);
}

static void
note_end(void *ctx, struct writ_proc *proc, struct writ_result *res)
{
	int *left = ctx;

	(void)proc;
	printf("%s: %s", writ_cause_name(res->cause), res->out.data ? res->out.data : "\n");
	(*left)--;
}

/* Three at once: the longest without a time-out, two with one. */
static int
start_three(struct writ_host *host, int *left)
{
	struct writ_events events = {
		.size = sizeof(events), .ctx = left, .later = true, .ended = note_end
	};
	struct writ_cmd cmd = WRIT_CMD("sh", "-c", "echo begun; exec sleep 0.9");

	for (; cmd.timeout_ms <= 600; cmd.timeout_ms += 300)
		*left += writ_start(host, &cmd, &events, NULL, NULL) == 0;
	return *left == 3 ? 0 : -1;
}

int
main(void)
{
	struct event_base *base = event_base_new();
	struct writ_host *host = NULL;
	struct event *event;
	int left = 0;

	if (writ_host_new(NULL, &host, NULL) < 0 || writ_host_attach(host) < 0)
		return 125;
	event = event_new(base, writ_host_fd(host), EV_READ | EV_PERSIST, step, host);
	event_add(event, NULL);
	if (start_three(host, &left) < 0)
		return 125;
	while (left > 0)
		event_base_loop(base, EVLOOP_ONCE);
	event_free(event);
	event_base_free(base);
	writ_host_free(host);
	return 0;
}
