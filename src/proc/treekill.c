/* treekill.c - ending processes that are not our children: found below one,
 * held by identity, signalled, and looked at until they are gone. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fail.h"
#include "os/os_clock.h"
#include "os/os_id.h"
#include "proc/snapshot.h"
#include "writ/tree.h"

enum {
	ROUNDS_MAX = 64,      /* of finding newly born ones before KILL */
	KILL_WAIT_MS = 2000,  /* for what is in uninterruptible sleep */
	LOOK_MS = 2,
};

struct hunted {
	struct writ_id *list;
	size_t count;
	size_t size;
	int err_no; /* of the first signal that was refused */
};

static bool
add(struct hunted *hunted, const struct writ_id *id)
{
	for (size_t i = 0; i < hunted->count; i++)
		if (writ_id_same(&hunted->list[i], id))
			return true;
	if (hunted->count == hunted->size) {
		size_t size = hunted->size == 0 ? 64 : hunted->size * 2;
		struct writ_id *list = reallocarray(hunted->list, size, sizeof(*list));

		if (list == NULL)
			return false;
		hunted->list = list;
		hunted->size = size;
	}
	hunted->list[hunted->count++] = *id;
	return true;
}

/* Adds what is below one of them now; -1: out of memory. Returns how many new. */
static int
look_below(struct hunted *hunted, const struct writ_id *root)
{
	size_t before = hunted->count;
	struct writ_nodes nodes;
	bool good = true;

	if (writ_tree_list(root, &nodes, NULL) < 0)
		return 0; /* it has ended */
	for (size_t i = 0; i < nodes.count && good; i++)
		good = add(hunted, &nodes.list[i].id);
	writ_nodes_done(&nodes);
	return good ? (int)(hunted->count - before) : -1;
}

static void
signal_all(struct hunted *hunted, int signal)
{
	for (size_t i = 0; i < hunted->count; i++) {
		int r = os_id_signal(&hunted->list[i], signal);

		if (r < 0 && r != -ESRCH && r != -ESTALE && hunted->err_no == 0)
			hunted->err_no = -r;
	}
}

static bool
is_alive(const struct writ_id *id)
{
	return writ_id_state(id, NULL) == WRIT_ID_RUNNING;
}

static size_t
count_alive(const struct hunted *hunted)
{
	size_t alive = 0;

	for (size_t i = 0; i < hunted->count; i++)
		alive += is_alive(&hunted->list[i]);
	return alive;
}

/* Returns whether all are gone before the time is over. */
static bool
wait_gone(const struct hunted *hunted, int64_t max_ms)
{
	int64_t end = os_clock_ns() + max_ms * NS_PER_MS;

	while (count_alive(hunted) > 0) {
		if (os_clock_ns() >= end)
			return false;
		os_sleep_ms(LOOK_MS);
	}
	return true;
}

/* Stopped, none can fork: so until a round finds nobody new, then KILL. */
static int
kill_all(struct hunted *hunted)
{
	int found = 1;

	for (int round = 0; round < ROUNDS_MAX && found > 0; round++) {
		size_t count = hunted->count;

		signal_all(hunted, SIGSTOP);
		found = 0;
		for (size_t i = 0; i < count && found >= 0; i++) {
			int r;

			if (!is_alive(&hunted->list[i]))
				continue;
			struct writ_id id = hunted->list[i]; /* the list may move */

			r = look_below(hunted, &id);
			found = r < 0 ? r : found + r;
		}
	}
	signal_all(hunted, SIGKILL);
	return found < 0 ? -ENOMEM : 0;
}

static void
tell(const struct hunted *hunted, struct writ_killed *ret_killed)
{
	struct writ_killed killed = { .found = (int)hunted->count };

	for (size_t i = 0; i < hunted->count; i++) {
		if (!is_alive(&hunted->list[i]))
			continue;
		if (killed.survived < WRIT_SURVIVORS_MAX)
			killed.survivors[killed.survived] = hunted->list[i];
		killed.survived++;
	}
	killed.ended = killed.found - killed.survived;
	killed.survivor_errno = killed.survived > 0 ? hunted->err_no : 0;
	*ret_killed = killed;
}

static int
end_all(struct hunted *hunted, const struct writ_kill *how)
{
	int signal = how->signal != 0 ? how->signal : SIGTERM;
	int64_t grace_ms = how->grace_ms == 0 ? WRIT_KILL_AFTER_MS_DEFAULT : how->grace_ms;

	if (signal == SIGKILL)
		return kill_all(hunted);
	signal_all(hunted, signal);
	/* a stopped process would keep the signal pending for ever */
	if (signal != SIGSTOP && signal != SIGCONT && signal != SIGTSTP)
		signal_all(hunted, SIGCONT);
	if (grace_ms < 0 || wait_gone(hunted, grace_ms))
		return 0;
	hunted->err_no = 0;
	return kill_all(hunted);
}

int
writ_tree_kill(const struct writ_id *root, const struct writ_kill *how,
	       struct writ_killed *ret_killed, struct writ_error *err)
{
	const struct writ_kill polite = { .size = sizeof(polite) };
	struct hunted hunted = { 0 };
	int state = writ_id_state(root, err);
	int r;

	if (state < 0)
		return state;
	if (state != WRIT_ID_RUNNING)
		return gone_fail(root, state, err);
	if (how == NULL)
		how = &polite;
	r = look_below(&hunted, root);
	if (r > 0)
		r = end_all(&hunted, how);
	if (r == 0 && how->grace_ms >= 0)
		wait_gone(&hunted, KILL_WAIT_MS);
	if (r == 0)
		tell(&hunted, ret_killed);
	free(hunted.list);
	if (r < 0)
		return writ_fail_nomem(err, WRIT_STAGE_PROCESS);
	return 0;
}
