#include "writ/tree.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fail.h"
#include "os/os_clock.h"
#include "os/os_fd.h"
#include "proc/argv.h"
#include "proc/snapshot.h"

enum {
	LOOK_MS_FIRST = 1, /* while waiting for a process: 1, 2, 4 ... ms */
	LOOK_MS_LAST = 50,
};

/* The arguments as a block of their own, list and strings in one. */
static char **
read_argv(const struct os_stat *stat)
{
	auto_free char *block = NULL;
	auto_free char **split = NULL;
	char name[80];
	size_t len = 0;
	size_t count = 0;
	char **argv;
	char *at;

	if (os_cmdline_read(stat->pid, &block, &len) < 0 || len == 0) {
		free(block);
		snprintf(name, sizeof(name), "[%s]", stat->name);
		block = strdup(name);
		len = block != NULL ? strlen(block) + 1 : 0;
	}
	split = block != NULL ? argv_split(block, len) : NULL;
	if (split == NULL)
		return NULL;
	while (split[count] != NULL)
		count++;
	argv = malloc((count + 1) * sizeof(*argv) + len + 1);
	if (argv == NULL)
		return NULL;
	at = (char *)(argv + count + 1);
	for (size_t i = 0; i < count; i++) {
		size_t size = strlen(split[i]) + 1;

		argv[i] = memcpy(at, split[i], size);
		at += size;
	}
	argv[count] = NULL;
	return argv;
}

static int
add_node(struct writ_nodes *nodes, const struct os_stat *stat, int depth, bool escaped)
{
	struct writ_node *node = &nodes->list[nodes->count];

	/* gone since: then it is not in the tree */
	if (writ_id_get(stat->pid, &node->id, NULL) < 0)
		return 0;
	node->ppid = stat->ppid;
	node->depth = depth;
	node->escaped = escaped;
	node->argv = read_argv(stat);
	if (node->argv == NULL)
		return -ENOMEM;
	nodes->count++;
	return 0;
}

struct walk {
	const struct snapshot *snapshot;
	const bool *in;
	const bool *escaped;
	struct writ_nodes nodes;
};

/* Parents before their children. The depth is bounded by the number of
 * processes; each level holds one frame of a few words. */
static int
add_below(struct walk *walk, int64_t pid, int depth)
{
	const struct snapshot *snapshot = walk->snapshot;
	int r = 0;

	for (size_t i = 0; i < snapshot->count && r == 0; i++) {
		const struct os_stat *stat = &snapshot->list[i];

		if (!walk->in[i] || walk->escaped[i] || stat->ppid != pid)
			continue;
		r = add_node(&walk->nodes, stat, depth, false);
		if (r == 0)
			r = add_below(walk, stat->pid, depth + 1);
	}
	return r;
}

static int
add_escaped(struct walk *walk)
{
	int r = 0;

	for (size_t i = 0; i < walk->snapshot->count && r == 0; i++) {
		if (!walk->escaped[i])
			continue;
		r = add_node(&walk->nodes, &walk->snapshot->list[i], 1, true);
		if (r == 0)
			r = add_below(walk, walk->snapshot->list[i].pid, 2);
	}
	return r;
}

static int
list_tree(const struct snapshot *snapshot, const struct writ_id *root, struct writ_nodes *ret_nodes)
{
	auto_free bool *in = calloc(snapshot->count + 1, sizeof(*in));
	auto_free bool *escaped = calloc(snapshot->count + 1, sizeof(*escaped));
	struct walk walk = { .snapshot = snapshot, .in = in, .escaped = escaped };
	int r;

	if (in == NULL || escaped == NULL)
		return -ENOMEM;
	if (snapshot_mark(snapshot, root->pid, in, escaped) == 0)
		return -ESRCH;
	walk.nodes.list = calloc(snapshot->count + 1, sizeof(*walk.nodes.list));
	if (walk.nodes.list == NULL)
		return -ENOMEM;
	r = add_node(&walk.nodes, snapshot_find(snapshot, root->pid), 0, false);
	if (r == 0)
		r = add_below(&walk, root->pid, 1);
	if (r == 0)
		r = add_escaped(&walk);
	if (r < 0) {
		writ_nodes_done(&walk.nodes);
		return r;
	}
	*ret_nodes = walk.nodes;
	return 0;
}

