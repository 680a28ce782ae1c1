#include "proc/snapshot.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fail.h"

enum { PROCESSES_MAX = 4 * 1024 * 1024 }; /* PID_MAX_LIMIT of Linux */

int
gone_fail(const struct writ_id *id, int state, struct writ_error *err)
{
	return writ_fail(err, WRIT_E_GONE, WRIT_STAGE_PROCESS, 0,
			 state == WRIT_ID_REPLACED ? "the pid belongs to another process now"
						   : "it has ended",
			 "%" PRId64, id->pid);
}

int
snapshot_take(struct snapshot *snapshot)
{
	auto_free int64_t *pids = os_pids();
	size_t count = 0;

	*snapshot = (struct snapshot){ 0 };
	if (pids == NULL)
		return -ENOMEM;
	while (count < PROCESSES_MAX && pids[count] != 0)
		count++;
	snapshot->list = calloc(count + 1, sizeof(*snapshot->list));
	if (snapshot->list == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (os_stat_read(pids[i], &snapshot->list[snapshot->count]) == 0)
			snapshot->count++;
	return 0;
}

void
snapshot_done(struct snapshot *snapshot)
{
	free(snapshot->list);
	*snapshot = (struct snapshot){ 0 };
}

const struct os_stat *
snapshot_find(const struct snapshot *snapshot, int64_t pid)
{
	for (size_t i = 0; i < snapshot->count; i++)
		if (snapshot->list[i].pid == pid)
			return &snapshot->list[i];
	return NULL;
}

/* A child can have a lower pid than its parent, so until nothing changes. */
static size_t
spread(const struct snapshot *snapshot, bool *in)
{
	size_t marked = 0;
	bool changed = true;

	while (changed) {
		changed = false;
		for (size_t i = 0; i < snapshot->count; i++) {
			const struct os_stat *parent;

			if (in[i])
				continue;
			parent = snapshot_find(snapshot, snapshot->list[i].ppid);
			if (parent == NULL || !in[parent - snapshot->list])
				continue;
			in[i] = changed = true;
		}
	}
	for (size_t i = 0; i < snapshot->count; i++)
		marked += in[i];
	return marked;
}

bool
snapshot_is_run(const struct snapshot *snapshot, const struct os_stat *stat)
{
	const struct os_stat *parent = snapshot_find(snapshot, stat->ppid);
	char mine[OS_RUN_NAME_MAX];
	char theirs[OS_RUN_NAME_MAX];

	if (parent != NULL && os_is_launcher(parent))
		return true;
	if (os_is_launcher(stat) || !os_run_name(stat->pid, mine))
		return false;
	return parent == NULL || !os_run_name(parent->pid, theirs) || strcmp(mine, theirs) != 0;
}

/* The program of a run stands for the run: its orphans, too, are below it. */
static void
mark_run(const struct snapshot *snapshot, const struct os_stat *stat, bool *in, bool *escaped)
{
	const struct os_stat *parent = snapshot_find(snapshot, stat->ppid);
	char run[OS_RUN_NAME_MAX] = "";
	char name[OS_RUN_NAME_MAX];

	if (!snapshot_is_run(snapshot, stat))
		return;
	os_run_name(stat->pid, run);
	for (size_t i = 0; i < snapshot->count; i++) {
		const struct os_stat *one = &snapshot->list[i];
		bool adopted = parent != NULL && os_is_launcher(parent) && one->ppid == parent->pid;

		if (in[i] || one == stat || os_is_launcher(one))
			continue;
		if (!adopted && (run[0] == '\0' || !os_run_name(one->pid, name) ||
				 strcmp(name, run) != 0))
			continue;
		in[i] = escaped[i] = true;
	}
}

size_t
snapshot_mark(const struct snapshot *snapshot, int64_t pid, bool *in, bool *escaped)
{
	const struct os_stat *root = snapshot_find(snapshot, pid);

	if (root == NULL)
		return 0;
	in[root - snapshot->list] = true;
	spread(snapshot, in);
	mark_run(snapshot, root, in, escaped);
	return spread(snapshot, in);
}
