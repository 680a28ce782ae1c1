/* start.c - from a request to a program that runs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fail.h"
#include "os/os_clock.h"
#include "os/os_fd.h"
#include "os/os_tty.h"
#include "proc/plan.h"
#include "proc/proc.h"
#include "proc/record.h"
#include "proc/ulid.h"

enum { HOLDERS_MAX = 8 };

static int
compare_maps(const void *a, const void *b)
{
	const struct os_map *x = a;
	const struct os_map *y = b;

	return (x->to > y->to) - (x->to < y->to);
}

/* What the program gets: the null device for a stream that goes nowhere. */
static writ_fd
given(const struct writ_proc *proc, const struct stream *stream)
{
	return stream->child_fd >= 0 ? stream->child_fd : os_host_null(proc->host->os);
}

static void
map_descriptors(struct os_start *start, const struct writ_cmd *cmd, const struct writ_proc *proc)
{
	const struct stream *err = cmd->err.kind == WRIT_OUT_MERGE ? &proc->out : &proc->err;

	start->map[0] = (struct os_map){ given(proc, &proc->in), 0 };
	start->map[1] = (struct os_map){ given(proc, &proc->out), 1 };
	start->map[2] = (struct os_map){ given(proc, err), 2 };
	for (size_t i = 0; i < cmd->pass_count; i++)
		start->map[3 + i] = (struct os_map){ cmd->pass[i].from, cmd->pass[i].to };
	start->map_count = 3 + cmd->pass_count;
	qsort(start->map, start->map_count, sizeof(start->map[0]), compare_maps);
}

static int64_t
to_ns(int64_t ms)
{
	return ms > INT64_MAX / (4 * NS_PER_MS) ? INT64_MAX / 4 : ms * NS_PER_MS;
}

static void
set_times(struct writ_proc *proc, const struct writ_cmd *cmd)
{
	int64_t drain_ms = cmd->drain_ms == 0 ? WRIT_DRAIN_MS_DEFAULT : cmd->drain_ms;
	int64_t drain_max_ms =
		cmd->drain_max_ms == 0 ? WRIT_DRAIN_MAX_MS_DEFAULT : cmd->drain_max_ms;

	proc->drain_ns = drain_ms < 0 ? 0 : to_ns(drain_ms);
	/* who asks for a longer grace means all of it */
	proc->drain_max_ns = to_ns(drain_max_ms > drain_ms ? drain_max_ms : drain_ms);
	if (drain_ms < 0)
		proc->drain_max_ns = 0;
	proc->idle_ns = to_ns(cmd->idle_timeout_ms);
	proc->teardown[0] = (struct writ_teardown){ WRIT_SIGNAL_TERM, WRIT_KILL_AFTER_MS_DEFAULT };
	proc->teardown_count = 1;
	if (cmd->teardown != NULL) {
		memcpy(proc->teardown, cmd->teardown, cmd->teardown_count * sizeof(*cmd->teardown));
		proc->teardown_count = cmd->teardown_count;
	}
	proc->started_at = proc->last_output_at = os_clock_ns();
	if (cmd->timeout_ms > 0)
		proc->timeout_at = proc->started_at + to_ns(cmd->timeout_ms);
}

static int
open_streams(struct writ_proc *proc, const struct writ_cmd *cmd, struct writ_error *err)
{
	int r;

	proc->in.which = WRIT_STREAM_IN;
	proc->out.which = WRIT_STREAM_OUT;
	proc->err.which = WRIT_STREAM_ERR;
	proc->in.proc = proc->out.proc = proc->err.proc = proc;
	r = stream_open_in(&proc->in, &cmd->in, err);
	if (r == 0)
		r = stream_open_out(&proc->out, &cmd->out, err);
	if (r == 0)
		r = stream_open_out(&proc->err, &cmd->err, err);
	return r;
}