int
writ_tree_list(const struct writ_id *root, struct writ_nodes *ret_nodes, struct writ_error *err)
{
	struct snapshot snapshot;
	int state;
	int r = snapshot_take(&snapshot);

	if (r == 0) {
		/* the snapshot holds it only if it still is the one */
		state = writ_id_state(root, err);
		if (state < 0 || state == WRIT_ID_GONE || state == WRIT_ID_REPLACED) {
			snapshot_done(&snapshot);
			return state < 0 ? state : gone_fail(root, state, err);
		}
		r = list_tree(&snapshot, root, ret_nodes);
	}
	snapshot_done(&snapshot);
	if (r == -ESRCH)
		return gone_fail(root, WRIT_ID_GONE, err);
	if (r < 0)
		return r == -ENOMEM ? writ_fail_nomem(err, WRIT_STAGE_PROCESS)
				    : writ_fail_sys(err, WRIT_STAGE_PROCESS, -r, "/proc");
	return 0;
}

int
writ_tree_runs(struct writ_nodes *ret_nodes, struct writ_error *err)
{
	struct snapshot snapshot;
	struct writ_nodes nodes = { 0 };
	int r = snapshot_take(&snapshot);

	if (r == 0) {
		nodes.list = calloc(snapshot.count + 1, sizeof(*nodes.list));
		r = nodes.list == NULL ? -ENOMEM : 0;
	}
	for (size_t i = 0; i < snapshot.count && r == 0; i++)
		if (snapshot_is_run(&snapshot, &snapshot.list[i]) && snapshot.list[i].state != 'Z')
			r = add_node(&nodes, &snapshot.list[i], 0, false);
	snapshot_done(&snapshot);
	if (r < 0) {
		writ_nodes_done(&nodes);
		return writ_fail_nomem(err, WRIT_STAGE_PROCESS);
	}
	*ret_nodes = nodes;
	return 0;
}

void
writ_nodes_done(struct writ_nodes *nodes)
{
	for (size_t i = 0; i < nodes->count; i++)
		free(nodes->list[i].argv);
	free(nodes->list);
	*nodes = (struct writ_nodes){ 0 };
}

/* Not the root itself: it is the helper, whose own command line often ends
 * with the command it was asked to run. */
static bool
find_match(const struct writ_nodes *nodes, const char *const *argv, struct writ_id *ret_id)
{
	for (size_t i = 1; i < nodes->count; i++) {
		if (writ_id_match(&nodes->list[i].id, argv, NULL) != 1)
			continue;
		*ret_id = nodes->list[i].id;
		return true;
	}
	return false;
}

int
writ_tree_find(const struct writ_id *root, const char *const *argv, int64_t wait_ms,
	       struct writ_id *ret_id, struct writ_error *err)
{
	int64_t start = os_clock_ns();
	int64_t pause_ms = LOOK_MS_FIRST;

	if (argv == NULL || argv[0] == NULL)
		return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_ARGV, 0, "no command to look for",
				 "%s", "argv");
	for (;;) {
		struct writ_nodes nodes = { 0 };
		int64_t left_ms = wait_ms - (os_clock_ns() - start) / NS_PER_MS;
		bool found;
		int r = writ_tree_list(root, &nodes, err);

		if (r < 0)
			return r;
		found = find_match(&nodes, argv, ret_id);
		writ_nodes_done(&nodes);
		if (found)
			return 0;
		if (left_ms <= 0)
			return writ_fail(err, WRIT_E_NOT_FOUND, WRIT_STAGE_PROCESS, 0,
					 "nothing below the process runs that command", "%s",
					 argv[0]);
		os_sleep_ms(pause_ms < left_ms ? pause_ms : left_ms);
		pause_ms = pause_ms * 2 > LOOK_MS_LAST ? LOOK_MS_LAST : pause_ms * 2;
	}
}
