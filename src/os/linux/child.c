#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include "sys.h"

enum {
	BUSY_TRIES = 8,	   /* ETXTBSY: 1, 2, 4 ... 128 ms, a quarter of a second in all */
	EMPTY_PATH = 0x1000, /* AT_EMPTY_PATH */
	GROUPS_FEW = 64,
};

/* Ignored signals stay ignored over exec, and CLONE_CLEAR_SIGHAND leaves them
 * so. SIGKILL and SIGSTOP answer EINVAL; so be it. */
static long
reset_signals(void)
{
	struct sys_sigaction action = { 0 };

	for (int i = 1; i <= SYS_SIGNALS; i++)
		sys_call4(SYS_rt_sigaction, i, &action, NULL, sizeof(sys_sigset));
	return 0;
}

/* Armed for a parent that is already gone, the signal would never come. */
static long
die_with_parent(const struct step *step)
{
	long r = sys_call5(SYS_prctl, PR_SET_PDEATHSIG, step->a, 0, 0, 0);

	if (r == 0 && sys_call0(SYS_getppid) != step->b)
		return -ECANCELED;
	return r;
}

static long
number_of(const char *name)
{
	long number = 0;

	if (*name < '0' || *name > '9')
		return -1;
	for (; *name >= '0' && *name <= '9'; name++)
		number = number * 10 + (*name - '0');
	return number;
}

/* Closes those of one batch of /proc/self/fd; says how many it closed. */
static long
close_listed(const char *batch, long len, int first, int last, long dir)
{
	const struct sys_dirent *entry;
	long closed = 0;

	for (long at = 0; at < len; at += entry->length) {
		long fd;

		entry = (const void *)(batch + at);
		fd = number_of(entry->name);
		if (fd >= first && fd <= last && fd != dir) {
			sys_call1(SYS_close, fd);
			closed++;
		}
	}
	return closed;
}

/* Without close_range(2): ask /proc which are open; a loop to the limit can
 * take minutes. Closing while reading may skip entries, so read again until a
 * whole pass closes nothing. */
static long
close_by_list(int first, int last)
{
	char batch[2048] __attribute__((aligned(8)));
	long dir = sys_call4(SYS_openat, AT_FDCWD, "/proc/self/fd", O_RDONLY | O_DIRECTORY, 0);
	long closed;
	long len;

	if (dir < 0)
		return dir;
	do {
		closed = 0;
		sys_call3(SYS_lseek, dir, 0, 0);
		while ((len = sys_call3(SYS_getdents64, dir, batch, sizeof(batch))) > 0)
			closed += close_listed(batch, len, first, last, dir);
	} while (len == 0 && closed > 0);
	sys_call1(SYS_close, dir);
	return len;
}

long
child_close(int first, int last)
{
	long r = sys_call3(SYS_close_range, first, last, 0);

	return r < 0 ? close_by_list(first, last) : r; /* kernel < 5.9, or a filter says no */
}

static long
set_limit(const struct step *step)
{
	struct rlimit limit = { (rlim_t)step->b, (rlim_t)step->c };

	return sys_call4(SYS_prlimit64, 0, step->a, &limit, NULL);
}

