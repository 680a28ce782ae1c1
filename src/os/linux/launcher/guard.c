#include "guard.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "../sys.h"
#include "lost.h"
#include "receive.h"

enum {
	GIVE_UP_MS = 2000,
	DEPTH_MAX = 32, /* of control groups that a run made in its own */
};

static struct lost_list lost;

enum { TYPE_DIRECTORY = 4 }; /* DT_DIR */

static void
nap(void)
{
	struct timespec ms = { 0, 1000000 };

	sys_call2(SYS_nanosleep, &ms, NULL);
}

/* How many lines a file of pids has. */
static int
count_processes(int leaf)
{
	static char list[65536];
	int count = 0;

	if (file_read(leaf, "cgroup.procs", list, sizeof(list)) <= 0)
		return 0;
	for (const char *c = list; *c != '\0'; c++)
		count += *c == '\n';
	return count;
}

static bool
is_populated(int leaf)
{
	char events[256];

	if (file_read(leaf, "cgroup.events", events, sizeof(events)) <= 0)
		return false;
	for (const char *c = events; *c != '\0'; c++)
		if (text_begins(c, "populated 1"))
			return true;
	return false;
}

/* Without cgroup.kill (before Linux 5.14), or in a threaded group. */
static void
kill_listed(int leaf)
{
	static char list[65536];
	const char *rest = list;
	int64_t pid;

	if (file_read(leaf, "cgroup.procs", list, sizeof(list)) <= 0)
		return;
	while ((pid = number_read(&rest)) > 0) {
		sys_call2(SYS_kill, pid, SIGKILL);
		if (*rest == '\n')
			rest++;
	}
}

/* Calls `visit` for each directory below `dir` whose name begins so. */
static void
each_directory(int dir, const char *prefix, void (*visit)(int dir, const char *name, void *arg),
	       void *arg)
{
	char batch[1024] __attribute__((aligned(8)));
	long len;

	sys_call3(SYS_lseek, dir, 0, 0);
	while ((len = sys_call3(SYS_getdents64, dir, batch, sizeof(batch))) > 0) {
		const struct sys_dirent *entry;

		for (long at = 0; at < len; at += entry->length) {
			entry = (const void *)(batch + at);
			if (entry->type == TYPE_DIRECTORY && entry->name[0] != '.' &&
			    text_begins(entry->name, prefix))
				visit(dir, entry->name, arg);
		}
	}
}

static long
open_directory(int dir, const char *name)
{
	return sys_call4(SYS_openat, dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
}

static void
remove_group(int dir, const char *name, void *arg)
{
	int *depth = arg;
	long leaf = open_directory(dir, name);

	if (leaf >= 0 && *depth < DEPTH_MAX) {
		(*depth)++;
		each_directory((int)leaf, "", remove_group, depth);
		(*depth)--;
	}
	if (leaf >= 0)
		sys_call1(SYS_close, leaf);
	sys_call3(SYS_unlinkat, dir, name, AT_REMOVEDIR);
}

struct toll {
	int found;
	int survived;
};

static void
end_leaf(int dir, const char *name, void *arg)
{
	struct toll *toll = arg;
	int64_t give_up = now_ms() + GIVE_UP_MS;
	long leaf = open_directory(dir, name);
	int depth = 0;

	if (leaf < 0)
		return;
	toll->found += count_processes((int)leaf);
	while (is_populated((int)leaf) && now_ms() < give_up) {
		if (file_write((int)leaf, "cgroup.kill", "1") < 0)
			kill_listed((int)leaf);
		if (is_populated((int)leaf))
			nap();
	}
	toll->survived += count_processes((int)leaf);
	sys_call1(SYS_close, leaf);
	remove_group(dir, name, &depth);
}

/* The leaf of a host whose owner and whose guardian were both killed: gone if
 * nobody lives in it. Never one with processes: its owner may only be out of
 * our sight, in another pid namespace. */
static void
sweep_stale(int dir, const char *name, void *arg)
{
	const char *rest = name + 5; /* "writ-" */
	int64_t pid = number_read(&rest);

	(void)arg;
	if (pid > 0 && sys_call2(SYS_kill, pid, 0) == -ESRCH)
		sys_call3(SYS_unlinkat, dir, name, AT_REMOVEDIR);
}

/* Returns false when the guardian is no longer needed. */
static bool
listen(int sock, bool *ret_owner_gone)
{
	static union {
		struct note note;
		char bytes[NOTE_BYTES_MAX];
	} in;
	int fd = -1;
	long len = note_receive(sock, &in.note, sizeof(in), &fd);

	if (len == -EAGAIN || len == -EINTR)
		return true;
	if (len <= 0) {
		*ret_owner_gone = true;
		return true;
	}
	if (in.note.type == NOTE_LEAVE)
		return false;
	lost_note(&lost, &in.note, fd);
	return true;
}

int
guard_keep(int sock, int owner, int cgroups, const char *prefix)
{
	struct toll toll = { 0, 0 };
	const struct note ready = { .type = NOTE_READY };
	bool owner_gone = false;

	note_send(sock, &ready);
	lost_init(&lost);
	each_directory(cgroups, "writ-", sweep_stale, NULL);
	while (!owner_gone) {
		struct pollfd poll[2] = { { sock, POLLIN, 0 }, { owner, POLLIN, 0 } };

		sys_call5(SYS_ppoll, poll, 2, NULL, NULL, 0);
		/* what it said before it died is heard first */
		if (poll[0].revents != 0) {
			if (!listen(sock, &owner_gone))
				return 0;
		} else if (poll[1].revents != 0) {
			owner_gone = true;
		}
	}
	each_directory(cgroups, prefix, end_leaf, &toll);
	lost_write(&lost, "cgroup", toll.found, toll.survived);
	return 0;
}