static void
child_ready(void *ctx, unsigned what)
{
	struct writ_proc *proc = ctx;

	(void)what;
	proc_enter(proc);
	proc_advance(proc);
	proc_leave(proc);
}

static void
timer_due(void *ctx)
{
	struct writ_proc *proc = ctx;
	int64_t now = os_clock_ns();

	proc_enter(proc);
	if (!proc->main_ended && !proc->stopping) {
		if (proc->timeout_at != 0 && now >= proc->timeout_at)
			proc_stop(proc, WRIT_TIMEOUT, "timeout", false);
		else if (proc->idle_ns != 0 && now >= proc->last_output_at + proc->idle_ns)
			proc_stop(proc, WRIT_IDLE_TIMEOUT, "idle", false);
	} else if (proc->step_at != 0 && now >= proc->step_at) {
		proc->step_at = 0;
		proc_stop_more(proc);
	}
	proc_advance(proc);
	proc_leave(proc);
}

/* Each costs a descriptor, which every later child copies: a few may. And a
 * fork of our process would have one too: the end of the tree must be told. */
static bool
may_hold_ends(const struct writ_proc *proc)
{
	return proc->host->proc_count <= HOLDERS_MAX &&
	       os_child_level(proc->child) >= WRIT_LEVEL_LAUNCHER;
}

/* A sink is told of no output before it is told of the start. */
static int
watch_outputs(struct writ_proc *proc, struct writ_error *err)
{
	struct loop *loop = &proc->host->loop;
	int r = stream_begin(&proc->out, loop, err);

	return r == 0 ? stream_begin(&proc->err, loop, err) : r;
}

static int
watch(struct writ_proc *proc, struct writ_error *err)
{
	struct loop *loop = &proc->host->loop;
	writ_fd start_fd = os_child_start_fd(proc->child);
	int r = 0;

	if (may_hold_ends(proc)) {
		stream_hold_end(&proc->out);
		stream_hold_end(&proc->err);
	}
	/* nothing is told before the start is */
	if (!proc->plan->start.tell || !proc->in.fed_by_calls)
		r = stream_begin(&proc->in, loop, err);
	if (r == 0 && !proc->plan->start.tell)
		r = watch_outputs(proc, err);
	if (r < 0)
		return r;
	if (start_fd >= 0)
		r = loop_add(loop, &proc->start_source, start_fd, OS_POLL_READ);
	/* the last: what was written before the end is looked at before it */
	if (r == 0)
		r = loop_add(loop, &proc->main_source, os_child_fd(proc->child), OS_POLL_READ);
	return r < 0 ? writ_fail_sys(err, WRIT_STAGE_HOST, -r, "epoll") : 0;
}

static void
enlist(struct writ_proc *proc)
{
	struct writ_host *host = proc->host;

	proc->next = host->procs;
	proc->link = &host->procs;
	if (proc->next != NULL)
		proc->next->link = &proc->next;
	host->procs = proc;
	host->proc_count++;
}

/* What the result tells of the request. */
static int
describe(struct writ_proc *proc, const struct writ_cmd *cmd, struct writ_error *err)
{
	struct writ_result *res = &proc->res;

	ulid_make(res->id);
	res->order = plan_order(cmd, proc->plan);
	if (res->order == NULL)
		return writ_fail_nomem(err, WRIT_STAGE_RECORD);
	return 0;
}

static void
fill_identity(struct writ_proc *proc)
{
	struct writ_result *res = &proc->res;

	res->identity = *os_child_id(proc->child);
	res->containment = os_child_level(proc->child);
	res->guarded = os_child_is_guarded(proc->child);
	if (proc->record && res->identity.pid != 0) {
		auto_free char *head = record_head(res);

		if (head != NULL)
			os_child_tell_record(proc->child, head, proc->record_fd);
	}
}

