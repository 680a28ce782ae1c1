/* spawned.c - a child of ours: starting it, straight or by the launcher, and
 * learning how it ended. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fail.h"
#include "base/strv.h"
#include "cage.h"
#include "order.h"
#include "os/os_clock.h"
#include "os/os_fd.h"
#include "os/os_id.h"
#include "pidfd.h"
#include "talk.h"

enum {
	MANY_DESCRIPTORS = 256, /* from there on a copy of them is dearer */
	NUMBERS_MAX = 32,	/* "SOCKET OWNER" */
	SPAWN_ANEW = 2,		/* with a copy: this kernel, or a filter, allows nothing else */
};

/* What clone3 answers when it is the control group that cannot be entered. */
static bool
is_of_cgroup(int r)
{
	return r == -EACCES || r == -EBUSY || r == -EOPNOTSUPP || r == -ENODEV || r == -ENOENT;
}

/* Executing the launcher, which has no path. */
static bool
is_launcher_step(const struct order *order, const struct step_failure *failure)
{
	const struct step *step = order->steps;

	if (failure->index >= order->count)
		return false;
	step += failure->index;
	return step->op == STEP_EXEC && step->at == 0;
}

static int
spawn(struct os_child *child, const struct os_start *start, const struct order *order,
      char *const *argv, int cgroup, bool later, struct writ_error *err)
{
	struct spawn spawn = { .order = order,
			       .argv = argv,
			       .envp = (char *const *)start->envp,
			       .later = later,
			       .apart_from = child->apart_from,
			       .cgroup = cgroup };
	struct spawned *spawned = &child->spawned;
	int r = spawn_child(&child->host->spawner, &spawn, spawned);

	if (r < 0) {
		writ_fail_sys(err, WRIT_STAGE_CLONE, -r, start->exe);
		return cgroup >= 0 && is_of_cgroup(r) ? CAGE_NEXT : WRIT_E_SYS;
	}
	if (spawned->failed && spawned->failure.index == STEP_INDEX_CGROUP)
		return CAGE_NEXT;
	if (spawned->failed && spawned->failure.index == STEP_INDEX_APART)
		return SPAWN_ANEW;
	if (spawned->failed && is_launcher_step(order, &spawned->failure)) {
		child->host->launcher = -spawned->failure.err_no; /* not here, not again */
		return CAGE_NEXT;
	}
	if (spawned->failed)
		return order_fail(err, order, start, &spawned->failure);
	child->pidfd = spawned->pidfd;
	child->id.pid = spawned->pid;
	return 0;
}

/* Before it is reaped, it has an identity for certain. What kind this kernel
 * gives is known from our own. */
static void
take_identity(struct os_child *child)
{
	const struct writ_id *self = &child->host->self;
	struct stat stat;

	if (self->kind == WRIT_ID_INODE && fstat(child->pidfd, &stat) == 0)
		child->id = (struct writ_id){ .pid = child->id.pid,
					      .token = stat.st_ino,
					      .boot = self->boot,
					      .kind = WRIT_ID_INODE };
	else
		os_id_of(child->id.pid, child->pidfd, self->boot, &child->id);
}

/* A pipe whose end at the program closes when that is executed. */
static int
open_birth(struct os_child *child, struct writ_error *err)
{
	int ends[2];
	int r = os_pipe_open(ends);

	if (r < 0)
		return writ_fail_sys(err, WRIT_STAGE_CLONE, -r, "pipe");
	child->birth = ends[0];
	child->birth_end = ends[1];
	return 0;
}

/* Where there are many descriptors, the child begins with our table of them. */
static int
spawn_direct(struct os_child *child, const struct os_start *start, int cgroup,
	     struct writ_error *err)
{
	const struct spawner *spawner = &child->host->spawner;
	struct os_start lower = *start;
	int end = child->birth_end;
	int r;

	child->apart_from = 0;
	if (spawner->highest >= LOW_KEEP_FROM)
		low_keep(&child->host->low, MANY_DESCRIPTORS);
	if (spawner->highest >= MANY_DESCRIPTORS && !spawner->no_apart && !start->set_cwd_fd)
		child->apart_from = low_lend(&child->host->low, &lower, &end);
	child->order = mfree(child->order);
	r = order_direct(&lower, end, &child->order, err);
	if (r == 0)
		r = spawn(child, start, child->order, (char *const *)start->argv, cgroup,
			  start->later, err);
	if (r != 0)
		low_take_back(&child->host->low);
	return r;
}

int
cage_spawn(struct os_child *child, const struct os_start *start, int cgroup, struct writ_error *err)
{
	int r = 0;

	cage_forget_start(child); /* of a way that was not to be had */
	child->start = start;
	if (start->later && start->tell)
		r = open_birth(child, err);
	if (r == 0)
		r = spawn_direct(child, start, cgroup, err);
	if (r == SPAWN_ANEW) {
		child->host->spawner.no_apart = true;
		r = spawn_direct(child, start, cgroup, err);
	}
	if (r != 0)
		return r;
	child->born = child->spawned.birth == NULL;
	take_identity(child);
	return 0;
}

