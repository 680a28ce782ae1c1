/* process.c - one run, whatever contains it. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fail.h"
#include "cage.h"
#include "child.h"
#include "order.h"
#include "os/os_clock.h"
#include "os/os_fd.h"
#include "os/os_id.h"
#include "os/os_poll.h"
#include "pidfd.h"
#include "talk.h"

static const struct {
	int level;
	const struct cage_ops *ops;
} cages[] = {
	{ WRIT_LEVEL_CGROUP, &cage_cgroup },
	{ WRIT_LEVEL_LAUNCHER, &cage_launcher },
	{ WRIT_LEVEL_SESSION, &cage_session },
};

enum { CAGE_COUNT = sizeof(cages) / sizeof(cages[0]) };

/* The last cage gives less where the terminal is shared, or less is wanted. */
static int
level_in(int i, const struct os_host *host, const struct os_start *start)
{
	bool alone = start->on_terminal || host->level_max == WRIT_LEVEL_PROCESS;

	return cages[i].level == WRIT_LEVEL_SESSION && alone ? WRIT_LEVEL_PROCESS
							     : cages[i].level;
}

static int
refuse_level(struct os_host *host, const struct os_start *start, struct writ_error *err)
{
	static const char *const names[] = { "any", "process", "session", "launcher", "cgroup" };

	writ_fail(err, WRIT_E_UNSUPPORTED, WRIT_STAGE_CONTAIN, host->cgroups.err_no,
		  host->cgroups.reason[0] != '\0' ? host->cgroups.reason : "not possible here",
		  "%s", names[start->contain]);
	return writ_hint(err, WRIT_E_UNSUPPORTED,
			 "'writ doctor' says what this machine can do; or ask for less");
}

void
os_child_tell_record(struct os_child *child, const char *head, writ_fd fd)
{
	struct note note = { .type = NOTE_RECORD, .run = child->run };
	int sock = child->sock >= 0 ? child->sock : child->host->guardian;

	if (child->guarded && !child->recorded)
		child->recorded = talk_send(sock, &note, head, strlen(head), fd) == 0;
}

/* What a cage that could not be had left in it, or one that is done with. */
static void
give_back(struct os_child *child)
{
	os_fd_close(child->sock);
	os_fd_close(child->pidfd);
	cage_forget_start(child);
}

int
os_child_start(struct os_host *host, const struct os_start *start, struct os_child **ret_child,
	       struct writ_error *err)
{
	struct os_child *child = calloc(1, sizeof(*child));
	int r = CAGE_NEXT;

	if (child == NULL)
		return writ_fail_nomem(err, WRIT_STAGE_CLONE);
	child->pidfd = child->sock = child->birth = child->birth_end = -1;
	for (int i = 0; i < CAGE_COUNT && r == CAGE_NEXT; i++) {
		int level = level_in(i, host, start);

		if (level > host->level_max || level < start->contain)
			continue;
		give_back(child);
		*child = (struct os_child){ .host = host,
					    .ops = cages[i].ops,
					    .level = level,
					    .run = (int)(host->next_run++ & INT_MAX),
					    .pidfd = -1,
					    .birth = -1,
					    .birth_end = -1,
					    .sock = -1 };
		r = child->ops->start(child, start, err);
	}
	if (r != 0) {
		if (child->host != NULL) {
			child->empty = true;
			os_child_close(child);
			host_reap(host, !start->later);
		} else {
			free(child);
		}
		return r == CAGE_NEXT ? refuse_level(host, start, err) : r;
	}
	*ret_child = child;
	return 0;
}

void
os_child_part(struct os_child *child)
{
	if (child->apart_from > 0)
		spawn_part(&child->spawned);
	low_take_back(&child->host->low);
	child->birth_end = os_fd_close(child->birth_end);
}

writ_fd
os_child_start_fd(const struct os_child *child)
{
	return child->birth;
}

/* Where it is in the kernel's hands (D state), it may come back one day, and read. */
bool
os_child_forget_start(struct os_child *child)
{
	child->birth = os_fd_close(child->birth);
	cage_settle(child);
	if (child->spawned.birth != NULL) {
		spawn_give_up(&child->spawned);
		child->order = child->boot = NULL;
		child->launcher_argv = NULL;
		return false;
	}
	cage_forget_start(child);
	return true;
}