void
proc_forget_start(struct writ_proc *proc)
{
	struct plan *plan = proc->plan;

	loop_remove(&proc->host->loop, &proc->start_source);
	proc->plan = NULL;
	/* what a program that hangs between clone and exec may yet read stays */
	if (plan == NULL || (proc->child != NULL && !os_child_forget_start(proc->child)))
		return;
	plan_done(plan);
	free(plan);
}

void
proc_be_born(struct writ_proc *proc)
{
	bool tell = proc->plan->start.tell;

	proc->born = true;
	proc_forget_start(proc);
	fill_identity(proc);
	if (!tell)
		return;
	/* of one that was killed meanwhile it is not known whether it ever ran */
	if (proc->events.started != NULL && !proc->stopping)
		proc->events.started(proc->events.ctx, proc);
	if ((proc->in.fed_by_calls && stream_begin(&proc->in, &proc->host->loop, NULL) < 0) ||
	    watch_outputs(proc, NULL) < 0)
		proc_stop(proc, WRIT_LOST, "host", true); /* no memory to hear it with */
}

/* Is anything to be done or told between the start and the end? */
static bool
is_watched(const struct writ_proc *proc, const struct writ_cmd *cmd)
{
	return proc->events.started != NULL || cmd->record || cmd->out.kind == WRIT_OUT_STREAM ||
	       cmd->err.kind == WRIT_OUT_STREAM;
}

/* Of a lone run of a blocking call nothing need be told, if nobody looks before
 * its end. */
static void
decide_wait(struct writ_proc *proc, const struct writ_cmd *cmd)
{
	struct os_start *start = &proc->plan->start;

	start->later = proc->events.later;
	start->tell = start->later && is_watched(proc, cmd);
	start->quiet = proc->blocks && !start->tell;
}

/* May somebody look at the descriptor of the loop while this runs? */
static bool
is_for_all_to_see(const struct writ_proc *proc)
{
	const struct writ_host *host = proc->host;

	return !host->alone && (!proc->blocks || host->proc_count > 0);
}

/* All that can fail without a program having run. */
static int
launch(struct writ_proc *proc, const struct writ_cmd *cmd, struct writ_error *err)
{
	struct plan *plan = proc->plan;
	int r;

	decide_wait(proc, cmd);
	r = plan_make(cmd, plan, err);
	if (r == 0 && plan->start.later && !plan_keep(plan))
		r = writ_fail_nomem(err, WRIT_STAGE_CLONE);
	if (r == 0 && is_for_all_to_see(proc)) {
		r = loop_be_shared(&proc->host->loop);
		if (r < 0)
			return writ_fail_sys(err, WRIT_STAGE_HOST, -r, "epoll");
	}
	if (r == 0 && !heap_reserve(&proc->host->loop.timers, (size_t)proc->host->proc_count + 1))
		r = writ_fail_nomem(err, WRIT_STAGE_HOST);
	if (r < 0)
		return r;
	os_host_prepare(proc->host->os);
	r = open_streams(proc, cmd, err);
	if (r < 0)
		return r;

	map_descriptors(&plan->start, cmd, proc);
	plan->start.on_terminal = plan_shares_session(plan, cmd);
	if (plan->start.on_terminal && os_tty_is_ours(0))
		proc->tty = os_tty_save(0);
	set_times(proc, cmd);
	proc->res.started_ns = os_clock_real_ns();
	return os_child_start(proc->host->os, &plan->start, &proc->child, err);
}

