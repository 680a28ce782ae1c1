/* cage_cgroup.c - the run lives in a leaf control group: whatever is born in
 * it stays in it, and all of it dies by one write. */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/fail.h"
#include "cage.h"
#include "order.h"
#include "os/os_fd.h"
#include "os/os_id.h"
#include "pidfd.h"
#include "talk.h"

static int
start_in(struct os_child *child, const struct os_start *start, struct leaf *leaf,
	 struct writ_error *err)
{
	/* another identity, in memory that is also ours, could be traced by that
	 * user's other processes: the launcher changes it in memory of its own */
	if (start->apart) {
		if (host_launcher(child->host) < 0)
			return CAGE_NEXT;
		return cage_launch(child, start, LAUNCH_EXEC, leaf_dir(leaf), start->later, err);
	}
	return cage_spawn(child, start, leaf_dir(leaf), err);
}

static int
start_child(struct os_child *child, const struct os_start *start, struct writ_error *err)
{
	struct cgroups *groups = &child->host->cgroups;
	int r = CAGE_NEXT;

	if (groups->base < 0)
		return CAGE_NEXT;
	/* a pooled leaf may have been removed behind our back: then a new one */
	for (int i = 0; i <= CGROUP_POOL_MAX && r == CAGE_NEXT; i++) {
		bool fresh = groups->pool == NULL;

		r = leaf_get(groups, &child->leaf);
		if (r < 0) {
			groups->err_no = -r;
			return CAGE_NEXT;
		}
		r = start_in(child, start, child->leaf, err);
		if (r != 0) {
			leaf_put(groups, child->leaf, false);
			child->leaf = NULL;
		}
		if (fresh)
			break;
	}
	/* started long ago, as a rule; but somebody may have ended it */
	if (r == 0)
		leaf_is_started(groups, child->leaf);
	if (r == 0)
		child->guarded = guardian_ensure(child->host) == 0 && guardian_is_born(child->host);
	return r;
}

static void
step(struct os_child *child)
{
	cage_look(child);
	if (!child->ended && cage_reap(child, &child->end)) {
		child->ended = true;
		cage_settle(child);
	}
	/* once empty, always so: nobody is left who could be born in it. While it
	 * is being ended its events are waited for, and to look is to hear them */
	if ((child->ended || child->forced) && !child->empty)
		child->empty = leaf_is_populated(child->leaf) <= 0 && child->ended;
}

static bool
is_gone(const struct os_child *child)
{
	(void)child;
	return true; /* the kernel says so */
}

/* A zombie that its parent has not reaped yet is no left-over. */
static void
count_living(int64_t pid, void *arg)
{
	struct os_stat stat;
	int *count = arg;

	if (pid == 0 || os_stat_read(pid, &stat) < 0 || (stat.state != 'Z' && stat.state != 'X'))
		(*count)++;
}

static int
count(struct os_child *child)
{
	int living = 0;

	leaf_each(child->leaf, count_living, &living);
	return living;
}

static void
signal_tree(struct os_child *child, int signal)
{
	leaf_signal(child->leaf, signal);
}

static void
kill_tree(struct os_child *child)
{
	leaf_kill(child->leaf);
	/* root may have taken the program itself out of the group */
	if (!child->ended)
		pidfd_signal_held(child->pidfd, child->id.pid, 9);
}

static int
release(struct os_child *child)
{
	return leaf_release(child->leaf);
}

struct naming {
	struct writ_id *list;
	int count;
	int max;
	uint64_t boot;
};

static void
name_one(int64_t pid, void *arg)
{
	struct naming *naming = arg;
	struct os_stat stat;
	auto_fd fd = -1;

	if (naming->count == naming->max || pid == 0)
		return;
	fd = pidfd_open_one(pid);
	if (os_stat_read(pid, &stat) < 0 || stat.state == 'Z' || stat.state == 'X')
		return;
	if (os_id_of(pid, fd, naming->boot, &naming->list[naming->count]) == 0)
		naming->count++;
}

static int
survivors(struct os_child *child, struct writ_id *list, int max)
{
	struct naming naming = { list, 0, max, child->host->self.boot };

	leaf_each(child->leaf, name_one, &naming);
	return naming.count;
}

static bool
usage(struct os_child *child, int64_t *ret_user_ns, int64_t *ret_sys_ns)
{
	leaf_usage(child->leaf, ret_user_ns, ret_sys_ns);
	return *ret_user_ns >= 0;
}

static void
close_child(struct os_child *child)
{
	struct note note = { .type = NOTE_DONE, .run = child->run };

	if (child->recorded)
		talk_send(child->host->guardian, &note, NULL, 0, -1);
	if (child->leaf != NULL && !child->empty && !child->released)
		kill_tree(child);
	cage_leave(child);
	if (child->leaf != NULL)
		leaf_put(&child->host->cgroups, child->leaf, child->empty && !child->forced);
}

const struct cage_ops cage_cgroup = {
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
	.source = WRIT_SOURCE_CGROUP,
};