/* What a launcher that becomes the program says: nothing, when all went well. */
static bool
hear_birth(struct os_child *child)
{
	struct note note;
	int r = talk_receive(child->birth, &note, false);

	if (r > 0)
		cage_hear_start(child, &note);
	return r >= 0;
}

void
cage_look(struct os_child *child)
{
	if (child->born)
		return;
	/* its end is that of the launcher, too, if that never was */
	if (!child->birth_is_said || hear_birth(child))
		child->born = spawn_settle(&child->host->spawner, &child->spawned, 0);
}

void
cage_settle(struct os_child *child)
{
	if (child->spawned.birth != NULL &&
	    !spawn_settle(&child->host->spawner, &child->spawned, 0))
		return; /* killed, yet in the kernel's hands (D state) */
	cage_look(child);
	child->born = true;
	if (child->spawned.failed && child->boot != NULL) {
		/* it was the launcher that could not be started */
		free(child->order);
		child->order = TAKE(&child->boot);
	}
	child->boot = mfree(child->boot);
}

void
cage_hear_start(struct os_child *child, const struct note *note)
{
	struct spawned *spawned = &child->spawned;

	child->born = true;
	if (note->type == NOTE_FAILED) {
		cage_settle(child); /* the launcher itself has executed */
		spawned->failed = true;
		spawned->failure = (struct step_failure){ (uint32_t)note->code, note->status };
		return;
	}
	child->id = (struct writ_id){ .pid = note->pid,
				      .token = note->token,
				      .boot = child->host->self.boot,
				      .kind = WRIT_ID_INODE };
	if (child->host->self.kind != WRIT_ID_INODE)
		os_id_of(note->pid, -1, child->host->self.boot, &child->id);
}

/* What the launcher answers; one that becomes the program nothing, when all went
 * well. */
static int
await_start(struct os_child *child, enum launch mode, struct writ_error *err)
{
	struct note note;
	int r = talk_receive(child->sock, &note, true);

	/* what could not be heard may be that it runs: the launcher, no longer listened to,
	 * ends all of it, and must not be killed before */
	child->born = r < 0;
	if (r > 0)
		cage_hear_start(child, &note);
	else if (r < 0 || mode == LAUNCH_RUN)
		return writ_fail(err, WRIT_E_SYS, WRIT_STAGE_CLONE, r < 0 ? -r : ECHILD,
				 "the launcher ended early", "%s", child->start->exe);
	if (child->spawned.failed)
		return order_fail(err, child->order, child->start, &child->spawned.failure);
	child->born = true;
	return 0;
}

/* argv with the launcher's own in front; the strings are borrowed. */
static char **
make_argv(struct os_child *child, enum launch mode)
{
	const char *const *own = child->start->argv;
	size_t count = strv_count(own);
	char **argv = calloc(1, (count + NOTE_ARGV_FIRST + 1) * sizeof(*argv) + NUMBERS_MAX);

	if (argv == NULL)
		return NULL;
	argv[0] = (char *)NOTE_NAME;
	argv[1] = (char *)(mode == LAUNCH_RUN ? "run" : "exec");
	argv[2] = (char *)(argv + count + NOTE_ARGV_FIRST + 1); /* in the same block */
	for (size_t i = 0; i < count; i++)
		argv[NOTE_ARGV_FIRST + i] = (char *)(uintptr_t)own[i];
	return argv;
}

/* The two orders and argv; the order for the launcher is on its way to it. */
static int
prepare_launch(struct os_child *child, const struct os_start *start, enum launch mode, int socket,
	       bool quiet, struct writ_error *err)
{
	bool stays = mode == LAUNCH_RUN;
	struct order_extra extra = { .socket = socket,
				     .owner = stays ? child->host->self_fd : -1,
				     .launcher = child->host->launcher };
	struct note note = { .type = NOTE_ORDER, .code = quiet };
	int r = order_boot(start, &extra, &child->boot, err);

	child->start = start;
	if (r == 0)
		r = order_rest(start, stays, &child->order, err);
	if (r < 0)
		return r;
	r = talk_send(child->sock, &note, child->order, child->order->size, -1);
	if (r < 0)
		return writ_fail_sys(err, WRIT_STAGE_CLONE, -r, "the order for the launcher");

	child->launcher_argv = make_argv(child, mode);
	if (child->launcher_argv == NULL)
		return writ_fail_nomem(err, WRIT_STAGE_CLONE);
	snprintf(child->launcher_argv[2], NUMBERS_MAX,
		 stays && extra.owner_at >= 0 ? "%d %d" : "%d", extra.socket_at, extra.owner_at);
	return 0;
}

