#include "audit/shelf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fail.h"

enum {
	DIR_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
	FILE_FLAGS = O_RDWR | O_APPEND | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC,
	SUFFIX_MAX = 16, /* ".lock", ".1" */
};

static int
fail_sys(const struct shelf *shelf, int err_no, struct writ_error *err)
{
	return writ_fail_sys(err, WRIT_STAGE_RECORD, err_no, shelf->path);
}

static bool
is_ours(const struct stat *stat)
{
	return stat->st_uid == 0 || stat->st_uid == geteuid();
}

/* Can nobody else put something in the place of what is in this directory? In a
 * sticky one they cannot, of what is not theirs. */
static int
check_dir(const struct shelf *shelf, int dir, bool is_last, struct writ_error *err)
{
	struct stat stat;
	bool is_shared;

	if (fstat(dir, &stat) < 0)
		return fail_sys(shelf, errno, err);
	is_shared = (stat.st_mode & (S_IWGRP | S_IWOTH)) != 0;
	if (is_shared && !is_last && (stat.st_mode & S_ISVTX) != 0)
		is_shared = false;
	if (is_ours(&stat) && !is_shared)
		return 0;
	writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_RECORD, 0,
		  is_shared ? "others can write to a directory on the way"
			    : "a directory on the way belongs to somebody else",
		  "%s", shelf->path);
	return writ_hint(err, WRIT_E_INVAL,
			 "put the record into a directory of root, mode 0700 or 0750");
}

/* One step down. Takes the directory; the next one, or a negative code. */
static int
enter_dir(const struct shelf *shelf, int take_dir, const char *name, struct writ_error *err)
{
	int next = openat(take_dir, name, DIR_FLAGS);
	int err_no = errno;
	struct stat stat;

	if (next < 0 && fstatat(take_dir, name, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISLNK(stat.st_mode))
		err_no = ELOOP; /* together with O_DIRECTORY it is ENOTDIR */
	close(take_dir);
	if (next >= 0)
		return next;
	if (err_no != ELOOP)
		return fail_sys(shelf, err_no, err);
	return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_RECORD, ELOOP,
			 "a symbolic link is on the way", "%s", shelf->path);
}

/* Walks to the directory and remembers the name in it. */
static int
open_dir(struct shelf *shelf, struct writ_error *err)
{
	char path[PATH_MAX];
	char *rest = path;
	char *name;
	int dir = open("/", DIR_FLAGS);

	if (dir < 0)
		return fail_sys(shelf, errno, err);
	memcpy(path, shelf->path, sizeof(path));
	while (name = strsep(&rest, "/"), rest != NULL) {
		int r = *name != '\0' ? check_dir(shelf, dir, false, err) : 0;

		if (r < 0) {
			close(dir);
			return r;
		}
		if (*name != '\0')
			dir = enter_dir(shelf, dir, name, err);
		if (dir < 0)
			return dir;
	}
	snprintf(shelf->name, sizeof(shelf->name), "%s", name);
	shelf->dir = dir;
	return check_dir(shelf, dir, true, err);
}

/* The kernel's record lock, not flock(2): a child that was forked meanwhile
 * would hold that one when we are dead. Nothing else of us opens this file. */
static int
take_lock(struct shelf *shelf, struct writ_error *err)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	struct flock holder = lock;
	char name[NAME_MAX + SUFFIX_MAX + 1];

	snprintf(name, sizeof(name), "%s.lock", shelf->name);
	shelf->lock = openat(shelf->dir, name, FILE_FLAGS | O_CREAT, 0600);
	if (shelf->lock < 0)
		return fail_sys(shelf, errno, err);
	if (fcntl(shelf->lock, F_SETLK, &lock) == 0)
		return 0;
	if (errno != EACCES && errno != EAGAIN)
		return fail_sys(shelf, errno, err);
	if (fcntl(shelf->lock, F_GETLK, &holder) < 0 || holder.l_type == F_UNLCK)
		holder.l_pid = 0;
	return writ_fail(err, WRIT_E_STATE, WRIT_STAGE_RECORD, 0, "another process writes to it",
			 "%s (process %d)", shelf->path, (int)holder.l_pid);
}

