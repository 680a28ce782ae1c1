/* run.c - the calls on a run that is under way, and the one that blocks. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "os/os_clock.h"
#include "proc/proc.h"
#include "proc/record.h"

int
writ_stop(struct writ_proc *proc, enum writ_stop how, const char *by)
{
	if (proc->finished || host_check(proc->host, NULL) < 0)
		return WRIT_E_STATE;
	proc_stop(proc, WRIT_CANCELLED, by != NULL ? by : "caller", how == WRIT_STOP_KILL);
	return 0;
}

struct cancel {
	struct post post; /* first member */
	struct writ_host *host;
	uint64_t number;
	uint64_t last; /* that there was: who came later is not meant */
	enum writ_stop how;
	char by[16];
};

static void
cancel_now(struct post *post)
{
	struct cancel *cancel = (struct cancel *)(void *)post;

	for (struct writ_proc *proc = cancel->host->procs; proc != NULL; proc = proc->next)
		if (cancel->number == proc->number ||
		    (cancel->number == 0 && proc->number <= cancel->last))
			writ_stop(proc, cancel->how, cancel->by);
	free(cancel);
}

int
writ_cancel(struct writ_host *host, uint64_t number, enum writ_stop how, const char *by)
{
	struct cancel *cancel;

	if (host_check(host, NULL) < 0)
		return WRIT_E_STATE;
	cancel = malloc(sizeof(*cancel));
	if (cancel == NULL)
		return WRIT_E_NOMEM;
	*cancel = (struct cancel){
		.post.call = cancel_now, .host = host, .number = number, .how = how,
		.last = __atomic_load_n(&host->last_number, __ATOMIC_RELAXED),
	};
	snprintf(cancel->by, sizeof(cancel->by), "%s", by != NULL ? by : "caller");
	loop_post(&host->loop, &cancel->post);
	return 0;
}

uint64_t
writ_proc_number(const struct writ_proc *proc)
{
	return proc->number;
}

int
writ_proc_signal(struct writ_proc *proc, int signal, struct writ_error *err)
{
	int r = host_check(proc->host, err);

	if (r < 0)
		return r;
	r = proc->finished ? -ESRCH : os_child_signal(proc->child, signal);
	if (r == -ESRCH || r == -ESTALE)
		return writ_fail(err, WRIT_E_GONE, WRIT_STAGE_SIGNAL, ESRCH, NULL, "%d", signal);
	if (r < 0)
		return writ_fail(err, WRIT_E_SYS, WRIT_STAGE_SIGNAL, -r, NULL, "%d", signal);
	return 0;
}

/* Steps the host until the run has ended, or the time is over. */
static int
wait_for(struct writ_proc *proc, int64_t max_ms, struct writ_error *err)
{
	int64_t now = os_clock_ns();
	int64_t end = max_ms < 0 || max_ms > (INT64_MAX - now) / NS_PER_MS
			      ? INT64_MAX
			      : now + max_ms * NS_PER_MS;

	while (!proc->finished) {
		int64_t left_ms = end == INT64_MAX ? -1 : (end - now + NS_PER_MS - 1) / NS_PER_MS;
		int r;

		if (end != INT64_MAX && now >= end)
			return writ_fail(err, WRIT_E_STATE, WRIT_STAGE_WAIT, 0, "it still runs",
					 "%s", "the program");
		r = writ_host_wait(proc->host, left_ms);
		if (r < 0)
			return writ_fail(err, r, WRIT_STAGE_WAIT, 0, NULL, "%s", "the host");
		now = os_clock_ns();
	}
	return 0;
}

int
writ_proc_wait(struct writ_proc *proc, int64_t max_ms, struct writ_result **ret_res,
	       struct writ_error *err)
{
	int r = host_check_wait(proc->host, "writ_proc_wait()", "`ended` tells the end", err);

	if (r == 0)
		r = wait_for(proc, max_ms, err);
	if (r < 0)
		return r;
	if (proc->res.error != NULL)
		return writ_fail_as(err, proc->res.error);
	if (proc->res.cause == WRIT_NOT_STARTED)
		return writ_fail_nomem(err, WRIT_STAGE_EXEC); /* not even for the error */
	*ret_res = &proc->res;
	return 0;
}

int64_t
writ_proc_write(struct writ_proc *proc, const void *data, size_t len)
{
	int r = host_check(proc->host, NULL);

	return r < 0 ? r : stream_write(&proc->in, &proc->host->loop, data, len);
}

void
writ_proc_write_end(struct writ_proc *proc)
{
	stream_end(&proc->in, &proc->host->loop);
}

void
writ_proc_resume(struct writ_proc *proc, enum writ_stream stream)
{
	stream_resume(stream == WRIT_STREAM_ERR ? &proc->err : &proc->out, &proc->host->loop);
}

const struct writ_id *
writ_proc_id(const struct writ_proc *proc)
{
	return &proc->res.identity;
}

int
writ_proc_level(const struct writ_proc *proc)
{
	return proc->res.containment;
}

struct writ_proc *
writ_proc_free(struct writ_proc *proc)
{
	if (proc == NULL)
		return NULL;
	if (os_host_is_ours(proc->host->os))
		proc_abandon(proc);
	else
		proc_free(proc); /* in a fork: what runs is another's */
	return NULL;
}

/* A struct of the caller may be smaller: what it has no room for is freed with
 * the run. */
static void
move_result(struct writ_result *from, struct writ_result *ret_to)
{
	size_t size = ret_to->size;

	if (size == 0 || size > sizeof(*from))
		size = sizeof(*from);
	memcpy(ret_to, from, size);
	ret_to->size = size;
	memset(from, 0, size);
}

/* Nobody else waits: nothing need be added to the descriptor of the loop. And
 * whether the program was executed need not be known before the end. */
static int
run_in(struct writ_host *host, const struct writ_cmd *cmd, struct writ_result *ret_res,
       struct writ_error *err)
{
	struct writ_events events = { .size = sizeof(events), .keep = true, .later = true };
	struct writ_proc *proc = NULL;
	struct writ_result *res = NULL;
	int r;

	loop_be_alone(&host->loop);
	r = proc_start(host, cmd, &events, true, &proc, err);
	if (r == 0)
		r = writ_proc_wait(proc, -1, &res, err);
	if (r == 0)
		move_result(&proc->res, ret_res);
	writ_proc_free(proc);
	if (!host->alone) /* nothing is left in it, or another run has done this */
		loop_be_shared(&host->loop);
	return r;
}

int
writ_run(struct writ_host *host, const struct writ_cmd *cmd, struct writ_result *ret_res,
	 struct writ_error *err)
{
	struct writ_host *own = NULL;
	int r;

	if (host != NULL) {
		r = host_check_wait(host, "writ_run()", "use writ_start() with `later`", err);
		return r < 0 ? r : run_in(host, cmd, ret_res, err);
	}
	r = writ_host_new(NULL, &own, err);
	if (r < 0)
		return r;
	r = run_in(own, cmd, ret_res, err);
	writ_host_free(own);
	return r;
}
