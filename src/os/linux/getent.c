#include "getent.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "cage.h"
#include "lift.h"
#include "order.h"
#include "os/os_clock.h"
#include "os/os_fd.h"
#include "pidfd.h"
#include "spawn.h"

enum {
	ANSWER_MAX_MS = 20000,
	KILLED_END_MS = 4000,
	ANSWER_BYTES_MAX = 1024 * 1024, /* a group can have very many members */
	STATUS_NO_ENTRY = 2,		/* getent(1), "EXIT STATUS" */
};

static int
start(const char *database, const char *key, const int fd[3], struct spawned *ret_spawned)
{
	static const char *const places[] = { "/usr/bin/getent", "/bin/getent" };
	static char *const no_env[] = { NULL };
	const char *argv[] = { "getent", "--", database, key, NULL };
	struct os_start start = { .argv = argv, .map_count = 3 };
	struct spawner spawner = { 0 };
	int r = 0;

	for (int i = 0; i < 3; i++)
		start.map[i] = (struct os_map){ fd[i], i };
	*ret_spawned = (struct spawned){ .pidfd = -1, .failed = true };
	for (size_t i = 0; i < 2 && r == 0 && ret_spawned->failed; i++) {
		auto_free struct order *order = NULL;
		struct spawn spawn = { .argv = (char *const *)(uintptr_t)argv,
				       .envp = no_env,
				       .cgroup = -1 };

		start.exe = places[i];
		r = order_direct(&start, -1, &order, NULL) < 0 ? -ENOMEM : 0;
		spawn.order = order;
		if (r == 0)
			r = spawn_child(&spawner, &spawn, ret_spawned);
	}
	spawner_close(&spawner);
	if (r == 0 && ret_spawned->failed)
		r = -ret_spawned->failure.err_no;
	return r == -ENOENT ? -ENOSYS : r; /* not: there is no such entry */
}

/* Waits until `fd` can be read. 0 or -ETIMEDOUT. */
static int
wait_readable(int fd, int64_t end_ns)
{
	int64_t left_ms = (end_ns - os_clock_ns()) / NS_PER_MS;

	return cage_wait(fd, left_ms > 0 ? left_ms : 0) ? 0 : -ETIMEDOUT;
}

static int
read_all(int fd, int64_t end_ns, struct buf *text)
{
	char piece[4096];
	int64_t len = 1;
	int r = 0;

	while (r == 0 && len > 0 && text->len < ANSWER_BYTES_MAX) {
		r = wait_readable(fd, end_ns);
		if (r == 0)
			len = os_fd_read(fd, piece, sizeof(piece));
		if (r == 0 && len > 0)
			buf_add(text, piece, (size_t)len);
	}
	if (r == 0 && len < 0)
		r = (int)len;
	return r == 0 && len > 0 ? -EMSGSIZE : r;
}

/* Ends it if it has not ended by then, and reaps it. Returns 0 if it found the
 * entry. */
static int
finish(const struct spawned *spawned, int64_t end_ns, bool said_something)
{
	siginfo_t info = { 0 };
	int r = wait_readable(spawned->pidfd, end_ns);
	int reaped;

	if (r < 0) {
		pidfd_signal_held(spawned->pidfd, spawned->pid, SIGKILL);
		/* in D state it stays, a zombie one day */
		cage_wait(spawned->pidfd, KILLED_END_MS);
	}
	do
		reaped = waitid(P_PID, (id_t)spawned->pid, &info, WEXITED | WNOHANG);
	while (reaped < 0 && errno == EINTR);
	os_fd_close(spawned->pidfd);
	if (r < 0)
		return r;
	if (reaped < 0) /* by somebody else: a waitpid(-1), or an ignored SIGCHLD */
		return said_something ? 0 : -ENOENT;
	if (info.si_code == CLD_EXITED && info.si_status == STATUS_NO_ENTRY)
		return -ENOENT;
	return info.si_code == CLD_EXITED && info.si_status == 0 ? 0 : -EIO;
}

int
getent_ask(const char *database, const char *key, char **ret_text)
{
	int64_t end_ns = os_clock_ns() + ANSWER_MAX_MS * NS_PER_MS;
	auto_fd null = fd_lift(open("/dev/null", O_RDWR | O_CLOEXEC));
	struct spawned spawned;
	auto_buf text = { 0 };
	writ_fd ends[2];
	int ended;
	int r;

	if (null < 0)
		return -errno;
	r = os_pipe_open(ends);
	if (r < 0)
		return r;
	r = start(database, key, (const int[]){ null, ends[1], null }, &spawned);
	os_fd_close(ends[1]);
	if (r == 0) {
		r = read_all(ends[0], end_ns, &text);
		ended = finish(&spawned, r == 0 ? end_ns : 0, text.len > 0);
		r = r == 0 ? ended : r;
	}
	os_fd_close(ends[0]);
	if (r < 0)
		return r;
	*ret_text = buf_take(&text);
	if (*ret_text == NULL)
		return -ENOMEM;
	(*ret_text)[strcspn(*ret_text, "\n")] = '\0';
	return 0;
}
