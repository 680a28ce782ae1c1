#include "store/trust.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INTERPRETERS_MAX = 4, FIRST_LINE_MAX = 256 };

/* A path that is being walked: what is left of it, and where we are. */
struct walk {
	char rest[2 * PATH_MAX];
	char here[PATH_MAX]; /* for messages */
	int fd;
	int links;
	bool any_owner;
	char *why;
};

static int
fail(const struct walk *walk, const char *name, const char *what)
{
	snprintf(walk->why, TRUST_WHY_MAX, "%.200s%s%.60s %s", walk->here,
		 name[0] != '\0' && strcmp(walk->here, "/") != 0 ? "/" : "", name, what);
	return -EPERM;
}

static int
check_owner(const struct walk *walk, const char *name, const struct stat *stat)
{
	bool sticky = S_ISDIR(stat->st_mode) && (stat->st_mode & S_ISVTX) != 0;

	if (walk->any_owner)
		return 0;
	if (stat->st_uid != 0)
		return fail(walk, name, "does not belong to root");
	/* the mode of a link says nothing; an ACL shows in the bits of the group */
	if (!S_ISLNK(stat->st_mode) && !sticky && (stat->st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return fail(walk, name, "can be written by others than root");
	return 0;
}

/* Takes the next component off what is left. False: nothing is. */
static bool
take_name(struct walk *walk, char name[NAME_MAX + 1])
{
	char *begin = walk->rest + strspn(walk->rest, "/");
	size_t len = strcspn(begin, "/");

	if (len == 0)
		return false;
	snprintf(name, NAME_MAX + 1, "%.*s", (int)(len <= NAME_MAX ? len : NAME_MAX), begin);
	memmove(walk->rest, begin + len, strlen(begin + len) + 1);
	return true;
}

static void
stand_at(struct walk *walk, int fd, const char *name)
{
	size_t len = strlen(walk->here);

	if (walk->fd >= 0)
		close(walk->fd);
	walk->fd = fd;
	if (name[0] == '/')
		snprintf(walk->here, sizeof(walk->here), "/");
	else if (len + strlen(name) + 2 < sizeof(walk->here))
		snprintf(walk->here + len, sizeof(walk->here) - len, "%s%s", len > 1 ? "/" : "",
			 name);
}

static int
go_to_root(struct walk *walk)
{
	struct stat stat;
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	stand_at(walk, fd, "/");
	return fstat(fd, &stat) < 0 ? -errno : check_owner(walk, "", &stat);
}

/* What a link says comes before what is left. */
static int
follow(struct walk *walk, int fd)
{
	char target[PATH_MAX];
	ssize_t len = readlinkat(fd, "", target, sizeof(target) - 1);
	size_t left = strlen(walk->rest);

	if (len <= 0)
		return len < 0 ? -errno : -ENOENT;
	if (++walk->links > TRUST_LINKS_MAX)
		return -ELOOP;
	if (left + (size_t)len + 2 > sizeof(walk->rest))
		return -ENAMETOOLONG;
	memmove(walk->rest + len + 1, walk->rest, left + 1);
	memcpy(walk->rest, target, (size_t)len);
	walk->rest[len] = '/';
	return target[0] == '/' ? go_to_root(walk) : 0;
}

/* One component. It is opened before it is looked at: what was looked at is what
 * is gone on with. */
static int
step(struct walk *walk, const char *name)
{
	struct stat stat;
	int fd = openat(walk->fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (fd < 0)
		return -errno;
	r = fstat(fd, &stat) < 0 ? -errno : check_owner(walk, name, &stat);
	if (r == 0 && S_ISLNK(stat.st_mode)) {
		r = follow(walk, fd);
		close(fd);
		return r;
	}
	if (r < 0) {
		close(fd);
		return r;
	}
	stand_at(walk, fd, name);
	return 0;
}

int
trust_open(const char *path, bool any_owner, struct stat *ret_stat, char why[TRUST_WHY_MAX])
{
	struct walk walk = { .fd = -1, .any_owner = any_owner, .why = why };
	char name[NAME_MAX + 1];
	int r;

	why[0] = '\0';
	if (path[0] != '/' || strlen(path) >= PATH_MAX)
		return path[0] != '/' ? -EINVAL : -ENAMETOOLONG;
	snprintf(walk.rest, sizeof(walk.rest), "%s", path);
	r = go_to_root(&walk);
	while (r == 0 && take_name(&walk, name))
		r = step(&walk, name);
	if (r == 0 && fstat(walk.fd, ret_stat) < 0)
		r = -errno;
	if (r < 0 && walk.fd >= 0)
		close(walk.fd);
	return r < 0 ? r : walk.fd;
}

/* The interpreter of a "#!" line; empty: it has none. */
static int
read_interpreter(int path_fd, char interpreter[FIRST_LINE_MAX])
{
	char path[32];
	char line[FIRST_LINE_MAX] = "";
	const char *begin;
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", path_fd);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	len = read(fd, line, sizeof(line) - 1);
	close(fd);
	interpreter[0] = '\0';
	if (len < 2 || line[0] != '#' || line[1] != '!')
		return 0;
	line[strcspn(line, "\n")] = '\0';
	begin = line + 2 + strspn(line + 2, " \t");
	snprintf(interpreter, FIRST_LINE_MAX, "%.*s", (int)strcspn(begin, " \t"), begin);
	return 0;
}

int
trust_program(const char *path, bool any_owner, char why[TRUST_WHY_MAX])
{
	char interpreter[FIRST_LINE_MAX] = "";
	struct stat stat = { 0 };

	for (int depth = 0; depth < INTERPRETERS_MAX; depth++) {
		int fd = trust_open(path, any_owner, &stat, why);
		int r;

		if (fd < 0)
			return fd;
		r = S_ISREG(stat.st_mode) && (stat.st_mode & 0111) != 0
			    ? read_interpreter(fd, interpreter)
			    : -EACCES;
		close(fd);
		/* who may not read it cannot tell; root can */
		if (r == -EACCES && S_ISREG(stat.st_mode) && (stat.st_mode & 0111) != 0)
			return 0;
		if (r < 0 || interpreter[0] == '\0')
			return r;
		path = interpreter;
		if (path[0] != '/') {
			snprintf(why, TRUST_WHY_MAX, "its interpreter is no absolute path");
			return -EPERM;
		}
	}
	return -ELOOP;
}
