#include "trust.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The way down: what was walked, and what is left of the path. */
struct walk {
	struct arena *arena;
	struct trust *trust;
	uid_t own; /* ours, where we are not root: then what is ours is as good */
	char *done;
	const char *rest;
	int links;
	bool is_sticky; /* the directory above: others may make entries, not move ours */
};

static bool
refuse(struct walk *walk, const char *what, const char *why)
{
	walk->trust->why = arena_print(walk->arena, "%s: %s", *what != '\0' ? what : "/", why);
	return false;
}

static bool
is_roots(const struct walk *walk, uid_t uid)
{
	return uid == 0 || uid == walk->own;
}

static bool
others_write(const struct stat *stat)
{
	return (stat->st_mode & S_IWOTH) != 0 ||
	       ((stat->st_mode & S_IWGRP) != 0 && stat->st_gid != 0);
}

/* A directory on the way. */
static bool
pass(struct walk *walk, const char *path, const struct stat *stat)
{
	bool roots = is_roots(walk, stat->st_uid);

	walk->is_sticky = (stat->st_mode & S_ISVTX) != 0 && roots;
	if (others_write(stat) && !walk->is_sticky)
		return refuse(walk, path, "others than its owner may write to it");
	if (roots)
		return true;
	if (walk->trust->refuse_above)
		return refuse(walk, path, "root does not own it");
	if (walk->trust->above == NULL) {
		walk->trust->above = path;
		walk->trust->above_uid = stat->st_uid;
	}
	return true;
}

/* What the path leads to. */
static bool
arrive(struct walk *walk, const char *path, const struct stat *stat)
{
	struct trust *trust = walk->trust;

	if (trust->kind == TRUST_DIRECTORY) {
		if (!S_ISDIR(stat->st_mode))
			return refuse(walk, path, "not a directory");
		return pass(walk, path, stat);
	}
	if (!S_ISREG(stat->st_mode))
		return refuse(walk, path, "not a regular file");
	if (!is_roots(walk, stat->st_uid) && (trust->also == 0 || stat->st_uid != trust->also))
		return refuse(walk, path, "root does not own it");
	if (others_write(stat))
		return refuse(walk, path, "others than its owner may write to it");
	if (trust->kind == TRUST_PROGRAM && access(path, X_OK) != 0)
		return refuse(walk, path, "it cannot be executed");
	return true;
}

static bool
follow(struct walk *walk, const char *path, const struct stat *stat)
{
	char target[PATH_MAX];
	ssize_t len;

	if (!is_roots(walk, stat->st_uid) || walk->trust->above != NULL)
		return refuse(walk, path, "a symbolic link that is not root's alone");
	if (++walk->links > TRUST_LINKS_MAX)
		return refuse(walk, path, "too many symbolic links");
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return refuse(walk, path, strerror(errno));
	target[len] = '\0';
	if (*target == '/')
		walk->done = arena_copy(walk->arena, "", 0);
	walk->rest = arena_print(walk->arena, "%s/%s", target, walk->rest);
	walk->is_sticky = false;
	return true;
}

static void
go_up(struct walk *walk)
{
	char *slash = strrchr(walk->done, '/');

	if (slash != NULL)
		*slash = '\0';
}

/* Takes the next part of what is left; false when it is refused. */
static bool
step(struct walk *walk)
{
	size_t len = strcspn(walk->rest, "/");
	const char *part = arena_copy(walk->arena, walk->rest, len);
	const char *after = walk->rest + len + strspn(walk->rest + len, "/");
	struct stat stat;
	char *path;

	walk->rest = after;
	if (*part == '\0' || strcmp(part, ".") == 0)
		return true;
	if (strcmp(part, "..") == 0) {
		go_up(walk);
		return true;
	}
	path = arena_print(walk->arena, "%s/%s", walk->done, part);
	if (lstat(path, &stat) < 0)
		return refuse(walk, path, strerror(errno));
	if (S_ISLNK(stat.st_mode))
		return follow(walk, path, &stat);
	walk->done = path;
	if (*after == '\0')
		return arrive(walk, path, &stat);
	if (!S_ISDIR(stat.st_mode))
		return refuse(walk, path, "not a directory");
	return pass(walk, path, &stat);
}

bool
trust_look(struct arena *arena, const char *path, struct trust *trust)
{
	struct walk walk = { .arena = arena, .trust = trust, .own = geteuid(), .rest = path };
	struct stat stat;

	trust->why = trust->above = trust->path = NULL;
	walk.done = arena_copy(arena, "", 0);
	if (*path != '/')
		return refuse(&walk, path, "not an absolute path");
	if (strlen(path) >= PATH_MAX)
		return refuse(&walk, "", "too long a path");
	if (lstat("/", &stat) < 0 || !pass(&walk, "/", &stat))
		return trust->why == NULL ? refuse(&walk, "/", strerror(errno)) : false;
	while (*walk.rest != '\0')
		if (!step(&walk))
			return false;
	trust->path = *walk.done != '\0' ? walk.done : "/";
	return true;
}

bool
trust_look_in(struct arena *arena, const struct trust *dir, const char *path, struct trust *trust)
{
	struct walk walk = { .arena = arena, .trust = trust, .own = geteuid() };
	struct stat stat;

	if (lstat(path, &stat) < 0 || S_ISLNK(stat.st_mode))
		return trust_look(arena, path, trust);
	trust->why = NULL;
	trust->above = dir->above;
	trust->above_uid = dir->above_uid;
	trust->path = path;
	return arrive(&walk, path, &stat);
}
