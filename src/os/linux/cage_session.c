/* cage_session.c - the last resort: what stays in the program's session can be
 * found; with a shared terminal only the program itself. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fail.h"
#include "cage.h"
#include "order.h"
#include "os/os_fd.h"
#include "os/os_id.h"
#include "pidfd.h"

/* What only the launcher does is done by it, as if there were a leaf: no memory of
 * ours, and no copy of it. */
static int
launch(struct os_child *child, const struct os_start *start, struct writ_error *err)
{
	int r = CAGE_NEXT;

	if (host_launcher(child->host) >= 0)
		r = cage_launch(child, start, LAUNCH_EXEC, -1,
				start->later && child->host->launcher_works, err);
	if (r != CAGE_NEXT)
		return r;
	writ_fail(err, WRIT_E_UNSUPPORTED, WRIT_STAGE_CONTAIN, -child->host->launcher,
		  "the launcher cannot be executed here", "%s",
		  start->netns != NULL ? "netns" : "beneath");
	return writ_hint(err, WRIT_E_UNSUPPORTED,
			 "it needs memory, or a directory, that may be executed");
}

static int
start_child(struct os_child *child, const struct os_start *start, struct writ_error *err)
{
	int way = child->host->spawner.way;
	int r;

	if (start->netns != NULL || start->beneath_count > 0)
		return launch(child, start, err);
	if (start->apart) /* not in memory that is also ours */
		child->host->spawner.way = SPAWN_COPY;
	r = cage_spawn(child, start, -1, err);
	if (start->apart)
		child->host->spawner.way = way;
	return r;
}

/* Calls `visit` with each living process of the session. */
static int
each(struct os_child *child, void (*visit)(const struct os_stat *stat, void *arg), void *arg)
{
	auto_free int64_t *pids = child->level == WRIT_LEVEL_SESSION ? os_pids() : NULL;
	struct os_stat stat;
	int count = 0;

	for (int64_t *pid = pids; pid != NULL && *pid != 0; pid++) {
		if (os_stat_read(*pid, &stat) < 0 || stat.session != child->id.pid ||
		    stat.state == 'Z' || stat.state == 'X')
			continue;
		visit(&stat, arg);
		count++;
	}
	if (pids == NULL && !child->ended && os_stat_read(child->id.pid, &stat) == 0) {
		visit(&stat, arg);
		count++;
	}
	return count;
}

static void
visit_none(const struct os_stat *stat, void *arg)
{
	(void)stat;
	(void)arg;
}

static int
count(struct os_child *child)
{
	return each(child, visit_none, NULL);
}

static void
step(struct os_child *child)
{
	cage_look(child);
	if (!child->ended && cage_reap(child, &child->end)) {
		child->ended = true;
		cage_settle(child);
	}
	if (child->ended)
		child->empty = count(child) == 0;
}

static bool
is_gone(const struct os_child *child)
{
	(void)child;
	return false; /* who left the session is not seen */
}

/* Held by its pidfd, it is looked up again. */
static void
signal_one(const struct os_stat *stat, void *arg)
{
	const int *signal = arg;
	auto_fd fd = pidfd_open_one(stat->pid);
	struct os_stat again;

	if (fd < 0 && fd != -ENOSYS && fd != -EPERM)
		return;
	if (os_stat_read(stat->pid, &again) < 0 || again.start_ticks != stat->start_ticks)
		return;
	pidfd_signal_held(fd < 0 ? -1 : fd, stat->pid, *signal);
}

static void
signal_tree(struct os_child *child, int signal)
{
	int resume = SIGCONT;

	if (!child->born) /* it may not have made its session yet */
		pidfd_signal_held(child->pidfd, child->id.pid, signal);
	each(child, signal_one, &signal);
	if (signal != SIGKILL && signal != SIGSTOP && signal != SIGCONT)
		each(child, signal_one, &resume);
}

/* Stopped, none can fork: then all of them in one go. */
static void
kill_tree(struct os_child *child)
{
	signal_tree(child, SIGSTOP);
	signal_tree(child, SIGKILL);
	if (!child->ended)
		pidfd_signal_held(child->pidfd, child->id.pid, SIGKILL);
}

static int
release(struct os_child *child)
{
	return count(child);
}

struct naming {
	struct writ_id *list;
	int count;
	int max;
};

static void
name_one(const struct os_stat *stat, void *arg)
{
	struct naming *naming = arg;

	if (naming->count < naming->max &&
	    writ_id_get(stat->pid, &naming->list[naming->count], NULL) == 0)
		naming->count++;
}

static int
survivors(struct os_child *child, struct writ_id *list, int max)
{
	struct naming naming = { list, 0, max };

	each(child, name_one, &naming);
	return naming.count;
}

static bool
usage(struct os_child *child, int64_t *ret_user_ns, int64_t *ret_sys_ns)
{
	(void)child;
	(void)ret_user_ns;
	(void)ret_sys_ns;
	return false;
}

static void
close_child(struct os_child *child)
{
	if (!child->empty && !child->released)
		kill_tree(child);
	cage_leave(child);
}

const struct cage_ops cage_session = {
	.start = start_child,
	.step = step,
	.is_gone = is_gone,
	.count = count,
	.signal = signal_tree,
	.kill = kill_tree,
	.release = release,
	.survivors = survivors,
	.usage = usage,
	.close = close_child,
	.source = WRIT_SOURCE_NONE,
};
