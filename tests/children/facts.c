/* facts - prints what a program was given: NAME=VALUE lines. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned long long
signals(int ignored)
{
	struct sigaction action;
	unsigned long long set = 0;
	sigset_t mask;

	sigprocmask(SIG_SETMASK, NULL, &mask);
	for (int i = 1; i <= 64; i++) {
		if (!ignored && sigismember(&mask, i) == 1)
			set |= 1ULL << (i - 1);
		if (ignored && sigaction(i, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
			set |= 1ULL << (i - 1);
	}
	return set;
}

int
main(int argc, char **argv)
{
	struct rlimit files = { 0, 0 };
	gid_t groups[64];
	int count = getgroups(64, groups);
	mode_t mask = umask(0);
	char dir[4096];

	getrlimit(RLIMIT_NOFILE, &files);
	printf("fds=");
	for (int fd = 0; fd < 1024; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			printf("%d ", fd);
	printf("\nargc=%d\nargv0=%s\n", argc, argv[0]);
	printf("pid=%d\nppid=%d\nsid=%d\n", getpid(), getppid(), getsid(0));
	printf("umask=%#o\nnice=%d\n", (unsigned)mask, getpriority(PRIO_PROCESS, 0));
	printf("uid=%d\neuid=%d\ngid=%d\negid=%d\ngroups=", (int)getuid(), (int)geteuid(),
	       (int)getgid(), (int)getegid());
	for (int i = 0; i < count; i++)
		printf("%d ", (int)groups[i]);
	printf("\nnofile=%llu:%llu\n", (unsigned long long)files.rlim_cur,
	       (unsigned long long)files.rlim_max);
	printf("blocked=%#llx\nignored=%#llx\n", signals(0), signals(1));
	printf("cwd=%s\n", getcwd(dir, sizeof(dir)));
	return 0;
}
