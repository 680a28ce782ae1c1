#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "child.h"
#include "clone.h"
#include "lift.h"
#include "os/os_clock.h"
#include "os/os_fd.h"

enum {
	GUARD_BYTES = 64 * 1024, /* a page on every machine */
	STACK_BYTES = 64 * 1024,
	MAPPING_BYTES = GUARD_BYTES + 2 * STACK_BYTES, /* the second is an orphan's */
};

/* What the child finds at the top of its stack; shared even when the rest of
 * the memory is a copy. */
struct birth {
	struct spawn spawn;
	int enter; /* cgroup.procs to write to, or -1 */
	int way;
	uint32_t pending; /* the kernel clears and wakes it, at exec or at the end */
	uint32_t apart;	  /* the table of descriptors is the child's own */
	int64_t orphan_pid;
	struct step_failure failure;
	bool failed;
} __attribute__((aligned(16)));

/* What the child needs lies there; below it the stack grows down. */
static struct birth *
top_of_stack(char *stack)
{
	return (struct birth *)(void *)(stack + STACK_BYTES) - 1;
}

static char *
mapping_of(struct birth *birth)
{
	return (char *)(birth + 1) - STACK_BYTES - GUARD_BYTES;
}

/* NULL: out of memory. */
static struct birth *
map_stack(void)
{
	char *mapping = mmap(NULL, MAPPING_BYTES, PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (mapping == MAP_FAILED)
		return NULL;
	if (mprotect(mapping, GUARD_BYTES, PROT_NONE) < 0) {
		munmap(mapping, MAPPING_BYTES);
		return NULL;
	}
	return top_of_stack(mapping + GUARD_BYTES);
}

static struct birth *
take_stack(struct spawner *spawner)
{
	return spawner->idle_count > 0 ? spawner->idle[--spawner->idle_count] : map_stack();
}

static void
put_stack(struct spawner *spawner, struct birth *birth)
{
	if (spawner->idle_count < SPAWN_IDLE_MAX)
		spawner->idle[spawner->idle_count++] = birth;
	else if (!birth->spawn.orphan) /* which may still be on the second one */
		munmap(mapping_of(birth), MAPPING_BYTES);
}

/* The mappings are shared with a fork, so that nothing of ours stands in them. */
void
spawner_close(struct spawner *spawner)
{
	while (spawner->idle_count > 0)
		munmap(mapping_of(spawner->idle[--spawner->idle_count]), MAPPING_BYTES);
}

/* On a stack that is not the thread's, and not to be taken for it. */
#define UNWATCHED __attribute__((no_sanitize("address"), no_sanitize("thread"), \
				 no_sanitize("undefined")))

/* Before anything else: until then we would close the descriptors of the caller. */
UNWATCHED static void
part(struct birth *birth)
{
	long r = sys_call3(SYS_close_range, birth->spawn.apart_from, 0x7fffffff,
			   CLOSE_RANGE_UNSHARE);

	if (r < 0) {
		birth->failure = (struct step_failure){ STEP_INDEX_APART, (int32_t)-r };
		birth->failed = true;
		child_exit(127);
	}
	__atomic_store_n(&birth->apart, 1, __ATOMIC_RELEASE);
	sys_call4(SYS_futex, &birth->apart, FUTEX_WAKE, 1, NULL);
}

UNWATCHED static void
be_child(void *arg)
{
	struct birth *birth = arg;
	const struct spawn *spawn = &birth->spawn;

	if (spawn->apart_from > 0 && birth->way == SPAWN_CLONE3)
		part(birth);
	if (birth->enter >= 0) {
		long r = sys_call3(SYS_write, birth->enter, "0", 1);

		birth->failure = (struct step_failure){ STEP_INDEX_CGROUP, (int32_t)-r };
		birth->failed = r < 0;
	}
	if (!birth->failed)
		child_run(spawn->order, spawn->argv, spawn->envp, NULL, &birth->failure);
	birth->failed = true;
	child_exit(127);
}

#ifdef SYS_HAS_ASM

static long
clone_old(struct birth *birth, long flags, char *stack_end, int *ret_pidfd, void (*run)(void *))
{
	if (birth->way == SPAWN_CLONE3 || birth->way == SPAWN_CLONE)
		flags |= CLONE_VM;
	return clone_call(SYS_clone, flags, (long)stack_end, (long)ret_pidfd, 0, 0, run, birth);
}

/* At the end of the one between, no signal: it is nobody's for a waitpid(-1) of
 * the host, and no SIGCHLD tells of it (clone(2), "The child termination signal"). */
