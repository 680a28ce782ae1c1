/* conclude.c - from the end of a run to its result. */
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "os/os_clock.h"
#include "os/os_fd.h"
#include "proc/proc.h"
#include "proc/record.h"
#include "proc/search.h"

/* Who stopped it decides, if somebody did; else how the program ended. */
static void
tell_end(struct writ_proc *proc)
{
	const struct os_end *end = os_child_end(proc->child);
	struct writ_result *res = &proc->res;

	res->identity = *os_child_id(proc->child);
	res->exit_code = -1;
	res->cause = WRIT_LOST;
	if (proc->main_ended && end->known) {
		res->cause = end->exited ? WRIT_EXITED : WRIT_SIGNALED;
		res->core_dumped = end->core_dumped;
		if (end->exited)
			res->exit_code = end->code;
		else
			res->signal = end->code;
	}
	if (proc->stop_cause != 0)
		res->cause = proc->stop_cause;
	res->timed_out = res->cause == WRIT_TIMEOUT || res->cause == WRIT_IDLE_TIMEOUT;
	if (!proc->main_ended)
		res->wall_ns = os_clock_ns() - proc->started_at;
}

static void
tell_usage(struct writ_proc *proc)
{
	const struct os_end *end = os_child_end(proc->child);
	struct writ_usage usage = { -1, -1, WRIT_SOURCE_NONE, -1, WRIT_SOURCE_NONE };
	bool known = proc->main_ended && end->user_ns >= 0;

	if (!os_child_usage(proc->child, &usage.user_ns, &usage.sys_ns, &usage.source)) {
		usage.user_ns = known ? end->user_ns : -1;
		usage.sys_ns = known ? end->sys_ns : -1;
		usage.source = known ? WRIT_SOURCE_RUSAGE : WRIT_SOURCE_NONE;
	}
	if (known) {
		usage.max_rss_bytes = end->max_rss_bytes;
		usage.max_rss_source = WRIT_SOURCE_LARGEST_PROCESS;
	}
	proc->res.usage = usage;
}

static void
name_survivors(struct writ_proc *proc, struct writ_left *left)
{
	struct writ_id names[WRIT_SURVIVORS_MAX];
	int count = os_child_survivors(proc->child, names, WRIT_SURVIVORS_MAX);

	if (count > 0)
		left->survivors = malloc((size_t)count * sizeof(*names));
	if (left->survivors != NULL)
		memcpy(left->survivors, names, (size_t)count * sizeof(*names));
	/* who cannot be looked for, without a descriptor say, is not gone for that */
	if (count == 0 && proc->gave_up && !(os_child_step(proc->child) & OS_CHILD_EMPTY))
		count = 1;
	left->survived = count;
	if (left->count < count)
		left->count = count;
}

static void
tell_left_behind(struct writ_proc *proc)
{
	struct writ_left *left = &proc->res.left_behind;

	if (proc->gave_up || (proc->counted && left->kept == 0))
		name_survivors(proc, left);
	left->killed = left->count - left->survived - left->kept;
	if (left->killed < 0)
		left->killed = 0;
}

void
proc_give_back(struct writ_proc *proc)
{
	struct loop *loop = &proc->host->loop;

	loop_clear_timer(loop, &proc->timer);
	loop_remove(loop, &proc->main_source);
	loop_remove(loop, &proc->tree_source);
	stream_close(&proc->in, loop);
	stream_close(&proc->out, loop);
	stream_close(&proc->err, loop);
	if (proc->child != NULL)
		os_child_reap_orphans(proc->child);
	proc_forget_start(proc);
	proc->child = os_child_close(proc->child);
	stream_done(&proc->in);
	stream_done(&proc->out);
	stream_done(&proc->err);
	proc->tty = os_tty_free(proc->tty);
	if (proc->link != NULL) {
		*proc->link = proc->next;
		if (proc->next != NULL)
			proc->next->link = proc->link;
		proc->link = NULL;
		proc->host->proc_count--;
	}
}

void
proc_conclude(struct writ_proc *proc)
{
	struct writ_result *res = &proc->res;

	tell_end(proc);
	tell_usage(proc);
	tell_left_behind(proc);
	stream_tell_in(&proc->in, &res->in);
	stream_tell_out(&proc->out, &res->out);
	stream_tell_out(&proc->err, &res->err);
	/* a program that ended by itself has set the terminal as it wanted it */
	if (res->cause != WRIT_EXITED)
		os_tty_restore(proc->tty);
	proc_give_back(proc);
	if (proc->record)
		res->record_errno = -record_write(res, proc->record_fd);
}

int
proc_explain(struct writ_proc *proc, int code, struct writ_error *err)
{
	struct writ_order *order = proc->res.order;
	int r = 0;

	if (err->stage == WRIT_STAGE_EXEC && order != NULL && order->exe != NULL)
		r = search_look(order->exe, err);
	if (r == 0)
		return code;
	order->exe = NULL; /* none was found */
	return r;
}

void
proc_tell_failure(struct writ_proc *proc, struct writ_error *err)
{
	struct writ_result *res = &proc->res;
	int r = 0;

	res->cause = WRIT_NOT_STARTED;
	res->exit_code = -1;
	res->in.bytes = res->out.bytes = res->err.bytes = -1;
	res->in.read_all = WRIT_UNKNOWN;
	res->usage = (struct writ_usage){ -1, -1, WRIT_SOURCE_NONE, -1, WRIT_SOURCE_NONE };
	res->identity = (struct writ_id){ 0 };
	res->containment = 0;
	res->guarded = false;
	if (res->started_ns == 0)
		res->started_ns = os_clock_real_ns();
	res->error = malloc(sizeof(*err));
	if (res->error != NULL)
		*res->error = *err;
	if (proc->record && os_fd_is_writable(proc->record_fd))
		r = record_write(res, proc->record_fd);
	res->record_errno = -r;
	if (r < 0)
		writ_hint(err, err->code, "moreover, cannot write the record: %s", strerror(-r));
}

void
proc_enter(struct writ_proc *proc)
{
	proc->busy++;
}

void
proc_leave(struct writ_proc *proc)
{
	if (--proc->busy == 0 && proc->doomed)
		proc_free(proc);
}

void
proc_free(struct writ_proc *proc)
{
	writ_result_done(&proc->res);
	free(proc);
}

void
proc_abandon(struct writ_proc *proc)
{
	struct loop *loop = &proc->host->loop;

	if (!proc->finished) {
		proc->events = (struct writ_events){ 0 };
		proc->record = proc->keep_tree = false;
		stream_close(&proc->in, loop);
		stream_close(&proc->out, loop);
		stream_close(&proc->err, loop);
		proc_stop(proc, WRIT_CANCELLED, "caller", true);
	} else if (proc->busy > 0) {
		proc->doomed = true;
	} else {
		proc_free(proc);
	}
}

void
proc_drop(struct writ_proc *proc)
{
	proc->finished = true;
	proc_give_back(proc);
	proc_free(proc);
}
