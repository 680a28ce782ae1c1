/* in_libevent - a host in libevent: one event, with the deadline as its time-out. */
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdio.h>
#include <writ.h>

struct in_event {
	struct writ_host *host;
	struct event event;
};

/* Call it after a start or a stop, too, unless that was in a callback of the host. */
static void step(evutil_socket_t fd, short what, void *ctx)
{
	struct in_event *in = ctx;
	int wait_ms;

	(void)fd, (void)what;
	writ_host_step(in->host);
	wait_ms = writ_host_wait_ms(in->host);
	event_remove_timer(&in->event); /* adding it without a time-out would leave the old one */
	event_add(&in->event, /* always, for a time-out of 0 has taken it out */
		  wait_ms < 0 ? NULL : &(struct timeval){ wait_ms / 1000, wait_ms % 1000 * 1000 });
}

static void on_tick(evutil_socket_t fd, short what, void *n) { (void)fd, (void)what, ++*(int *)n; }

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
	struct event_base *base = event_base_new();
	struct in_event in;
	struct event tick;

	if (writ_host_new(NULL, &in.host, NULL) < 0)
		return 125;
	event_assign(&in.event, base, writ_host_fd(in.host), EV_READ | EV_PERSIST, step, &in);
	event_assign(&tick, base, -1, EV_PERSIST, on_tick, &ticks);
	event_add(&tick, &(struct timeval){ 0, 20000 });
	for (struct writ_proc *proc; cmd.timeout_ms <= 600; cmd.timeout_ms += 300) /* 0: none */
		left += writ_start(in.host, &cmd, &events, &proc, NULL) == 0;
	step(-1, 0, &in);
	while (left > 0)
		event_base_loop(base, EVLOOP_ONCE);
	puts(ticks > 5 ? "the loop went on meanwhile" : "the loop was blocked");
	event_base_free(base);
	writ_host_free(in.host);
	return 0;
}
