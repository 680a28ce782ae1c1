/* idle_bare.c - the same as idle_writ.c with no more than the kernel's work: how
 * much dearer is a child among many, whoever starts it?
 *
 *   idle_bare COUNT PROGRAM
 *
 * prints "NS_PER_CHILD". For each child: a control group of its own, clone3(2) into
 * it with memory shared, default signals, a session, /dev/null three times, exec;
 * then TERM, the group's figures, and its removal. Without checks: this is a limit.
 */
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define GROUP_BASE "/sys/fs/cgroup/unified"
#define MANY 256 /* from here on the table of descriptors is shared, not copied */

static int64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static void
look_at(int group, const char *file)
{
	char text[1024];
	int fd = openat(group, file, O_RDONLY | O_CLOEXEC);

	if (read(fd, text, sizeof(text)) <= 0)
		exit(1);
	close(fd);
}

static int
group_open(int base, int number)
{
	char name[32];

	snprintf(name, sizeof(name), "%d", number);
	mkdirat(base, name, 0755);
	return openat(base, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void
group_remove(int base, int number)
{
	char name[32];

	snprintf(name, sizeof(name), "%d", number);
	if (unlinkat(base, name, AT_REMOVEDIR) < 0)
		exit(1);
}

/* As vfork(2): the caller's memory and stack, until the exec. */
static inline __attribute__((always_inline)) long
clone_shared(struct clone_args *args)
{
#if defined(__x86_64__)
	long result = SYS_clone3;

	__asm__ volatile("syscall" : "+a"(result) : "D"(args), "S"(sizeof(*args))
			 : "rcx", "r11", "memory");
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = SYS_clone3;
	register long result __asm__("x0") = (long)args;
	register long x1 __asm__("x1") = sizeof(*args);

	__asm__ volatile("svc #0" : "+r"(result) : "r"(x8), "r"(x1) : "memory");
#else
#error "idle_bare.c: write a system call for this machine"
#endif
	return result;
}

static __attribute__((noreturn, noinline)) void
become(char *program, int null)
{
	char *argv[] = { program, NULL };
	char *environment[] = { NULL };

	syscall(SYS_close_range, 16, ~0U, CLOSE_RANGE_UNSHARE);
	for (int number = 1; number < 65; number++)
		signal(number, SIG_DFL);
	setsid();
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	syscall(SYS_close_range, 3, ~0U, 0);
	execve(program, argv, environment);
	_exit(127);
}

static __attribute__((noinline)) int
start(char *program, int null, int group, bool is_one_of_many)
{
	int pidfd = -1;
	struct clone_args args = {
		.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_INTO_CGROUP |
			 (is_one_of_many ? CLONE_FILES : 0),
		.pidfd = (uintptr_t)&pidfd,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)group,
	};
	long pid = clone_shared(&args);

	if (pid == 0)
		become(program, null);
	if (pid < 0)
		exit(1);
	return pidfd;
}

static void
start_all(int *pidfds, int count, char *program, int base, int loop)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int i = 0; i < count; i++) {
		struct epoll_event event = { .events = EPOLLIN, .data.u32 = (uint32_t)i };
		int group = group_open(base, i);

		look_at(group, "cpu.stat");
		pidfds[i] = start(program, null, group, count >= MANY);
		close(group);
		epoll_ctl(loop, EPOLL_CTL_ADD, pidfds[i], &event);
	}
}

static void
reap(int *pidfds, int i, int base, int loop)
{
	siginfo_t info;
	struct rusage usage;
	int group = group_open(base, i);

	syscall(SYS_waitid, P_PIDFD, pidfds[i], &info, WEXITED, &usage);
	epoll_ctl(loop, EPOLL_CTL_DEL, pidfds[i], NULL);
	close(pidfds[i]);
	look_at(group, "cpu.stat");
	look_at(group, "cgroup.events");
	close(group);
	group_remove(base, i);
}

static void
end_all(int *pidfds, int count, int base, int loop)
{
	struct epoll_event events[64];

	for (int i = 0; i < count; i++)
		syscall(SYS_pidfd_send_signal, pidfds[i], SIGTERM, NULL, 0);
	for (int left = count; left > 0;) {
		int n = epoll_wait(loop, events, 64, -1);

		for (int i = 0; i < n; i++, left--)
			reap(pidfds, (int)events[i].data.u32, base, loop);
	}
}

int
main(int argc, char **argv)
{
	int count = argc == 3 ? atoi(argv[1]) : 0;
	int *pidfds = calloc((size_t)count, sizeof(*pidfds));
	int loop = epoll_create1(EPOLL_CLOEXEC);
	char name[64];
	struct rlimit limit;
	int64_t begin_ns;
	int base;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	snprintf(name, sizeof(name), GROUP_BASE "/writ-bench-%d", getpid());
	mkdir(name, 0755);
	base = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (count == 0 || pidfds == NULL || base < 0)
		return 2;
	begin_ns = now_ns();
	start_all(pidfds, count, argv[2], base, loop);
	end_all(pidfds, count, base, loop);
	printf("%lld\n", (long long)((now_ns() - begin_ns) / count));
	rmdir(name);
	return 0;
}
