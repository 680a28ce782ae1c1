#include "proc/host.h"

#include <limits.h>
#include <stdlib.h>

#include "base/fail.h"
#include "os/os_clock.h"
#include "proc/proc.h"

int
writ_host_new(const struct writ_host_options *options, struct writ_host **ret_host,
	      struct writ_error *err)
{
	struct writ_host *host = calloc(1, sizeof(*host));
	int r;

	if (host == NULL)
		return writ_fail_nomem(err, WRIT_STAGE_HOST);
	host->loop.poll = -1;
	host->scratch = malloc(HOST_SCRATCH_BYTES);
	if (host->scratch == NULL) {
		writ_host_free(host);
		return writ_fail_nomem(err, WRIT_STAGE_HOST);
	}
	r = loop_open(&host->loop);
	if (r < 0)
		r = writ_fail_sys(err, WRIT_STAGE_HOST, -r, "epoll");
	else
		r = os_host_open(options != NULL ? options->cgroup_dir : NULL,
				 options != NULL ? options->level_max : WRIT_LEVEL_ANY, &host->os,
				 err);
	if (r < 0) {
		writ_host_free(host);
		return r;
	}
	*ret_host = host;
	return 0;
}

/* In a fork of the owner nothing is ended: it is not ours. */
struct writ_host *
writ_host_free(struct writ_host *host)
{
	if (host == NULL)
		return NULL;
	if (host->os != NULL && os_host_is_ours(host->os))
		while (host->procs != NULL)
			proc_abandon(host->procs);
	os_host_close(host->os);
	loop_close(&host->loop);
	free(host->scratch);
	free(host);
	return NULL;
}

int
host_check(const struct writ_host *host, struct writ_error *err)
{
	if (!os_host_is_ours(host->os))
		return writ_fail(err, WRIT_E_STATE, WRIT_STAGE_HOST, 0,
				 "it belongs to the process that forked this one", "%s", "host");
	return 0;
}

writ_fd
writ_host_fd(const struct writ_host *host)
{
	return host->loop.poll;
}

int
writ_host_wait_ms(const struct writ_host *host)
{
	return loop_wait_ms(&host->loop);
}

static int
step(struct writ_host *host, int wait_ms)
{
	int r;

	if (host->stepping || host_check(host, NULL) < 0)
		return WRIT_E_STATE;
	host->stepping = true;
	r = loop_step(&host->loop, wait_ms);
	host->stepping = false;
	return r < 0 ? WRIT_E_SYS : host->proc_count;
}

int
writ_host_step(struct writ_host *host)
{
	return step(host, 0);
}

int
writ_host_wait(struct writ_host *host, int64_t max_ms)
{
	int wait_ms = loop_wait_ms(&host->loop);

	if (max_ms >= 0 && (wait_ms < 0 || wait_ms > max_ms))
		wait_ms = max_ms > INT_MAX ? INT_MAX : (int)max_ms;
	return step(host, wait_ms);
}

int
writ_host_finding(struct writ_host *host, unsigned index, struct writ_finding *ret_finding)
{
	return os_host_finding(host->os, index, ret_finding);
}
