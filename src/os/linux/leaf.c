#include "leaf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "cgroup.h"
#include "lift.h"
#include "os/os_clock.h"
#include "os/os_fd.h"
#include "pidfd.h"
#include "procfs.h"

enum {
	DEPTH_MAX = 32,		 /* of groups that a run made in its own */
	PIDS_BYTES_MAX = 1 << 20, /* of one cgroup.procs: some 130,000 processes */
	KILL_ROUNDS_MAX = 64,
	SIGNAL_ROUNDS_MAX = 16,
	REMOVE_TRIES = 20,
};

/* To end a run takes descriptors: there are some in reserve. */
static int
open_in(struct leaf *leaf, int dir, const char *name, int flags)
{
	int fd = openat(dir, name, flags | O_CLOEXEC);

	if (fd < 0 && (errno == EMFILE || errno == ENFILE) && cgroups_spend(leaf->groups))
		fd = openat(dir, name, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd_lift(fd);
}

int
leaf_dir(struct leaf *leaf)
{
	if (leaf->dir < 0)
		leaf->dir = open_in(leaf, leaf->groups->base, leaf->name,
				    O_RDONLY | O_DIRECTORY);
	return leaf->dir;
}

/* Of one that rests the directory need not be opened for that. */
static int
open_file(struct leaf *leaf, const char *name)
{
	char path[LEAF_NAME_MAX + 32];

	if (leaf->dir >= 0)
		return open_in(leaf, leaf->dir, name, O_RDONLY);
	snprintf(path, sizeof(path), "%s/%s", leaf->name, name);
	return open_in(leaf, leaf->groups->base, path, O_RDONLY);
}

int
leaf_events(struct leaf *leaf)
{
	if (leaf->events < 0)
		leaf->events = open_file(leaf, "cgroup.events");
	return leaf->events;
}

/* The reserve is there for what must be done; watching can be done by time. */
int
leaf_watch(struct leaf *leaf)
{
	int fd;

	if (leaf->events >= 0)
		return leaf->events;
	fd = leaf_events(leaf);
	if (cgroups_are_crowded(leaf->groups) && !cgroups_save(leaf->groups)) {
		leaf->events = fd = os_fd_close(fd);
		cgroups_save(leaf->groups);
	}
	return fd;
}

static int
leaf_stat(struct leaf *leaf)
{
	if (leaf->stat < 0)
		leaf->stat = open_file(leaf, "cpu.stat");
	return leaf->stat;
}

void
leaf_rest(struct leaf *leaf)
{
	leaf->dir = os_fd_close(leaf->dir);
	leaf->events = os_fd_close(leaf->events);
	leaf->stat = os_fd_close(leaf->stat);
}

/* Among many, what is not watched is closed: the next may need it. */
static void
doze(struct leaf *leaf)
{
	if (!cgroups_are_crowded(leaf->groups))
		return;
	leaf->dir = os_fd_close(leaf->dir);
	leaf->stat = os_fd_close(leaf->stat);
	cgroups_save(leaf->groups);
}

static int
read_events(struct leaf *leaf, bool *ret_populated, bool *ret_frozen)
{
	char text[128];
	int fd = leaf_events(leaf);
	ssize_t len;

	if (fd < 0)
		return fd;
	len = pread(fd, text, sizeof(text) - 1, 0);
	if (len < 0)
		return -errno;
	text[len] = '\0';
	*ret_populated = strstr(text, "populated 1") != NULL;
	*ret_frozen = strstr(text, "frozen 1") != NULL;
	return 0;
}

int
leaf_is_populated(struct leaf *leaf)
{
	bool populated = false;
	bool is_watched = leaf->events >= 0;
	int r = read_events(leaf, &populated, &leaf->frozen);

	if (!is_watched && cgroups_are_crowded(leaf->groups)) {
		leaf->events = os_fd_close(leaf->events);
		cgroups_save(leaf->groups);
	}
	if (r == -ENOENT || r == -ENODEV)
		return -1;
	return r < 0 || populated;
}

/* Opens a directory for readdir; `dir` stays the caller's. */
static DIR *
open_list(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = fd < 0 ? NULL : fdopendir(fd);

	if (list == NULL)
		os_fd_close(fd);
	return list;
}

/* Calls `visit` for every group below `dir`, the deepest first, then for it. */
static void
each_group(int dir, int depth, void (*visit)(int dir, void *arg), void *arg)
{
	struct stat stat;
	struct dirent *entry;
	DIR *list = NULL;

	/* two links: no groups in it */
	if (depth < DEPTH_MAX && fstat(dir, &stat) == 0 && stat.st_nlink > 2)
		list = open_list(dir);
	while (list != NULL && (entry = readdir(list)) != NULL) {
		auto_fd below = -1;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		below = openat(dir, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below >= 0)
			each_group(below, depth + 1, visit, arg);
	}
	if (list != NULL)
		closedir(list);
	visit(dir, arg);
}

struct counting {
	leaf_visit visit;
	void *arg;
	int count;
};

static void
count_group(int dir, void *arg)
{
	struct counting *counting = arg;
	auto_free char *text = malloc(PIDS_BYTES_MAX);
	const char *rest = text;
	uint64_t pid = 0;
	int r;

	if (text == NULL)
		return;
	r = procfs_read_at(dir, "cgroup.procs", text, PIDS_BYTES_MAX);
	if (r == -EOPNOTSUPP) /* a threaded group lists threads only */
		r = procfs_read_at(dir, "cgroup.threads", text, PIDS_BYTES_MAX);
	if (r < 0)
		return;
	while (num_read(&rest, INT32_MAX, &pid)) {
		counting->visit((int64_t)pid, counting->arg);
		counting->count++;
		rest += *rest == '\n';
	}
}

int
leaf_each(struct leaf *leaf, leaf_visit visit, void *arg)
{
	struct counting counting = { visit, arg, 0 };

	cgroups_spend(leaf->groups); /* there are several to open */
	each_group(leaf_dir(leaf), 0, count_group, &counting);
	doze(leaf);
	return counting.count;
}

bool
leaf_has(const struct leaf *leaf, int64_t pid)
{
	char path[48];
	char text[4096];
	char *at;

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/cgroup", pid);
	if (procfs_read(path, text, sizeof(text)) < 0)
		return false;
	at = strstr(text, leaf->name);
	/* "writ-1-0" is not "writ-1-01" */
	return at != NULL && (at[strlen(leaf->name)] == '\n' || at[strlen(leaf->name)] == '/');
}

/* Held by its pidfd, the process is looked up again: the number could have
 * been another's by the time it was opened. */
static void
signal_one(const struct leaf *leaf, int64_t pid, int signal)
{
	auto_fd fd = pidfd_open_one(pid);

	if (fd < 0 && fd != -ENOSYS && fd != -EPERM)
		return;
	if (!leaf_has(leaf, pid))
		return;
	pidfd_signal_held(fd < 0 ? -1 : fd, pid, signal);
	/* a stopped process would keep the signal pending for ever */
	if (signal != SIGKILL && signal != SIGSTOP && signal != SIGCONT)
		pidfd_signal_held(fd < 0 ? -1 : fd, pid, SIGCONT);
}

static void
thaw_group(int dir, void *arg)
{
	(void)arg;
	procfs_write_at(dir, "cgroup.freeze", "0");
}

struct roll {
	struct leaf *leaf;
	int signal;
	int64_t *pids; /* in order up to `told` */
	size_t told;
	size_t count;
	size_t room;
};

static int
compare_pids(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

/* Adds those who are not in it. */
static void
enroll(int64_t pid, void *arg)
{
	struct roll *roll = arg;

	if (pid == 0 || (roll->told > 0 && bsearch(&pid, roll->pids, roll->told, sizeof(pid),
						   compare_pids) != NULL))
		return;
	if (roll->count == roll->room) {
		size_t room = roll->room == 0 ? 64 : roll->room * 2;
		int64_t *larger = reallocarray(roll->pids, room, sizeof(pid));

		if (larger == NULL) { /* then at once, and this one perhaps again */
			signal_one(roll->leaf, pid, roll->signal);
			return;
		}
		roll->pids = larger;
		roll->room = room;
	}
	roll->pids[roll->count++] = pid;
}

/* Each once, and again until nobody is new: what is listed may fork before it is
 * told. */
void
leaf_signal(struct leaf *leaf, int signal)
{
	struct roll roll = { .leaf = leaf, .signal = signal };

	cgroups_spend(leaf->groups);
	each_group(leaf_dir(leaf), 0, thaw_group, NULL);
	for (int i = 0; i < SIGNAL_ROUNDS_MAX; i++) {
		leaf_each(leaf, enroll, &roll);
		if (roll.count == roll.told)
			break;
		cgroups_spend(leaf->groups);
		while (roll.told < roll.count)
			signal_one(leaf, roll.pids[roll.told++], signal);
		qsort(roll.pids, roll.count, sizeof(*roll.pids), compare_pids);
	}
	free(roll.pids);
	doze(leaf);
}

void
leaf_kill(struct leaf *leaf)
{
	int r;

	cgroups_spend(leaf->groups);
	r = procfs_write_at(leaf_dir(leaf), "cgroup.kill", "1");
	doze(leaf);
	if (r == 0)
		return;
	/* before Linux 5.14, or a threaded group: round by round */
	for (int i = 0; i < KILL_ROUNDS_MAX && leaf_is_populated(leaf) == 1; i++)
		leaf_signal(leaf, SIGKILL);
}

struct moving {
	int to;
	int moved;
};

static void
move_one(int64_t pid, void *arg)
{
	struct moving *moving = arg;
	char text[24];
	int len = snprintf(text, sizeof(text), "%" PRId64, pid);

	if (pid > 0 && write(moving->to, text, (size_t)len) == len)
		moving->moved++;
}

/* Again until none is left: they may fork meanwhile. */
int
leaf_release(struct leaf *leaf)
{
	auto_fd to = openat(leaf_dir(leaf), "../cgroup.procs", O_WRONLY | O_CLOEXEC);
	struct moving moving = { .to = to };

	for (int i = 0; i < KILL_ROUNDS_MAX && to >= 0 && leaf_is_populated(leaf) == 1; i++)
		leaf_each(leaf, move_one, &moving);
	return moving.moved;
}

static bool
read_field(const char *text, const char *name, int64_t *ret_value)
{
	const char *at = strstr(text, name);
	uint64_t value;

	if (at == NULL)
		return false;
	at += strlen(name);
	if (!num_read(&at, INT64_MAX, &value))
		return false;
	*ret_value = (int64_t)value;
	return true;
}

void
leaf_usage(struct leaf *leaf, int64_t *ret_user_ns, int64_t *ret_sys_ns)
{
	char text[512];
	int64_t user_us = 0;
	int64_t sys_us = 0;
	ssize_t len = pread(leaf_stat(leaf), text, sizeof(text) - 1, 0);

	*ret_user_ns = *ret_sys_ns = -1;
	if (len < 0)
		return;
	text[len] = '\0';
	if (!read_field(text, "user_usec ", &user_us) || !read_field(text, "system_usec ", &sys_us))
		return;
	*ret_user_ns = (user_us - leaf->user_us) * 1000;
	*ret_sys_ns = (sys_us - leaf->sys_us) * 1000;
	leaf->user_us = user_us;
	leaf->sys_us = sys_us;
}

/* A child of root can leave its group frozen, or with groups in it. Whether it
 * is frozen was seen when it was found empty, and nobody is left to change it. */
bool
leaf_is_untouched(struct leaf *leaf)
{
	struct stat stat;

	return !leaf->frozen && fstat(leaf_dir(leaf), &stat) == 0 && stat.st_nlink == 2;
}

static void
remove_groups(int parent, const char *name, int depth)
{
	auto_fd dir = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *list = dir >= 0 && depth < DEPTH_MAX ? open_list(dir) : NULL;
	struct dirent *entry;

	while (list != NULL && (entry = readdir(list)) != NULL)
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			remove_groups(dir, entry->d_name, depth + 1);
	if (list != NULL)
		closedir(list);
	unlinkat(parent, name, AT_REMOVEDIR);
}

bool
leaf_remove(int base, const char *name, bool wait)
{
	for (int i = 0;; i++) {
		if (unlinkat(base, name, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return true;
		remove_groups(base, name, 0);
		if (faccessat(base, name, F_OK, 0) < 0)
			return true;
		if (!wait || i == REMOVE_TRIES)
			return false;
		os_sleep_ms(1);
	}
}