static int
end_signal(const struct birth *birth)
{
	return birth->spawn.orphan ? 0 : SIGCHLD;
}

/* The one between makes the orphan and ends: the orphan's parent is then the
 * nearest subreaper, and no wait(2) of the host meets it. The orphan has
 * a stack of its own, with its own copy of what it needs on top: it executes
 * while we go on. */
UNWATCHED static void
be_between(void *arg)
{
	struct birth *birth = arg;
	struct birth *own = top_of_stack(mapping_of(birth) + GUARD_BYTES + STACK_BYTES);
	long pid;

	*own = *birth;
	pid = clone_old(own, SIGCHLD, (char *)own, NULL, be_child);
	if (pid < 0) {
		birth->failure.err_no = (int32_t)-pid;
		birth->failed = true;
	}
	birth->orphan_pid = pid;
	child_exit(0);
}

static long
clone_new(struct birth *birth, char *stack, int *ret_pidfd, void (*run)(void *))
{
	struct clone3_args args = {
		.flags = CLONE_VM | CLONE_PIDFD | CLONE3_CLEAR_SIGHAND,
		.pidfd = (uint64_t)(uintptr_t)ret_pidfd,
		.child_tid = (uint64_t)(uintptr_t)&birth->pending,
		.exit_signal = (uint64_t)end_signal(birth),
		.stack = (uint64_t)(uintptr_t)stack,
		.stack_size = STACK_BYTES - sizeof(struct birth),
	};

	birth->pending = birth->spawn.later;
	args.flags |= birth->spawn.later ? CLONE_CHILD_CLEARTID : CLONE_VFORK;
	args.flags |= birth->spawn.apart_from > 0 ? CLONE_FILES : 0;
	if (birth->spawn.cgroup >= 0) {
		args.flags |= CLONE3_INTO_CGROUP;
		args.cgroup = (uint64_t)birth->spawn.cgroup;
	}
	args.stack_size &= ~15ULL;
	return clone_call(SYS_clone3, (long)&args, sizeof(args), 0, 0, 0, run, birth);
}

static long
make_child(struct birth *birth, int *ret_pidfd)
{
	void (*run)(void *) = birth->spawn.orphan ? be_between : be_child;
	char *stack = mapping_of(birth) + GUARD_BYTES;

	if (birth->way == SPAWN_CLONE3)
		return clone_new(birth, stack, ret_pidfd, run);
	return clone_old(birth, CLONE_PIDFD | CLONE_VFORK | end_signal(birth), (char *)birth,
			 ret_pidfd, run);
}

#else

static int
be_child_of_libc(void *arg)
{
	be_child(arg);
	return 127;
}

/* No assembly for this machine: libc's clone, and no orphans. */
static long
make_child(struct birth *birth, int *ret_pidfd)
{
	int flags = CLONE_VFORK | CLONE_PIDFD | SIGCHLD;
	int pid;

	if (birth->spawn.orphan)
		return -ENOSYS;
	if (birth->way != SPAWN_COPY)
		flags |= CLONE_VM;
	pid = clone(be_child_of_libc, birth, flags, birth, ret_pidfd);
	return pid < 0 ? -errno : pid;
}

#endif

/* Errors that mean "not this way" and not "not now". */
static bool
is_refused(long r)
{
	return r == -ENOSYS || r == -EPERM || r == -EINVAL || r == -E2BIG;
}

