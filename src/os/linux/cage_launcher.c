/* cage_launcher.c - no control group may be written: a launcher of our own
 * starts the program, inherits all its orphans, and ends last. */
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "base/fail.h"
#include "cage.h"
#include "os/os_fd.h"
#include "os/os_id.h"
#include "pidfd.h"
#include "talk.h"

static int
start_child(struct os_child *child, const struct os_start *start, struct writ_error *err)
{
	int r = host_launcher(child->host);
	/* who the program was can be told after its end */
	bool later = start->later && child->host->self.kind == WRIT_ID_INODE;

	if (r < 0)
		return CAGE_NEXT;
	r = cage_launch(child, start, LAUNCH_RUN, -1, later, err);
	child->guarded = r == 0;
	return r;
}

static void
take_end(struct os_child *child, const struct note *note)
{
	child->ended = true;
	child->end = (struct os_end){ .known = true,
				      .exited = note->code == CLD_EXITED,
				      .code = note->status,
				      .core_dumped = note->code == CLD_DUMPED,
				      .user_ns = note->user_ns,
				      .sys_ns = note->sys_ns,
				      .max_rss_bytes = note->max_rss_kib * 1024 };
}

/* Somebody killed the launcher. The program died with it (PR_SET_PDEATHSIG);
 * of its children nothing is known any more. Or there was none. */
static void
lose(struct os_child *child)
{
	cage_settle(child);
	if (!child->ended)
		child->end = (struct os_end){ .user_ns = -1, .sys_ns = -1, .max_rss_bytes = -1 };
	child->ended = child->empty = true;
	child->last = (struct note){ 0 };
}

/* Returns false when there is nothing (more) to hear. */
static bool
hear(struct os_child *child)
{
	struct note note;
	int r = talk_receive(child->sock, &note, false);

	if (r == -EAGAIN || child->empty)
		return false;
	if (r <= 0) {
		lose(child);
		return false;
	}
	if (note.type == NOTE_STARTED || note.type == NOTE_FAILED ||
	    (child->id.pid == 0 && note.pid != 0))
		cage_hear_start(child, &note);
	if (note.type == NOTE_EXITED || (note.type == NOTE_EMPTY && note.code != 0))
		take_end(child, &note);
	if (note.type != NOTE_EXITED)
		child->last = note;
	child->empty = note.type == NOTE_EMPTY;
	return true;
}

static void
step(struct os_child *child)
{
	while (hear(child))
		;
}

static bool
is_gone(const struct os_child *child)
{
	return child->last.type == NOTE_EMPTY && child->last.survived == 0;
}

/* The launcher looks through /proc, which takes its time. */
static int
count(struct os_child *child)
{
	if (child->empty)
		return 0;
	if (child->last.type == NOTE_COUNTED)
		return child->last.found;
	if (!child->counting)
		child->counting = talk_send_type(child->sock, NOTE_COUNT, 0) == 0;
	return -EAGAIN;
}

static void
signal_tree(struct os_child *child, int signal)
{
	talk_send_type(child->sock, NOTE_SIGNAL, signal);
}

static void
kill_tree(struct os_child *child)
{
	talk_send_type(child->sock, NOTE_KILL, 0);
}

static int
release(struct os_child *child)
{
	talk_send_type(child->sock, NOTE_LEAVE, 0);
	return child->last.type == NOTE_COUNTED ? child->last.found : 0;
}

static int
survivors(struct os_child *child, struct writ_id *list, int max)
{
	int named = 0;

	for (int i = 0; i < child->last.survived && i < NOTE_SURVIVORS_MAX && i < max; i++)
		if (writ_id_get(child->last.survivors[i], &list[named], NULL) == 0)
			named++;
	return named;
}

static bool
usage(struct os_child *child, int64_t *ret_user_ns, int64_t *ret_sys_ns)
{
	if (child->last.type != NOTE_EMPTY)
		return false;
	*ret_user_ns = child->last.tree_user_ns;
	*ret_sys_ns = child->last.tree_sys_ns;
	return true;
}

/* It ends by itself after NOTE_EMPTY, and after NOTE_LEAVE; while anything is
 * left it goes on killing as an orphaned launcher does, once its socket is
 * closed. Nobody needs to wait for it. */
static void
close_child(struct os_child *child)
{
	child->sock = os_fd_close(child->sock);
	/* one that had no descriptor for a pipe hears nothing before its program has executed */
	if (!child->born && child->pidfd >= 0)
		pidfd_signal_held(child->pidfd, child->spawned.pid, SIGKILL);
	host_leave(child->host, child->pidfd);
	child->pidfd = -1;
}

const struct cage_ops cage_launcher = {
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
	.source = WRIT_SOURCE_LAUNCHER,
};
