/* beneath.c - a file beneath a directory, whoever else may write there. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>

#include "../sys.h"
#include "apart.h"
#include "plain.h"
#include "writ/cmd.h"

#ifndef SYS_openat2 /* since 5.6 */
#define SYS_openat2 437
#endif

enum {
	TEXT_MAX = 4096, /* PATH_MAX */
	LINKS_MAX = 16,
	AGAIN_MAX = 32,
	PATH_ONLY = O_PATH | O_NOFOLLOW | O_CLOEXEC,
};

/* What is left of a path: it shrinks by names, and grows by links. */
struct walk {
	char rest[TEXT_MAX];
	int links;
	long dir;
};

static bool
is_dots(const char *name)
{
	return name[0] == '.' && name[1] == '.' && name[2] == '\0';
}

/* Cuts the next name off the path: NULL if there is none. */
static char *
next_name(char **rest)
{
	char *name = *rest;

	while (*name == '/')
		name++;
	if (*name == '\0')
		return NULL;
	for (*rest = name; **rest != '/' && **rest != '\0'; (*rest)++)
		;
	while (**rest == '/')
		*(*rest)++ = '\0';
	return name;
}

static long
put_text(char *to, size_t *at, const char *text)
{
	size_t len = strlen(text);

	if (*at + len + 2 > TEXT_MAX)
		return -ENAMETOOLONG;
	memcpy(to + *at, text, len + 1);
	*at += len;
	return 0;
}

static void
go_to(struct walk *walk, long dir)
{
	if (walk->dir >= 0)
		sys_call1(SYS_close, walk->dir);
	walk->dir = dir;
}

