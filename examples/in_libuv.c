/* in_libuv - a host in libuv: a poll handle, and a timer that is set anew before each wait. */
#include <stdio.h>
#include <uv.h>
#include <writ.h>

static void on_fd(uv_poll_t *poll, int status, int events)
{
	(void)status, (void)events;
	writ_host_step(poll->data);
}

static void on_time(uv_timer_t *timer) { writ_host_step(timer->data); }

static void set_timer(uv_prepare_t *prepare) /* so no start or stop has to think of it */
{
	uv_timer_t *timer = prepare->data;

	uv_update_time(timer->loop); /* a timer counts from the loop's time: callbacks let it age */
	uv_timer_start(timer, on_time, (uint64_t)writ_host_wait_ms(timer->data), 0); /* -1: never */
}

static void on_tick(uv_timer_t *tick) { ++*(int *)tick->data; }

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
	uv_timer_t timer, tick = { .data = &ticks };
	uv_prepare_t prepare = { .data = &timer };
	uv_poll_t poll;

	if (writ_host_new(NULL, &host, NULL) < 0)
		return 125;
	poll.data = timer.data = host;
	uv_poll_init(uv_default_loop(), &poll, writ_host_fd(host));
	uv_poll_start(&poll, UV_READABLE, on_fd);
	uv_timer_init(uv_default_loop(), &timer);
	uv_prepare_init(uv_default_loop(), &prepare);
	uv_prepare_start(&prepare, set_timer);
	uv_timer_init(uv_default_loop(), &tick);
	uv_timer_start(&tick, on_tick, 20, 20);
	for (struct writ_proc *proc; cmd.timeout_ms <= 600; cmd.timeout_ms += 300) /* 0: none */
		left += writ_start(host, &cmd, &events, &proc, NULL) == 0;
	while (left > 0)
		uv_run(uv_default_loop(), UV_RUN_ONCE);
	puts(ticks > 5 ? "the loop went on meanwhile" : "the loop was blocked");
	writ_host_free(host); /* a loop that goes on: close its handles before */
	return 0;
}
