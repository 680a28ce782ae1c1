/* in_epoll - a host in a loop of one's own: one more descriptor, one more bound of each wait. */
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <writ.h>

static int watch(int epoll, struct writ_host *host)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = host };

	return epoll_ctl(epoll, EPOLL_CTL_ADD, writ_host_fd(host), &event);
}

/* How long both the program and the host can wait; of either, -1 is for ever. */
static int bound(int max_ms, const struct writ_host *host)
{
	int host_ms = writ_host_wait_ms(host);

	return max_ms < 0 || (host_ms >= 0 && host_ms < max_ms) ? host_ms : max_ms;
}

static void on_end(void *left, struct writ_proc *proc, struct writ_result *res)
{
	(void)proc, --*(int *)left;
	printf("%s: %s", writ_cause_name(res->cause), res->out.data);
}

int main(void)
{
	int left = 0, ticks = 0, epoll = epoll_create1(EPOLL_CLOEXEC);
	struct writ_events events = { .size = sizeof(events), .ctx = &left, .ended = on_end };
	struct writ_cmd cmd = WRIT_CMD("sh", "-c", "echo begun; exec sleep 0.9");
	struct epoll_event ready[8];
	struct writ_host *host;

	if (writ_host_new(NULL, &host, NULL) < 0 || watch(epoll, host) < 0)
		return 125;
	for (struct writ_proc *proc; cmd.timeout_ms <= 600; cmd.timeout_ms += 300) /* 0: none */
		left += writ_start(host, &cmd, &events, &proc, NULL) == 0;
	while (left > 0) {
		int count = epoll_wait(epoll, ready, 8, bound(ticks < 5 ? 20 : -1, host));

		ticks += count == 0 && ticks < 5; /* the program's own timer: five times 20 ms */
		/* here it serves its own descriptors; the host comes last, for it calls back, and
		 * that may close one that is in `ready`; with nothing due, it is one system call */
		writ_host_step(host);
	}
	printf("%d ticks meanwhile\n", ticks);
	close(epoll);
	writ_host_free(host);
	return 0;
}