/* Could only root have made what is in it? */
static bool
is_roots(long dir)
{
	struct stat stat;

	return sys_call2(SYS_fstat, dir, &stat) == 0 && stat.st_uid == 0 &&
	       (stat.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Goes on at what the link says, then at what was left. */
static long
follow(struct walk *walk, long link, const char *left)
{
	char text[TEXT_MAX];
	size_t at = 0;
	long len = sys_call4(SYS_readlinkat, link, "", text, sizeof(text) - 1);
	long r = len;

	if (!is_roots(walk->dir) || ++walk->links > LINKS_MAX)
		return -ELOOP;
	if (len < 0)
		return len;
	text[len] = '\0';
	at = (size_t)len;
	r = put_text(text, &at, "/");
	if (r == 0)
		r = put_text(text, &at, left);
	if (r < 0)
		return r;
	memcpy(walk->rest, text, at + 1);
	if (text[0] == '/')
		go_to(walk, sys_call4(SYS_openat, AT_FDCWD, "/", PATH_ONLY | O_DIRECTORY, 0));
	return walk->dir;
}

/* Takes one name; `*left` is what is behind it. */
static long
take_name(struct walk *walk, const char *name, char **left)
{
	long next = sys_call4(SYS_openat, walk->dir, name, PATH_ONLY, 0);
	struct stat stat;
	long r = next;

	if (next >= 0)
		r = sys_call2(SYS_fstat, next, &stat);
	if (r < 0)
		return r;
	if (S_ISLNK(stat.st_mode)) {
		r = follow(walk, next, *left);
		*left = walk->rest;
		sys_call1(SYS_close, next);
		return r;
	}
	go_to(walk, next);
	return S_ISDIR(stat.st_mode) ? 0 : -ENOTDIR;
}

/* Whoever could put a link into the way of `base` could choose the directory. */
static long
open_base(const char *base)
{
	struct walk walk = { .links = 0, .dir = -1 };
	char *left = walk.rest;
	char *name;
	size_t at = 0;
	long r = put_text(walk.rest, &at, base);

	go_to(&walk, sys_call4(SYS_openat, AT_FDCWD, "/", PATH_ONLY | O_DIRECTORY, 0));
	if (r == 0 && walk.dir < 0)
		r = walk.dir;
	while (r >= 0 && (name = next_name(&left)) != NULL)
		r = take_name(&walk, name, &left);
	if (r < 0)
		go_to(&walk, -1);
	return r < 0 ? r : walk.dir;
}

/* Without openat2(2): name by name, and nothing that goes up. */
static long
open_by_names(long base, const char *path, long flags)
{
	struct walk walk = { .dir = -1 };
	char *left = walk.rest;
	char *name;
	size_t at = 0;
	long r = put_text(walk.rest, &at, path);
	long dir = base;

	while (r >= 0 && (name = next_name(&left)) != NULL) {
		long how = *left == '\0' ? flags | O_NOFOLLOW : PATH_ONLY | O_DIRECTORY;

		r = is_dots(name) ? -EXDEV : sys_call4(SYS_openat, dir, name, how, 0);
		if (dir != base)
			sys_call1(SYS_close, dir);
		dir = r;
	}
	return r < 0 ? r : dir == base ? -EINVAL : dir;
}

static long
open_file(long base, const char *path, long flags)
{
	struct open_how how = { .flags = (uint64_t)flags,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS |
					   RESOLVE_NO_MAGICLINKS };
	long r = -EAGAIN;

	/* while something is renamed, it cannot tell where ".." leads */
	for (int i = 0; i < AGAIN_MAX && r == -EAGAIN; i++)
		r = sys_call4(SYS_openat2, base, path, &how, sizeof(how));
	/* an old kernel, or a filter that forbids it */
	if (r == -ENOSYS || r == -EPERM)
		return open_by_names(base, path, flags);
	return r;
}

/* Somebody else's FIFO would be waited for, a device do what it does when opened. */
static long
check_regular(long fd)
{
	struct stat stat;
	long r = sys_call2(SYS_fstat, fd, &stat);

	if (r == 0 && !S_ISREG(stat.st_mode))
		return -EINVAL;
	return r < 0 ? r : sys_call3(SYS_fcntl, fd, F_SETFL, 0); /* no O_NONBLOCK */
}

/* The directory of the path, "." if there is none. */
static long
open_parent(long base, const char *path)
{
	char text[TEXT_MAX] = ".";
	size_t at = 0;

	for (size_t i = 0; path[i] != '\0'; i++)
		if (path[i] == '/')
			at = i;
	if (at + 1 >= sizeof(text))
		return -ENAMETOOLONG;
	if (at > 0) {
		memcpy(text, path, at);
		text[at] = '\0';
	}
	return open_file(base, text, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static long
open_kind(long base, const char *path, int kind)
{
	static const long flags[] = {
		[WRIT_BENEATH_READ] = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		[WRIT_BENEATH_WRITE] = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		[WRIT_BENEATH_DIR] = O_PATH | O_DIRECTORY | O_CLOEXEC,
	};

	if (kind == WRIT_BENEATH_PARENT)
		return open_parent(base, path);
	return open_file(base, path, flags[kind]);
}

/* Where it is to be; as it stays open over exec, it is not to be closed by it. */
static long
put_at(long fd, int to)
{
	long r;

	if (fd == to)
		return sys_call3(SYS_fcntl, fd, F_SETFD, 0);
	r = sys_call3(SYS_dup3, fd, to, 0);
	sys_call1(SYS_close, fd);
	return r;
}

long
beneath_open(const char *base, const char *path, int kind, int to)
{
	long dir = open_base(base);
	long fd;
	long r = 0;

	if (dir < 0)
		return dir;
	fd = open_kind(dir, path, kind);
	sys_call1(SYS_close, dir);
	if (fd < 0)
		return fd;
	if (kind == WRIT_BENEATH_READ || kind == WRIT_BENEATH_WRITE)
		r = check_regular(fd);
	if (r == 0 && kind != WRIT_BENEATH_PARENT)
		return put_at(fd, to);
	sys_call1(SYS_close, fd);
	return r;
}
