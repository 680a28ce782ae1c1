/* end.c - how a run ends: what happened, what is still there, what is due.
 *
 *   running --(the program ends)--> draining --> ending what is left --> finished
 *      \---(somebody stops it)--> the teardown sequence, for the whole tree --/
 *
 * proc_advance() is called after every event and goes as far as it can.
 */
#include <string.h>

#include "os/os_clock.h"
#include "proc/proc.h"

enum {
	COUNT_MS = 2000, /* a launcher is busy only while it looks through /proc */
	/* after KILL: what is left then is in the kernel's hands (D state), or
	 * another user's. The launcher gives up after 2 s and names them. */
	GIVE_UP_MS = 3000,
	LOOK_AGAIN_MS = 10, /* where nothing tells that the tree has ended */
};

static bool
streams_open(const struct writ_proc *proc)
{
	return stream_is_open(&proc->out) || stream_is_open(&proc->err);
}

static bool
streams_paused(const struct writ_proc *proc)
{
	return (proc->out.paused && stream_is_open(&proc->out)) ||
	       (proc->err.paused && stream_is_open(&proc->err));
}

static int64_t
earliest(int64_t a, int64_t b)
{
	if (a == 0 || b == 0)
		return a + b;
	return a < b ? a : b;
}

static bool
is_due(int64_t at, int64_t now)
{
	return at != 0 && now >= at;
}

void
proc_set_timer(struct writ_proc *proc)
{
	int64_t at = proc->drain_at;

	if (!proc->main_ended && !proc->stopping) {
		at = earliest(at, proc->timeout_at);
		if (proc->idle_ns > 0)
			at = earliest(at, proc->last_output_at + proc->idle_ns);
	}
	at = earliest(at, proc->step_at);
	at = earliest(at, proc->count_at);
	/* a level that cannot tell when its tree is empty */
	if (proc->main_ended && proc->stopping && proc->tree_source.fd < 0 &&
	    proc->main_source.fd < 0 && proc->drain_at == 0)
		at = earliest(at, os_clock_ns() + LOOK_AGAIN_MS * NS_PER_MS);
	if (at == 0)
		loop_clear_timer(&proc->host->loop, &proc->timer);
	else
		loop_set_timer(&proc->host->loop, &proc->timer, at); /* room was reserved */
}

void
proc_saw_output(struct writ_proc *proc)
{
	int64_t now;

	if (proc->idle_ns == 0 && proc->drain_at == 0)
		return;
	now = os_clock_ns();
	proc->last_output_at = now;
	if (proc->drain_at != 0) {
		proc->drain_at = now + proc->drain_ns;
		if (proc->drain_at > proc->drain_end)
			proc->drain_at = proc->drain_end;
		proc_set_timer(proc);
	}
}

/* Told when the last process of the tree has ended. */
static void
watch_tree(struct writ_proc *proc)
{
	unsigned what;
	writ_fd fd = os_child_tree_fd(proc->child, &what);

	if (proc->tree_source.fd < 0 && fd >= 0 && fd != proc->main_source.fd)
		loop_add(&proc->host->loop, &proc->tree_source, fd, what);
}

static void
kill_tree(struct writ_proc *proc)
{
	os_child_kill_tree(proc->child);
	proc->res.forced = true;
	proc->killed = true;
	proc->step_at = os_clock_ns() + GIVE_UP_MS * NS_PER_MS;
}

static void
take_step(struct writ_proc *proc)
{
	const struct writ_teardown *step = &proc->teardown[proc->teardown_step];

	if (proc->teardown_step == proc->teardown_count) {
		kill_tree(proc);
		return;
	}
	proc->teardown_step++;
	os_child_signal_tree(proc->child, step->signal);
	proc->step_at = os_clock_ns() + step->wait_ms * NS_PER_MS;
}

void
proc_stop(struct writ_proc *proc, int cause, const char *by, bool at_once)
{
	if (proc->finished)
		return;
	if (cause != 0 && proc->stop_cause == 0 && !proc->main_ended) {
		proc->stop_cause = cause;
		strncpy(proc->res.stopped_by, by, sizeof(proc->res.stopped_by) - 1);
	}
	if (!proc->stopping) {
		proc->stopping = true;
		watch_tree(proc);
		if (!at_once)
			take_step(proc);
	}
	if (at_once && !proc->killed)
		kill_tree(proc);
	proc_set_timer(proc);
}

void
proc_stop_more(struct writ_proc *proc)
{
	if (proc->killed)
		proc->gave_up = true;
	else
		take_step(proc);
}

/* The program itself has ended. */
static void
note_main_end(struct writ_proc *proc, unsigned state)
{
	int64_t now = os_clock_ns();
	unsigned what;

	/* what is read now was written before the end: it can still be too much */
	stream_let_go(&proc->out);
	stream_let_go(&proc->err);
	proc->main_ended = true;
	proc->res.wall_ns = now - proc->started_at;
	/* a launcher goes on telling; a pidfd has said all it can, and would say
	 * it again at every turn */
	if (os_child_tree_fd(proc->child, &what) != proc->main_source.fd)
		loop_remove(&proc->host->loop, &proc->main_source);
	if (proc->stopping && !(state & OS_CHILD_EMPTY))
		watch_tree(proc);
}

