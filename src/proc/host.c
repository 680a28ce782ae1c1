#include "proc/host.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "os/os_clock.h"
#include "os/os_thread.h"
#include "proc/pool.h"
#include "proc/proc.h"

enum { END_MS = 4000 }; /* what was killed and is not gone by then stays (D state) */

static int
open_parts(struct writ_host *host, const struct writ_host_options *options, struct writ_error *err)
{
	int r = loop_open(&host->loop);

	if (r < 0)
		return writ_fail_sys(err, WRIT_STAGE_HOST, -r, "epoll");
	host->scratch = malloc(HOST_SCRATCH_BYTES);
	if (host->scratch == NULL)
		return writ_fail_nomem(err, WRIT_STAGE_HOST);
	host->alone = options->alone;
	return os_host_open(options->cgroup_dir, options->level_max, &host->os, err);
}

int
writ_host_new(const struct writ_host_options *options, struct writ_host **ret_host,
	      struct writ_error *err)
{
	struct writ_host_options own = { .size = sizeof(own) };
	struct writ_host *host = calloc(1, sizeof(*host));
	int r;

	if (host == NULL)
		return writ_fail_nomem(err, WRIT_STAGE_HOST);
	if (options != NULL)
		memcpy(&own, options,
		       options->size != 0 && options->size < sizeof(own) ? options->size
									  : sizeof(own));
	r = open_parts(host, &own, err);
	if (r < 0) {
		writ_host_free(host);
		return r;
	}
	*ret_host = host;
	return 0;
}

/* All at once, then one wait for all. */
static void
end_runs(struct writ_host *host)
{
	int64_t end = os_clock_ns() + END_MS * NS_PER_MS;
	struct writ_proc *next;

	for (struct writ_proc *proc = host->procs; proc != NULL; proc = next) {
		next = proc->next;
		proc_abandon(proc);
	}
	while (host->procs != NULL && os_clock_ns() < end) {
		int wait_ms = loop_wait_ms(&host->loop);

		if (loop_step(&host->loop, wait_ms < 0 || wait_ms > END_MS ? END_MS : wait_ms) < 0)
			break;
	}
	while (host->procs != NULL)
		proc_drop(host->procs);
}

/* In a fork of the owner nothing is ended: it is not ours. */
struct writ_host *
writ_host_free(struct writ_host *host)
{
	if (host == NULL)
		return NULL;
	if (host->os != NULL && os_host_is_ours(host->os)) {
		end_runs(host);
		pools_end(host);
		end_runs(host); /* what the last jobs started */
	} else {
		host->loop.posts = NULL; /* in a fork: they are for another */
	}
	os_host_close(host->os);
	loop_close(&host->loop);
	free(host->scratch);
	free(host);
	return NULL;
}

int
writ_host_attach(struct writ_host *host)
{
	uint64_t self = os_thread_self();

	if (host->attached != 0 && host->attached != self)
		return WRIT_E_STATE;
	host->attached = self;
	return 0;
}

void
writ_host_detach(struct writ_host *host)
{
	host->attached = 0;
}

int
host_check_wait(const struct writ_host *host, const char *call, const char *instead,
		struct writ_error *err)
{
	const char *why = "it waits, and this is a step of the loop";

	if (!host->stepping) {
		if (host->attached == 0 || host->attached != os_thread_self())
			return 0;
		why = "it waits, and this thread runs a loop";
	}
	writ_fail(err, WRIT_E_WOULD_BLOCK, WRIT_STAGE_WAIT, 0, why, "%s", call);
	return writ_hint(err, WRIT_E_WOULD_BLOCK, "%s", instead);
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

int
writ_host_count(const struct writ_host *host)
{
	return host->proc_count;
}

static int
step(struct writ_host *host, int wait_ms)
{
	int r;

	if (host->stepping || host_check(host, NULL) < 0)
		return WRIT_E_STATE;
	host->stepping = true;
	r = loop_step(&host->loop, wait_ms);
	os_host_tidy(host->os);
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
	int r = max_ms == 0 ? 0 : host_check_wait(host, "writ_host_wait()", "", NULL);

	if (r < 0)
		return r;
	if (max_ms >= 0 && (wait_ms < 0 || wait_ms > max_ms))
		wait_ms = max_ms > INT_MAX ? INT_MAX : (int)max_ms;
	return step(host, wait_ms);
}

int
writ_host_finding(struct writ_host *host, unsigned index, struct writ_finding *ret_finding)
{
	return os_host_finding(host->os, index, ret_finding);
}