static int
open_procs(int cgroup)
{
	int fd = openat(cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static long
try_ways(struct spawner *spawner, struct birth *birth, int *ret_pidfd)
{
	long r = -ENOSYS;

	for (birth->way = spawner->way; birth->way < SPAWN_WAYS; birth->way++) {
		birth->pending = 0;
		if (birth->way != SPAWN_CLONE3 && birth->spawn.cgroup >= 0 && birth->enter < 0)
			birth->enter = open_procs(birth->spawn.cgroup);
		if (birth->way != SPAWN_CLONE3 && birth->spawn.cgroup >= 0 && birth->enter < 0)
			return birth->enter;
		r = make_child(birth, ret_pidfd);
		if (!is_refused(r))
			break;
	}
	if (r >= 0)
		spawner->way = birth->way;
	return r;
}

/* Waits for a child that has ended, or is just about to. */
static void
reap(int64_t pid)
{
	siginfo_t info;

	while (waitid(P_PID, (id_t)pid, &info, WEXITED | __WALL) < 0)
		if (errno != EINTR)
			break;
}

/* The child is off the stack: what it left there is final. */
static void
settle(struct spawner *spawner, struct spawned *spawned)
{
	struct birth *birth = TAKE(&spawned->birth);

	spawned->failure = birth->failure;
	spawned->failed = birth->failed;
	if (birth->spawn.orphan) {
		reap(spawned->pid); /* the one between */
		spawned->pid = birth->orphan_pid;
		spawned->pidfd = os_fd_close(spawned->pidfd);
	}
	put_stack(spawner, birth);
}

static bool
is_pending(const struct birth *birth)
{
	return __atomic_load_n(&birth->pending, __ATOMIC_ACQUIRE) != 0;
}

bool
spawn_settle(struct spawner *spawner, struct spawned *spawned, int64_t max_ms)
{
	int64_t end_ns = os_clock_ns() + max_ms * NS_PER_MS;
	struct timespec end = { end_ns / NS_PER_S, end_ns % NS_PER_S };

	if (spawned->birth == NULL)
		return true;
	while (is_pending(spawned->birth))
		/* the one that waits until an instant, which no signal puts off */
		if (max_ms == 0 || sys_call6(SYS_futex, (long)&spawned->birth->pending,
					     FUTEX_WAIT_BITSET, 1, (long)(max_ms < 0 ? NULL : &end),
					     0, (long)FUTEX_BITSET_MATCH_ANY) == -ETIMEDOUT)
			return false;
	settle(spawner, spawned);
	return true;
}

/* The kernel will write there when it dies: nothing else may ever be there. */
void
spawn_give_up(struct spawned *spawned)
{
	spawned->birth = NULL;
}

static bool
is_apart(const struct birth *birth)
{
	return birth->spawn.apart_from == 0 || __atomic_load_n(&birth->apart, __ATOMIC_ACQUIRE);
}

bool
spawn_part(const struct spawned *spawned)
{
	struct timespec moment = { 0, 10 * NS_PER_MS };
	struct birth *birth = spawned->birth;

	if (birth == NULL)
		return true;
	/* a child that was killed will not tell */
	while (!is_apart(birth) && is_pending(birth))
		sys_call4(SYS_futex, &birth->apart, FUTEX_WAIT, 0, &moment);
	return is_apart(birth);
}

/* Need nobody wait for it now? The first time that it is to part it is seen whether
 * it can. */
static bool
goes_on(struct spawner *spawner, const struct spawned *spawned)
{
	const struct birth *birth = spawned->birth;

	if (spawned->pidfd < 0 || !birth->spawn.later || birth->way != SPAWN_CLONE3)
		return false;
	if (birth->spawn.apart_from > 0 && !spawner->apart_works)
		spawner->apart_works = spawn_part(spawned);
	return birth->spawn.apart_from == 0 || spawner->apart_works;
}

/* What became of it, as far as it is known. Without a pidfd there is none. */
static int
hand_over(struct spawner *spawner, struct birth *birth, int64_t pid, int pidfd, struct spawned *ret)
{
	bool orphan = birth->spawn.orphan;

	*ret = (struct spawned){ .pid = pid, .pidfd = pidfd, .birth = birth };
	if (pidfd > spawner->highest)
		spawner->highest = pidfd;
	if (goes_on(spawner, ret))
		return 0;
	if (pidfd < 0)
		kill((pid_t)pid, SIGKILL);
	spawn_settle(spawner, ret, -1);
	if (!orphan && (ret->failed || pidfd < 0))
		reap(pid);
	if (ret->failed)
		ret->pidfd = os_fd_close(ret->pidfd);
	return pidfd < 0 ? pidfd : 0;
}

int
spawn_child(struct spawner *spawner, const struct spawn *spawn, struct spawned *ret)
{
	sys_sigset all = ~0ULL;
	struct birth *birth = take_stack(spawner);
	sys_sigset before;
	int pidfd = -1;
	long pid;

	if (birth == NULL)
		return -ENOMEM;
	*birth = (struct birth){ .spawn = *spawn, .enter = -1 };
	/* raw: libc would leave its own two signals open, whose handlers would
	 * then run in the child, on our memory */
	sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, sizeof(all));
	pid = try_ways(spawner, birth, &pidfd);
	sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof(before));
	os_fd_close(birth->enter);
	if (pid < 0) {
		put_stack(spawner, birth);
		return (int)pid;
	}
	return hand_over(spawner, birth, pid, fd_lift(pidfd), ret);
}
