/* in_libuv - a host in libuv: one poll handle, deadlines included. */
#include <stdio.h>
#include <uv.h>
#include <writ.h>

static void
step(uv_poll_t *poll, int status, int events)
{
	(void)status;
	(void)events;
	writ_host_step(poll->data);
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
	uv_loop_t *loop = uv_default_loop();
	struct writ_host *host = NULL;
	uv_poll_t poll;
	int left = 0;

	if (writ_host_new(NULL, &host, NULL) < 0 || writ_host_attach(host) < 0)
		return 125;
	poll.data = host;
	uv_poll_init(loop, &poll, writ_host_fd(host));
	uv_poll_start(&poll, UV_READABLE, step);
	if (start_three(host, &left) < 0)
		return 125;
	while (left > 0)
		uv_run(loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&poll, NULL);
	uv_run(loop, UV_RUN_DEFAULT);
	writ_host_free(host);
	return 0;
}