/* The kernel has the groups in an order of its own, sorted as a rule. */
static bool
has_group(const uint32_t *groups, long count, uint32_t gid)
{
	for (long i = 0; i < count; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

static bool
are_groups(const uint32_t *wanted, const uint32_t *real, long count)
{
	for (long i = 0; i < count; i++)
		if (real[i] != wanted[i] && !has_group(wanted, count, real[i]))
			return false;
	return true;
}

/* Reads them back. What is no group twice is the same if it has as many and no other;
 * memory for many is taken here, which is no memory of the caller's. */
static long
check_groups(const uint32_t *wanted, long count)
{
	uint32_t few[GROUPS_FEW];
	uint32_t *real = few;
	size_t size = (size_t)count * sizeof(*real);
	bool good;

	if (count > GROUPS_FEW) {
		long page = sys_call6(SYS_mmap, 0, (long)size, PROT_READ | PROT_WRITE,
				      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (page < 0 && page > -4096) /* the negative of an errno */
			return page;
		real = (uint32_t *)page;
	}
	good = sys_call2(SYS_getgroups, 0, NULL) == count &&
	       sys_call2(SYS_getgroups, count, real) == count && are_groups(wanted, real, count);
	if (real != few)
		sys_call2(SYS_munmap, real, size);
	return good ? 0 : -EOPNOTSUPP;
}

/* A filter may answer "done" and do nothing; a program must not run as who it is not. */
static long
set_groups(const struct order *order, const struct step *step)
{
	const void *groups = (const char *)order + step->at;
	long r = sys_call2(SYS_setgroups, step->a, groups);

	return r < 0 ? r : check_groups(groups, step->a);
}

/* The real, the effective and the saved one. */
static long
set_id(long set, long get, int64_t id)
{
	uint32_t real[3] = { (uint32_t)-1, (uint32_t)-1, (uint32_t)-1 };
	long r = sys_call3(set, id, id, id);

	if (r == 0)
		r = sys_call3(get, &real[0], &real[1], &real[2]);
	if (r < 0)
		return r;
	return real[0] == id && real[1] == id && real[2] == id ? 0 : -EOPNOTSUPP;
}

/* What is taken away is read back, too. The last one that this kernel has is the last
 * that it knows. */
static long
drop_bounding(uint64_t kept)
{
	long had = 0;

	for (long cap = 0; cap < 64 && had >= 0; cap++) {
		had = sys_call5(SYS_prctl, PR_CAPBSET_READ, cap, 0, 0, 0);
		if (had <= 0 || kept >> cap & 1)
			continue;
		long r = sys_call5(SYS_prctl, PR_CAPBSET_DROP, cap, 0, 0, 0);

		if (r < 0)
			return r;
		if (sys_call5(SYS_prctl, PR_CAPBSET_READ, cap, 0, 0, 0) != 0)
			return -EOPNOTSUPP;
	}
	return 0;
}

static long
raise_ambient(uint64_t caps)
{
	long r = 0;

	for (long cap = 0; cap < 64 && r == 0; cap++) {
		if (!(caps >> cap & 1))
			continue;
		r = sys_call5(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0);
		if (r == 0 && sys_call5(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0,
					0) != 1)
			r = -EOPNOTSUPP;
	}
	return r;
}

/* The kernel takes from the ambient set what is not permitted and inheritable: what is
 * left of it is raised again, and is then all of it. */
static long
set_caps(const struct step *step)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct caps[2];
	struct __user_cap_data_struct real[2];
	long r = sys_call2(SYS_capget, &head, caps);

	if (r < 0)
		return r;
	for (int i = 0; i < 2; i++) {
		caps[i].permitted &= (uint32_t)((uint64_t)step->a >> 32 * i);
		caps[i].effective = caps[i].permitted;
		caps[i].inheritable = caps[i].permitted & (uint32_t)((uint64_t)step->b >> 32 * i);
	}
	r = sys_call2(SYS_capset, &head, caps);
	if (r == 0)
		r = sys_call2(SYS_capget, &head, real);
	for (int i = 0; i < 2 && r == 0; i++)
		if (real[i].permitted != caps[i].permitted ||
		    real[i].inheritable != caps[i].inheritable)
			r = -EOPNOTSUPP;
	return r < 0 ? r : raise_ambient((uint64_t)step->b);
}

/* Sets what a prctl(2) sets to 1, and another one tells. */
static long
set_flag(long set, long get)
{
	long r = sys_call5(SYS_prctl, set, 1, 0, 0, 0);

	if (r == 0 && sys_call5(SYS_prctl, get, 0, 0, 0, 0) != 1)
		return -EOPNOTSUPP;
	return r;
}

/* Another thread of the caller may still hold the file open for writing that
 * it has just made, through a child of its own that is about to exec. */
static long
execute(const struct order *order, const struct step *step, char *const *argv, char *const *envp)
{
	const char *path = step->at != 0 ? (const char *)order + step->at : "";
	struct timespec pause = { 0, 1000000 };
	long r;

	for (int i = 0; i <= BUSY_TRIES; i++) {
		if (step->at != 0)
			r = sys_call3(SYS_execve, path, argv, envp);
		else
			r = sys_call5(SYS_execveat, step->a, path, argv, envp, EMPTY_PATH);
		if (r != -ETXTBSY || i == BUSY_TRIES)
			break;
		sys_call2(SYS_nanosleep, &pause, NULL);
		pause.tv_nsec *= 2;
	}
	return r;
}

/* The mask comes last: from here on a signal meets only defaults. */
static long
clear_mask_and_execute(const struct order *order, const struct step *step, char *const *argv,
		       char *const *envp)
{
	sys_sigset none = 0;

	/* the launcher starts with all blocked, and clears the mask for its child */
	if (step->at != 0)
		sys_call4(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof(none));
	return execute(order, step, argv, envp);
}

static long
take(const struct order *order, const struct step *step, char *const *argv, char *const *envp)
{
	switch ((enum step_op)step->op) {
	case STEP_SIGNALS:
		return reset_signals();
	case STEP_SESSION:
		return sys_call0(SYS_setsid);
	case STEP_DEATH:
		return die_with_parent(step);
	case STEP_DUP:
		return sys_call3(SYS_dup3, step->a, step->b, step->c);
	case STEP_KEEP:
		return sys_call3(SYS_fcntl, step->a, F_SETFD, 0);
	case STEP_CLOSE:
		return child_close((int)step->a, (int)step->b);
	case STEP_UMASK:
		return sys_call1(SYS_umask, step->a);
	case STEP_NICE:
		return sys_call3(SYS_setpriority, PRIO_PROCESS, 0, step->a);
	case STEP_LIMIT:
		return set_limit(step);
	case STEP_GROUPS:
		return set_groups(order, step);
	case STEP_GID:
		return set_id(SYS_setresgid, SYS_getresgid, step->a);
	case STEP_UID:
		return set_id(SYS_setresuid, SYS_getresuid, step->a);
	case STEP_KEEP_CAPS:
		return set_flag(PR_SET_KEEPCAPS, PR_GET_KEEPCAPS);
	case STEP_BOUNDING:
		return drop_bounding((uint64_t)step->a);
	case STEP_CAPS:
		return set_caps(step);
	case STEP_NO_NEW_PRIVS:
		return set_flag(PR_SET_NO_NEW_PRIVS, PR_GET_NO_NEW_PRIVS);
	case STEP_FCHDIR:
		return sys_call1(SYS_fchdir, step->a);
	case STEP_CHDIR:
		return sys_call1(SYS_chdir, (const char *)order + step->at);
	case STEP_EXEC:
		return clear_mask_and_execute(order, step, argv, envp);
	case STEP_NETNS:
	case STEP_MOUNTS:
	case STEP_BIND:
	case STEP_BENEATH:
		break;
	}
	return -ENOSYS;
}

void
child_run(const struct order *order, char *const *argv, char *const *envp, child_taker taker,
	  struct step_failure *ret_failure)
{
	for (uint32_t i = 0; i < order->count; i++) {
		const struct step *step = &order->steps[i];
		long r = taker != NULL && step->op >= STEP_NETNS
				 ? taker(order, step)
				 : take(order, step, argv, envp);

		if (r < 0) {
			ret_failure->err_no = (int32_t)-r;
			ret_failure->index = i;
			return;
		}
	}
}

int
child_harmless(int signal)
{
	switch (signal) {
	case SIGQUIT:
	case SIGILL:
	case SIGTRAP:
	case SIGABRT:
	case SIGBUS:
	case SIGFPE:
	case SIGSEGV:
	case SIGXCPU:
	case SIGXFSZ:
	case SIGSYS:
		return SIGKILL;
	default:
		return signal;
	}
}

_Noreturn void
child_exit(int status)
{
	for (;;)
		sys_call1(SYS_exit_group, status);
}