static struct writ_proc *
new_proc(struct writ_host *host, const struct writ_cmd *cmd, const struct writ_events *events)
{
	struct writ_proc *proc = calloc(1, sizeof(*proc));

	if (proc == NULL)
		return NULL;
	proc->plan = calloc(1, sizeof(*proc->plan));
	if (proc->plan == NULL) {
		free(proc);
		return NULL;
	}
	proc->host = host;
	proc->number = host->last_number + 1;
	__atomic_store_n(&host->last_number, proc->number, __ATOMIC_RELAXED);
	if (events != NULL)
		memcpy(&proc->events, events,
		       events->size != 0 && events->size < sizeof(*events) ? events->size
									    : sizeof(*events));
	proc->keep_tree = cmd->keep_tree;
	proc->record = cmd->record;
	proc->record_fd = cmd->record_fd;
	proc->in.fd = proc->in.child_fd = proc->in.file = proc->in.observer = -1;
	proc->out.fd = proc->out.child_fd = proc->out.file = proc->out.observer = -1;
	proc->err.fd = proc->err.child_fd = proc->err.file = proc->err.observer = -1;
	proc->in.source.fd = proc->out.source.fd = proc->err.source.fd = -1;
	proc->main_source = (struct source){ .fd = -1, .ready = child_ready, .ctx = proc };
	proc->tree_source = proc->start_source = proc->main_source;
	proc->timer = (struct timer){ .due = timer_due, .ctx = proc };
	proc->res.size = sizeof(proc->res);
	return proc;
}

/* Whatever was started ends, in steps of the host. Frees it too. */
static void
fail(struct writ_proc *proc, struct writ_error *err)
{
	proc_tell_failure(proc, err);
	if (proc->child == NULL) {
		proc_drop(proc);
		return;
	}
	os_child_part(proc->child);
	if (proc->main_source.fd < 0)
		loop_add(&proc->host->loop, &proc->main_source, os_child_fd(proc->child),
			 OS_POLL_READ);
	proc_abandon(proc);
}

static int
start(struct writ_proc *proc, const struct writ_cmd *cmd, struct writ_error *err)
{
	int r = launch(proc, cmd, err);

	if (r < 0) {
		describe(proc, cmd, NULL);
		return proc_explain(proc, r, err);
	}
	enlist(proc);
	/* nothing waits for it: the program is on its way meanwhile */
	r = describe(proc, cmd, err);
	if (r < 0)
		return r;
	fill_identity(proc);
	os_child_part(proc->child);
	r = watch(proc, err);
	if (r < 0)
		return r;
	if (!proc->plan->start.later) {
		proc->born = true;
		proc_forget_start(proc);
	}
	proc_set_timer(proc);
	/* a start that was waited for after all is told in the first step */
	if (!proc->born && proc->plan->start.tell &&
	    (os_child_step(proc->child) & OS_CHILD_STARTED))
		loop_set_timer(&proc->host->loop, &proc->timer, os_clock_ns());
	return 0;
}

int
proc_start(struct writ_host *host, const struct writ_cmd *cmd, const struct writ_events *events,
	   bool blocks, struct writ_proc **ret_proc, struct writ_error *err)
{
	struct writ_error own_err = { 0 };
	struct writ_cmd checked = { 0 };
	struct writ_proc *proc;
	int r;

	if (err == NULL)
		err = &own_err; /* the record wants it */
	r = host_check(host, err);
	if (r < 0)
		return r;
	if (host->alone)
		loop_be_alone(&host->loop);
	r = check_cmd(cmd, &checked, err);
	proc = new_proc(host, &checked, events);
	if (proc == NULL)
		return writ_fail_nomem(err, WRIT_STAGE_HOST);
	proc->blocks = blocks;
	if (r == 0)
		r = start(proc, &checked, err);
	else
		describe(proc, &checked, NULL);
	if (r < 0) {
		fail(proc, err);
		return r;
	}
	if (ret_proc != NULL)
		*ret_proc = proc;
	return 0;
}

int
writ_start(struct writ_host *host, const struct writ_cmd *cmd, const struct writ_events *events,
	   struct writ_proc **ret_proc, struct writ_error *err)
{
	bool later = events != NULL && events->later;
	int r = later ? 0
		      : host_check_wait(host, "writ_start()",
					"set `later` in struct writ_events", err);

	return r < 0 ? r : proc_start(host, cmd, events, false, ret_proc, err);
}
