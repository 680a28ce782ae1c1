/* in_sd_event - a host in sd-event: an I/O source, and a timer set anew before each wait. */
#include <stdio.h>
#include <systemd/sd-event.h>
#include <writ.h>

static int on_fd(sd_event_source *source, int fd, uint32_t what, void *host)
{
	(void)source, (void)fd, (void)what;
	return writ_host_step(host), 0; /* a negative answer would switch the source off */
}

static int on_time(sd_event_source *timer, uint64_t at_us, void *host)
{
	(void)timer, (void)at_us;
	return writ_host_step(host), 0;
}

static int set_timer(sd_event_source *timer, void *host)
{
	int ms = writ_host_wait_ms(host);

	if (sd_event_source_get_pending(timer) > 0)
		return 0; /* in the queue: set anew, it would go to its end, perhaps for ever */
	return sd_event_source_set_time_relative(timer, ms < 0 ? UINT64_MAX : (uint64_t)ms * 1000);
}

static void on_end(void *left, struct writ_proc *proc, struct writ_result *res)
{
	(void)proc, --*(int *)left;
	printf("%s: %s", writ_cause_name(res->cause), res->out.data);
}

int main(void)
{
	int left = 0, ticks = 0;
	struct writ_events events = { .size = sizeof(events), .ctx = &left, .ended = on_end };
	struct writ_cmd cmd = WRIT_CMD("sh", "-c", "echo begun; exec sleep 0.9");
	struct writ_host *host;
	sd_event_source *timer;
	sd_event *event;

	if (writ_host_new(NULL, &host, NULL) < 0 || sd_event_new(&event) < 0)
		return 125;
	sd_event_add_io(event, NULL, writ_host_fd(host), EPOLLIN, on_fd, host);
	sd_event_add_time(event, &timer, CLOCK_MONOTONIC, 0, 1, on_time, host); /* 0: 250 ms late */
	sd_event_source_set_enabled(timer, SD_EVENT_ON);
	sd_event_source_set_prepare(timer, set_timer);
	for (struct writ_proc *proc; cmd.timeout_ms <= 600; cmd.timeout_ms += 300) /* 0: none */
		left += writ_start(host, &cmd, &events, &proc, NULL) == 0;
	while (left > 0) /* the first five times at most 20 ms */
		ticks += sd_event_run(event, ticks < 5 ? 20000 : UINT64_MAX) == 0;
	printf("%d ticks meanwhile\n", ticks);
	sd_event_source_unref(timer);
	sd_event_unref(event);
	writ_host_free(host);
	return 0;
}
