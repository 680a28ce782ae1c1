#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "../child.h"
#include "../clone.h"
#include "../sys.h"
#include "apart.h"
#include "brood.h"
#include "lost.h"
#include "receive.h"

enum {
	GIVE_UP_MS = 2000, /* after KILL: what is left then is in the kernel's hands */
	AGAIN_MS = 5,	   /* how soon to look for newly born processes while killing */
};

struct birth {
	const struct order *order;
	char *const *argv;
	char *const *envp;
	struct step_failure failure;
	bool failed;
};

struct run {
	int sock;
	int owner;
	int signals; /* signalfd for SIGCHLD */
	int birth;   /* readable when the program was executed, or was not; or -1 */
	struct birth *born; /* what it uses until then; NULL: it is known */
	bool quiet;    /* of the start is told with the end */
	bool failed;   /* the program was not executed */
	bool orphaned; /* the owner is gone */
	bool killing;
	int64_t give_up_ms;
	int32_t program; /* pid */
	struct note started; /* who it is */
	struct note exited; /* how the program ended; code 0: not yet, or told */
	struct note total;  /* found, survived */
	struct lost_list lost;
	struct brood brood;
};

/* Too large for the stack. One launcher keeps one run. */
static struct run state;

static void
be_born(void *arg)
{
	struct birth *birth = arg;

	child_run(birth->order, birth->argv, birth->envp, take_apart, &birth->failure);
	birth->failed = true;
	child_exit(127);
}

/* The parent whose death the program must not outlive is this launcher. */
static void
tell_parent(struct order *order)
{
	for (uint32_t i = 0; i < order->count; i++)
		if (order->steps[i].op == STEP_DEATH)
			order->steps[i].b = sys_call0(SYS_getpid);
}

static bool
is_for_memory_of_its_own(const struct order *order)
{
	for (uint32_t i = 0; i < order->count; i++)
		if (order->steps[i].op == STEP_UID || order->steps[i].op == STEP_CAPS ||
		    order->steps[i].op >= STEP_NETNS)
			return true;
	return false;
}

/* Memory is shared with the child, for speed, unless it becomes another user, or goes
 * where others are: they could reach into it (ptrace(2)) while it is also ours. Then the
 * birth lies in a page shared for this alone. It is not waited for: on a file
 * system that hangs it must be ended too. */
static long
start_program(struct birth **birth, long flags, int *ret_pidfd)
{
	static char stack[32768] __attribute__((aligned(16)));

	flags |= CLONE_PIDFD | SIGCHLD;
	if (is_for_memory_of_its_own((*birth)->order)) {
		long page = sys_call6(SYS_mmap, 0, sizeof(**birth), 3 /* read, write */,
				      0x21 /* shared, anonymous */, -1, 0);
		struct birth *shared = (struct birth *)page;

		if ((unsigned long)page > -4096UL) /* the negative of an errno */
			return page;
		*shared = **birth;
		*birth = shared;
	} else {
		flags |= CLONE_VM;
	}
	return clone_call(SYS_clone, flags, (long)(stack + sizeof(stack)), (long)ret_pidfd, 0, 0,
			  be_born, *birth);
}

/* The inode of the program's pidfd: its identity, where the kernel has pidfs. */
static uint64_t
inode_of(int fd)
{
	struct {
		uint32_t mask, blksize;
		uint64_t attributes;
		uint32_t nlink, uid, gid;
		uint16_t mode, pad;
		uint64_t ino;
		char rest[256 - 40];
	} statx = { 0 };

	sys_call5(SYS_statx, fd, "", 0x1000 /* AT_EMPTY_PATH */, 0x100 /* STATX_INO */, &statx);
	return statx.ino;
}

/* A pipe whose end at the program closes when that is executed. Without one it is
 * waited for. */
static long
start_with_pipe(struct birth **birth, int *ret_pidfd)
{
	int ends[2] = { -1, -1 };
	bool has_pipe = sys_call2(SYS_pipe2, ends, O_CLOEXEC) == 0;
	long pid = start_program(birth, has_pipe ? 0 : CLONE_VFORK, ret_pidfd);

	if (has_pipe)
		sys_call1(SYS_close, ends[1]);
	state.birth = ends[0];
	return pid;
}