int
os_plan_print(const struct os_start *start, bool json, struct buf *buf, struct writ_error *err)
{
	auto_free struct order *order = NULL;
	int r = order_rest(start, false, &order, err);

	if (r < 0)
		return r;
	order_print(order, json, buf);
	return 0;
}

writ_fd
os_child_fd(const struct os_child *child)
{
	return child->sock >= 0 ? child->sock : child->pidfd;
}

writ_fd
os_child_tree_fd(struct os_child *child, unsigned *ret_what)
{
	*ret_what = OS_POLL_READ;
	if (child->sock >= 0)
		return child->sock;
	*ret_what = OS_POLL_CHANGE;
	return child->leaf != NULL ? leaf_watch(child->leaf) : -1;
}

unsigned
os_child_step(struct os_child *child)
{
	child->ops->step(child);
	return (child->ended ? OS_CHILD_ENDED : 0U) | (child->empty ? OS_CHILD_EMPTY : 0U) |
	       (child->spawned.failed && child->ended ? OS_CHILD_FAILED : 0U) |
	       (child->born && !child->spawned.failed ? OS_CHILD_STARTED : 0U) |
	       (child->empty && child->ops->is_gone(child) ? OS_CHILD_GONE : 0U);
}

int
os_child_failure(const struct os_child *child, struct writ_error *err)
{
	return order_fail(err, child->order, child->start, &child->spawned.failure);
}

const struct os_end *
os_child_end(const struct os_child *child)
{
	return &child->end;
}

const struct writ_id *
os_child_id(const struct os_child *child)
{
	return &child->id;
}

int
os_child_level(const struct os_child *child)
{
	return child->level;
}

bool
os_child_is_guarded(const struct os_child *child)
{
	return child->guarded;
}

/* Nobody may have looked since it was executed. A launcher knows by itself. */
static int
harmless(struct os_child *child, int signal)
{
	if (child->sock >= 0)
		return signal;
	cage_look(child);
	return child->born ? signal : child_harmless(signal);
}

int
os_child_signal(struct os_child *child, int signal)
{
	if (child->ended)
		return -ESRCH;
	if (child->sock >= 0) /* a grandchild: the launcher may have reaped it */
		return os_id_signal(&child->id, signal);
	/* not reaped, so the number is still its own */
	return pidfd_signal_held(child->pidfd, child->id.pid, harmless(child, signal));
}

int
os_child_count(struct os_child *child)
{
	return child->ops->count(child);
}

void
os_child_signal_tree(struct os_child *child, int signal)
{
	child->forced = true;
	child->ops->signal(child, harmless(child, signal));
}

void
os_child_kill_tree(struct os_child *child)
{
	child->forced = true;
	child->ops->kill(child);
}

int
os_child_release(struct os_child *child)
{
	child->released = true;
	return child->ops->release(child);
}

int
os_child_survivors(struct os_child *child, struct writ_id *list, int max)
{
	return child->ops->survivors(child, list, max);
}

bool
os_child_usage(struct os_child *child, int64_t *ret_user_ns, int64_t *ret_sys_ns, int *ret_source)
{
	*ret_source = child->ops->source;
	return child->ops->usage(child, ret_user_ns, ret_sys_ns);
}

/* Those of this run that fell to us are zombies of ours whose group is the
 * run's leaf. Reaped one by one: a waitpid(-1) would take the host's own. */
void
os_child_reap_orphans(struct os_child *child)
{
	auto_free int64_t *pids = NULL;
	int subreaper = 0;
	siginfo_t info;

	if (getpid() != 1 && (prctl(PR_GET_CHILD_SUBREAPER, &subreaper, 0, 0, 0) < 0 || !subreaper))
		return;
	pids = child->leaf != NULL ? os_pids() : NULL;
	for (int64_t *pid = pids; pid != NULL && *pid != 0; pid++) {
		struct os_stat stat;

		if (os_stat_read(*pid, &stat) == 0 && stat.ppid == getpid() && stat.state == 'Z' &&
		    leaf_has(child->leaf, *pid))
			waitid(P_PID, (id_t)*pid, &info, WEXITED | WNOHANG);
	}
}

struct os_child *
os_child_close(struct os_child *child)
{
	if (child == NULL)
		return NULL;
	child->ops->close(child);
	give_back(child);
	free(child);
	return NULL;
}