int
shelf_open(struct shelf *shelf, const char *path, unsigned files_max, struct writ_error *err)
{
	const char *slash = strrchr(path, '/');
	int r;

	*shelf = (struct shelf){ .dir = -1, .lock = -1, .files_max = files_max };
	if (*path != '/' || strlen(path) >= sizeof(shelf->path) || slash[1] == '\0' ||
	    strlen(slash + 1) + SUFFIX_MAX > NAME_MAX)
		return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_RECORD, 0,
				 "not an absolute path of a file", "%s", path);
	memcpy(shelf->path, path, strlen(path));
	r = open_dir(shelf, err);
	if (r == 0)
		r = take_lock(shelf, err);
	if (r < 0)
		shelf_close(shelf);
	return r;
}

static void
name_of(const struct shelf *shelf, unsigned age, char name[NAME_MAX + SUFFIX_MAX + 1])
{
	if (age == 0)
		snprintf(name, NAME_MAX + SUFFIX_MAX + 1, "%s", shelf->name);
	else
		snprintf(name, NAME_MAX + SUFFIX_MAX + 1, "%s.%u", shelf->name, age);
}

static void
remember(struct shelf *shelf, const struct stat *stat)
{
	shelf->device = stat->st_dev;
	shelf->inode = stat->st_ino;
}

int
shelf_find(struct shelf *shelf, unsigned age, int *ret_fd, struct writ_error *err)
{
	char name[NAME_MAX + SUFFIX_MAX + 1];
	struct stat stat;
	int fd;

	name_of(shelf, age, name);
	fd = openat(shelf->dir, name, FILE_FLAGS);
	if (fd < 0 && errno == ENOENT)
		return WRIT_E_NOT_FOUND;
	if (fd < 0 && errno == ELOOP)
		return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_RECORD, ELOOP,
				 "it is a symbolic link", "%s", shelf->path);
	if (fd < 0)
		return fail_sys(shelf, errno, err);
	if (fstat(fd, &stat) == 0 && S_ISREG(stat.st_mode) && is_ours(&stat) &&
	    stat.st_nlink == 1 && (stat.st_mode & (S_IWGRP | S_IWOTH)) == 0) {
		if (age == 0)
			remember(shelf, &stat);
		*ret_fd = fd;
		return 0;
	}
	close(fd);
	return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_RECORD, 0,
			 "not a file that only we can write to", "%s", shelf->path);
}

int
shelf_make(struct shelf *shelf, int *ret_fd, struct writ_error *err)
{
	int fd = openat(shelf->dir, shelf->name, FILE_FLAGS | O_CREAT | O_EXCL, 0600);
	struct stat stat;

	if (fd < 0)
		return fail_sys(shelf, errno, err);
	/* 0600 whatever the umask took away */
	if (fchmod(fd, 0600) < 0 || fstat(fd, &stat) < 0) {
		int err_no = errno;

		close(fd);
		return fail_sys(shelf, err_no, err);
	}
	remember(shelf, &stat);
	*ret_fd = fd;
	return 0;
}

bool
shelf_is(const struct shelf *shelf, uint64_t bytes)
{
	struct stat stat;

	return fstatat(shelf->dir, shelf->name, &stat, AT_SYMLINK_NOFOLLOW) == 0 &&
	       stat.st_dev == shelf->device && stat.st_ino == shelf->inode &&
	       (uint64_t)stat.st_size == bytes;
}

/* Also what a larger files_max left. */
static void
remove_oldest(const struct shelf *shelf)
{
	char name[NAME_MAX + SUFFIX_MAX + 1];
	unsigned age = shelf->files_max - 1;

	do
		name_of(shelf, age++, name);
	while (unlinkat(shelf->dir, name, 0) == 0);
}

int
shelf_turn(const struct shelf *shelf, struct writ_error *err)
{
	char from[NAME_MAX + SUFFIX_MAX + 1];
	char to[NAME_MAX + SUFFIX_MAX + 1];

	remove_oldest(shelf);
	for (unsigned age = shelf->files_max - 1; age > 0; age--) {
		name_of(shelf, age - 1, from);
		name_of(shelf, age, to);
		if (renameat(shelf->dir, from, shelf->dir, to) < 0 && errno != ENOENT)
			return fail_sys(shelf, errno, err);
	}
	return 0;
}

void
shelf_close(struct shelf *shelf)
{
	if (shelf->dir >= 0)
		close(shelf->dir);
	if (shelf->lock >= 0)
		close(shelf->lock);
	shelf->dir = -1;
	shelf->lock = -1;
}
