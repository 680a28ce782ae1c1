/* snapshot.h - all processes at one time, and who is below whom. */
#ifndef WRIT_PROC_SNAPSHOT_H
#define WRIT_PROC_SNAPSHOT_H

#include "os/os_id.h"
#include "writ/error.h"

/* WRIT_E_GONE, with why: `state` is WRIT_ID_GONE, _ENDED or _REPLACED. */
int gone_fail(const struct writ_id *id, int state, struct writ_error *err);

struct snapshot {
	struct os_stat *list;
	size_t count;
};

/* 0 or a negative errno. Zombies are left out unless asked for. */
int snapshot_take(struct snapshot *snapshot);
void snapshot_done(struct snapshot *snapshot);

/* Marks in `in` (one per process) the process `pid` and all below it; if it is
 * the program of a run, also what belongs to the run. Returns how many. */
size_t snapshot_mark(const struct snapshot *snapshot, int64_t pid, bool *in, bool *escaped);

/* Is it the first process of a run: its parent is not in the run itself? */
bool snapshot_is_run(const struct snapshot *snapshot, const struct os_stat *stat);

const struct os_stat *snapshot_find(const struct snapshot *snapshot, int64_t pid);

#endif