/* The tree is empty: nothing more will be told of it. */
static void
unwatch(struct writ_proc *proc)
{
	loop_remove(&proc->host->loop, &proc->main_source);
	loop_remove(&proc->host->loop, &proc->tree_source);
}

/* The reader is slow, not the program. But a time-out is not held up by it. */
static bool
reader_is_waited_for(const struct writ_proc *proc)
{
	return streams_paused(proc) && proc->stop_cause == 0;
}

/* What the program wrote before it ended is there, if not yet read. Returns
 * whether nothing more is. */
static bool
read_rest(struct writ_proc *proc)
{
	bool is_dry = stream_read_rest(&proc->out);

	return !proc->finished && stream_read_rest(&proc->err) && is_dry;
}

static void
close_streams(struct writ_proc *proc)
{
	stream_close(&proc->out, &proc->host->loop);
	stream_close(&proc->err, &proc->host->loop);
	proc->drained = true;
	proc->drain_at = 0;
}

/* Closes what is still open when its grace is over. Returns whether the
 * streams are done with. */
static bool
drain(struct writ_proc *proc, bool tree_is_gone)
{
	bool is_over;
	bool is_dry;
	int64_t now;

	if (proc->drained || !streams_open(proc)) {
		proc->drained = true;
		proc->drain_at = 0;
		return true;
	}
	now = os_clock_ns();
	if (proc->drain_end == 0) {
		proc->drain_end = now + proc->drain_max_ns;
		proc->drain_at = now + proc->drain_ns;
		if (proc->drain_at > proc->drain_end)
			proc->drain_at = proc->drain_end;
	}
	if (reader_is_waited_for(proc)) {
		proc->drain_end = now + proc->drain_max_ns;
		proc->drain_at = now + proc->drain_ns;
		return false;
	}
	is_over = is_due(proc->drain_at, now);
	if (!is_over && !tree_is_gone)
		return false;
	is_dry = read_rest(proc);
	if (proc->finished || reader_is_waited_for(proc) || (!is_dry && !is_over))
		return false;
	/* nobody is left to write; who has a copy yet is none of the tree */
	proc->out.held = !tree_is_gone && stream_is_open(&proc->out);
	proc->err.held = !tree_is_gone && stream_is_open(&proc->err);
	close_streams(proc);
	return true;
}

/* Returns whether it is known how many there are, or not waited for any more. */
static bool
count_left_behind(struct writ_proc *proc)
{
	int count;

	if (proc->counted)
		return true;
	count = os_child_count(proc->child);
	if (count < 0 && proc->count_at == 0)
		proc->count_at = os_clock_ns() + COUNT_MS * NS_PER_MS;
	if (count < 0 && os_clock_ns() < proc->count_at)
		return false;
	proc->counted = true;
	proc->count_at = 0;
	proc->res.left_behind.count = count > 0 ? count : 0;
	return true;
}

/* Returns whether nothing of the tree is left, or nothing more can be done. */
static bool
end_tree(struct writ_proc *proc, unsigned state)
{
	if (state & OS_CHILD_EMPTY)
		return true;
	if (proc->gave_up)
		return true;
	if (!count_left_behind(proc))
		return false;
	if (proc->keep_tree && proc->stop_cause == 0) {
		proc->res.left_behind.kept = os_child_release(proc->child);
		return true;
	}
	if (!proc->stopping)
		proc_stop(proc, 0, "", false);
	/* the last may have gone between looking and watching */
	return (os_child_step(proc->child) & OS_CHILD_EMPTY) != 0;
}

static void
finish(struct writ_proc *proc, unsigned state)
{
	bool keep = proc->events.keep;

	proc->finished = true;
	if (state & OS_CHILD_FAILED) {
		struct writ_error err = { 0 };

		proc_explain(proc, os_child_failure(proc->child, &err), &err);
		proc_give_back(proc);
		proc_tell_failure(proc, &err);
	} else {
		proc_conclude(proc);
	}
	if (proc->events.ended != NULL)
		proc->events.ended(proc->events.ctx, proc, &proc->res);
	if (!keep)
		proc->doomed = true; /* proc_leave() frees it */
}

/* Without being stopped: first what the pipes still hold, then what is left of
 * the tree. When stopped: first the tree, whose end also ends the pipes. */
static bool
is_over(struct writ_proc *proc, unsigned state)
{
	bool gone = (state & OS_CHILD_GONE) != 0;

	if (state & OS_CHILD_FAILED)
		return true;
	if (!proc->main_ended)
		return proc->gave_up;
	if (proc->stop_cause == 0)
		return drain(proc, gone) && end_tree(proc, state);
	return end_tree(proc, state) && drain(proc, gone);
}

void
proc_advance(struct writ_proc *proc)
{
	unsigned state;

	if (proc->finished)
		return;
	state = os_child_step(proc->child);
	if ((state & OS_CHILD_STARTED) && !proc->born)
		proc_be_born(proc);
	if ((state & OS_CHILD_ENDED) && !proc->main_ended)
		note_main_end(proc, state);
	if (proc->main_ended && (state & OS_CHILD_EMPTY))
		unwatch(proc);
	if (is_over(proc, state))
		finish(proc, state);
	else if (!proc->finished) /* a sink may have freed it */
		proc_set_timer(proc);
}