void
cage_forget_start(struct os_child *child)
{
	child->birth = os_fd_close(child->birth);
	child->birth_end = os_fd_close(child->birth_end);
	child->boot = mfree(child->boot);
	child->order = mfree(child->order);
	child->launcher_argv = mfree(child->launcher_argv);
}

/* Started, and not waited for. */
static void
expect_start(struct os_child *child, enum launch mode)
{
	if (mode == LAUNCH_RUN) {
		child->id = (struct writ_id){ 0 }; /* to be heard */
		return;
	}
	take_identity(child);
	child->birth = child->sock;
	child->birth_is_said = true;
	child->sock = -1;
}

int
cage_launch(struct os_child *child, const struct os_start *start, enum launch mode, int cgroup,
	    bool later, struct writ_error *err)
{
	auto_fd peer = -1;
	int ends[2];
	int r;

	cage_forget_start(child);
	child->sock = os_fd_close(child->sock); /* of a leaf that was not to be had */
	r = talk_open(ends);
	if (r < 0)
		return writ_fail_sys(err, WRIT_STAGE_CLONE, -r, "the socket to the launcher");
	child->sock = ends[0];
	peer = ends[1];
	r = prepare_launch(child, start, mode, peer, later && start->quiet, err);
	/* once it has been seen to work here, there is no other way to be tried */
	if (r == 0)
		r = spawn(child, start, child->boot, child->launcher_argv, cgroup,
			  later && child->host->launcher_works, err);
	child->host->launcher_works = child->host->launcher_works || r == 0;
	if (r == 0 && later)
		expect_start(child, mode);
	if (r != 0 || later)
		return r;

	peer = os_fd_close(peer);
	if (mode == LAUNCH_EXEC)
		take_identity(child);
	r = await_start(child, mode, err);
	/* a launcher that has started the program ends it when we are gone */
	if (r < 0 || mode == LAUNCH_EXEC)
		child->sock = os_fd_close(child->sock);
	return r;
}

static int64_t
timeval_ns(const struct timeval *time)
{
	return (int64_t)time->tv_sec * 1000000000 + (int64_t)time->tv_usec * 1000;
}

/* The raw call also gives the usage (waitid(2), "C library/kernel differences"). */
static int
wait_raw(const struct os_child *child, siginfo_t *info, struct rusage *usage)
{
	long r;

	info->si_pid = 0;
	do
		r = syscall(SYS_waitid, P_PIDFD, child->pidfd, info, WEXITED | WNOHANG, usage);
	while (r < 0 && errno == EINTR);
	if (r < 0 && errno == EINVAL) /* before 5.4 */
		r = syscall(SYS_waitid, P_PID, (pid_t)child->spawned.pid, info, WEXITED | WNOHANG,
			    usage);
	return r < 0 ? -errno : info->si_pid != 0;
}

/* Somebody else reaped it: a waitpid(-1) of the host, or an ignored SIGCHLD.
 * The kernel may still tell (6.15); else the status is lost, and said so. */
static bool
ended_elsewhere(const struct os_child *child, struct os_end *ret_end)
{
	struct os_end end = { .user_ns = -1, .sys_ns = -1, .max_rss_bytes = -1 };
	int status;

	if (!cage_wait(child->pidfd, 0))
		return false;
	if (pidfd_exit_status(child->pidfd, &status)) {
		end.known = true;
		end.exited = WIFEXITED(status);
		end.code = end.exited ? WEXITSTATUS(status) : WTERMSIG(status);
		end.core_dumped = !end.exited && WCOREDUMP(status);
	}
	*ret_end = end;
	return true;
}

bool
cage_reap(struct os_child *child, struct os_end *ret_end)
{
	struct rusage usage;
	siginfo_t info;
	int r = wait_raw(child, &info, &usage);

	if (r == 0)
		return false;
	if (r < 0)
		return ended_elsewhere(child, ret_end);
	*ret_end = (struct os_end){ .known = true,
				    .exited = info.si_code == CLD_EXITED,
				    .code = info.si_status,
				    .core_dumped = info.si_code == CLD_DUMPED,
				    .user_ns = timeval_ns(&usage.ru_utime),
				    .sys_ns = timeval_ns(&usage.ru_stime),
				    .max_rss_bytes = (int64_t)usage.ru_maxrss * 1024 };
	return true;
}

bool
cage_wait(int fd, int64_t max_ms)
{
	struct pollfd poll_fd = { fd, POLLIN, 0 };
	int64_t end = os_clock_ns() + max_ms * NS_PER_MS;
	int r;

	while ((r = poll(&poll_fd, 1, (int)max_ms)) < 0 && errno == EINTR) {
		max_ms = (end - os_clock_ns()) / NS_PER_MS;
		if (max_ms < 0)
			max_ms = 0;
	}
	return r > 0;
}

void
cage_leave(struct os_child *child)
{
	if (child->ended)
		return;
	host_leave(child->host, child->pidfd);
	child->pidfd = -1;
}
