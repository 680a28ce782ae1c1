/* in_sd_event - a host in sd-event: one source of a descriptor, deadlines included. */
#include <stdio.h>
#include <systemd/sd-event.h>
#include <writ.h>

static int
step(sd_event_source *source, int fd, uint32_t what, void *host)
{
	(void)source;
	(void)fd;
	(void)what;
	writ_host_step(host);
	return 0; /* a negative answer would switch the source off */
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
	struct writ_host *host = NULL;
	sd_event *event = NULL;
	int left = 0;

	if (writ_host_new(NULL, &host, NULL) < 0 || writ_host_attach(host) < 0)
		return 125;
	if (sd_event_new(&event) < 0 ||
	    sd_event_add_io(event, NULL, writ_host_fd(host), EPOLLIN, step, host) < 0)
		return 125;
	if (start_three(host, &left) < 0)
		return 125;
	while (left > 0)
		sd_event_run(event, UINT64_MAX);
	sd_event_unref(event);
	writ_host_free(host);
	return 0;
}
