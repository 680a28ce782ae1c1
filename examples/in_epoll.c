/* in_epoll - a host in a loop of one's own: one more descriptor, deadlines included. */
#include <stdio.h>
#include <sys/epoll.h>
#include <unistd.h>
#include <writ.h>

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
	struct epoll_event event = { .events = EPOLLIN };
	int poll = epoll_create1(EPOLL_CLOEXEC);
	struct writ_host *host = NULL;
	int left = 0;

	if (writ_host_new(NULL, &host, NULL) < 0 || writ_host_attach(host) < 0)
		return 125;
	event.data.ptr = host;
	epoll_ctl(poll, EPOLL_CTL_ADD, writ_host_fd(host), &event);
	if (start_three(host, &left) < 0)
		return 125;
	while (left > 0) {
		int count = epoll_wait(poll, &event, 1, -1);

		if (count == 1 && event.data.ptr == host)
			writ_host_step(host);
	}
	close(poll);
	writ_host_free(host);
	return 0;
}