static void
tell_failure(int32_t step, int32_t err_no)
{
	struct note note = { .type = NOTE_FAILED, .code = step, .status = err_no };

	note_send(state.sock, &note);
}

/* The program was executed, or it has ended before. */
static void
settle(void)
{
	struct birth *birth = state.born;

	if (birth == NULL)
		return;
	state.born = NULL;
	if (state.birth >= 0)
		sys_call1(SYS_close, state.birth);
	state.birth = -1;
	state.failed = birth->failed;
	if (birth->failed)
		tell_failure((int32_t)birth->failure.index, birth->failure.err_no);
	else if (!state.quiet)
		note_send(state.sock, &state.started);
	/* the program has its copy; ours would show its secrets in /proc */
	for (char *const *variable = birth->envp; *variable != NULL; variable++)
		memset(*variable, 0, strlen(*variable));
}

static int
begin(struct order *order, char *const *argv, char *const *envp)
{
	static struct birth birth;
	int pidfd = -1;
	long pid;

	birth = (struct birth){ .order = order, .argv = argv, .envp = envp };
	state.born = &birth;
	tell_parent(order);
	pid = start_with_pipe(&state.born, &pidfd);
	if (pid < 0) {
		tell_failure(STEP_INDEX_CLONE, (int32_t)-pid);
		return -1;
	}
	state.program = (int32_t)pid;
	state.started = (struct note){ .type = NOTE_STARTED, .pid = pid, .token = inode_of(pidfd) };
	sys_call1(SYS_close, pidfd);
	if (state.birth < 0)
		settle();
	return 0;
}

static int64_t
timeval_ns(const struct timeval *time)
{
	return (int64_t)time->tv_sec * 1000000000 + (int64_t)time->tv_usec * 1000;
}

static void
note_exit(const siginfo_t *info, const struct rusage *usage)
{
	state.exited = (struct note){ .type = NOTE_EXITED,
				      .pid = state.started.pid,
				      .token = state.started.token,
				      .code = info->si_code,
				      .status = info->si_status,
				      .user_ns = timeval_ns(&usage->ru_utime),
				      .sys_ns = timeval_ns(&usage->ru_stime),
				      .max_rss_kib = usage->ru_maxrss };
	state.program = 0;
}

/* The end of the program is told at once, unless it is the end of all: then
 * one note tells both. */
static void
tell_exit(void)
{
	if (state.exited.code == 0)
		return;
	note_send(state.sock, &state.exited);
	state.exited.code = 0;
}

/* Reaps what has ended. Returns false when nothing is left at all. */
static bool
reap(void)
{
	for (;;) {
		siginfo_t info;
		struct rusage usage;
		long r;

		info.si_pid = 0;
		r = sys_call5(SYS_waitid, P_ALL, 0, &info, WEXITED | WNOHANG, &usage);
		if (r == -ECHILD)
			return false;
		if (r < 0 || info.si_pid == 0)
			break;
		if (info.si_pid == state.program) {
			settle();
			note_exit(&info, &usage);
		}
	}
	tell_exit();
	return true;
}

static void
count(void)
{
	struct note note = { .type = NOTE_COUNTED };

	brood_look(&state.brood);
	note.found = state.brood.count;
	note.survived = state.brood.count;
	for (int i = 0; i < state.brood.count && i < NOTE_SURVIVORS_MAX; i++)
		note.survivors[i] = state.brood.pid[i];
	note_send(state.sock, &note);
}

static void
begin_killing(void)
{
	if (state.killing)
		return;
	state.killing = true;
	state.give_up_ms = now_ms() + GIVE_UP_MS;
	brood_look(&state.brood);
	state.total.found = state.brood.count;
}

/* What is stopped cannot fork: stop all that can be seen until no more comes
 * up, so that a storm of forks is not outrun, then kill them in one go. */
static void
kill_all(void)
{
	int before = -1;

	for (int i = 0; i < 16; i++) {
		brood_look(&state.brood);
		if (state.brood.count <= before)
			break;
		before = state.brood.count;
		brood_signal(&state.brood, SIGSTOP, &state.total);
	}
	brood_signal(&state.brood, SIGKILL, &state.total);
}

static void
owner_is_gone(void)
{
	state.orphaned = true;
	begin_killing();
}

/* Returns false when the launcher is told to leave. */
static bool
obey(void)
{
	static union {
		struct note note;
		char bytes[NOTE_BYTES_MAX];
	} in;
	int fd = -1;
	long len = note_receive(state.sock, &in.note, sizeof(in), &fd);

	if (len == -EAGAIN)
		return true;
	if (len <= 0) {
		owner_is_gone();
		return true;
	}
	switch (in.note.type) {
	case NOTE_SIGNAL:
		brood_tell(&state.brood,
			   state.born != NULL ? child_harmless(in.note.code) : in.note.code);
		break;
	case NOTE_KILL:
		begin_killing();
		break;
	case NOTE_COUNT:
		count();
		break;
	case NOTE_LEAVE:
		return false;
	default:
		lost_note(&state.lost, &in.note, fd);
	}
	return true;
}

/* Those that are left when the launcher gives up. */
static void
name_survivors(void)
{
	state.total.survived = state.brood.count;
	for (int i = 0; i < state.brood.count && i < NOTE_SURVIVORS_MAX; i++)
		state.total.survivors[i] = state.brood.pid[i];
}

static void
tell_end(void)
{
	struct note note = state.exited;
	struct rusage usage;

	note.type = NOTE_EMPTY;
	note.found = state.total.found;
	note.survived = state.total.survived;
	for (int i = 0; i < NOTE_SURVIVORS_MAX; i++)
		note.survivors[i] = state.total.survivors[i];
	note.killed = note.found > note.survived ? note.found - note.survived : 0;
	sys_call2(SYS_getrusage, RUSAGE_CHILDREN, &usage);
	note.tree_user_ns = timeval_ns(&usage.ru_utime);
	note.tree_sys_ns = timeval_ns(&usage.ru_stime);
	if (state.orphaned)
		lost_write(&state.lost, "launcher", note.found, note.survived);
	else
		note_send(state.sock, &note);
}

static void
wait_for_something(struct pollfd poll[4])
{
	struct timespec soon = { 0, AGAIN_MS * 1000000L };

	poll[0] = (struct pollfd){ state.signals, POLLIN, 0 };
	poll[1] = (struct pollfd){ state.orphaned ? -1 : state.sock, POLLIN, 0 };
	poll[2] = (struct pollfd){ state.orphaned ? -1 : state.owner, POLLIN, 0 };
	poll[3] = (struct pollfd){ state.birth, POLLIN, 0 };
	sys_call5(SYS_ppoll, poll, 4, state.killing ? &soon : NULL, NULL, 0);
}

/* Kills until nothing is left, or for GIVE_UP_MS. Returns false at the end. */
static bool
go_on_killing(void)
{
	kill_all();
	if (now_ms() <= state.give_up_ms)
		return true;
	name_survivors();
	return false;
}

/* Returns false when it was told to leave. */
static bool
keep_watch(void)
{
	char drained[128 * 8];
	struct pollfd poll[4];

	while (reap()) {
		if (state.killing && !go_on_killing())
			return true;
		wait_for_something(poll);
		if (poll[0].revents != 0)
			sys_call3(SYS_read, state.signals, drained, sizeof(drained));
		if (poll[3].revents != 0)
			settle();
		if (poll[1].revents != 0 && !obey())
			return false;
		if (poll[2].revents != 0)
			owner_is_gone();
	}
	state.total.survived = 0;
	return true;
}

int
run_keep(int sock, int owner, struct order *order, char *const *argv, char *const *envp,
	 bool quiet)
{
	sys_sigset child = 1ULL << (SIGCHLD - 1);
	int keep[4];

	state.sock = sock;
	state.owner = owner;
	state.quiet = quiet;
	lost_init(&state.lost);
	sys_call5(SYS_prctl, PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	if (begin(order, argv, envp) < 0)
		return 127;
	/* blocked from the start: its end may be pending already */
	state.signals = (int)sys_call4(SYS_signalfd4, -1, &child, sizeof(child),
				       O_CLOEXEC | O_NONBLOCK);

	/* the program's pipes must end with the program */
	keep[0] = sock;
	keep[1] = state.signals;
	keep[2] = owner;
	keep[3] = state.birth;
	close_all_but(keep, 4);
	sys_call1(SYS_chdir, "/");
	if (keep_watch() && !state.failed)
		tell_end();
	return state.failed ? 127 : 0;
}
