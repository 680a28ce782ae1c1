#include "realpath.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum { LINKS_MAX = 64 };

/* What was resolved, and what is left. */
struct walk {
	struct arena *arena;
	char *done; /* without a '/' at its end; "" is the root */
	const char *rest;
	int links;
};

static void
go_up(struct walk *walk)
{
	char *slash = strrchr(walk->done, '/');

	if (slash != NULL)
		*slash = '\0';
}

static void
go_down(struct walk *walk, const char *part, size_t len)
{
	walk->done = arena_print(walk->arena, "%s/%.*s", walk->done, (int)len, part);
}

/* Past so many links it is a circle: then, as Python does, they are taken as they stand. */
static bool
follow(struct walk *walk, const char *part, size_t len)
{
	const char *path = arena_print(walk->arena, "%s/%.*s", walk->done, (int)len, part);
	char target[PATH_MAX];
	ssize_t target_len;

	if (walk->links > LINKS_MAX)
		return false;
	target_len = readlink(path, target, sizeof(target) - 1);
	if (target_len <= 0)
		return false;
	walk->links++;
	target[target_len] = '\0';
	if (*target == '/')
		walk->done = arena_copy(walk->arena, "", 0);
	walk->rest = arena_print(walk->arena, "%s/%s", target, walk->rest);
	return true;
}

static void
step(struct walk *walk)
{
	const char *part = walk->rest;
	size_t len = strcspn(part, "/");

	walk->rest = part + len + strspn(part + len, "/");
	if (len == 0 || (len == 1 && part[0] == '.'))
		return;
	if (len == 2 && part[0] == '.' && part[1] == '.')
		go_up(walk);
	else if (!follow(walk, part, len))
		go_down(walk, part, len);
}

const char *
realpath_like_python(struct arena *arena, const char *path)
{
	struct walk walk = { .arena = arena, .rest = path };
	char current[PATH_MAX];

	walk.done = arena_copy(arena, "", 0);
	if (*path != '/') {
		if (getcwd(current, sizeof(current)) == NULL)
			return "";
		walk.rest = arena_print(arena, "%s/%s", current, path);
	}
	if (strlen(path) >= PATH_MAX)
		return "";
	while (*walk.rest != '\0')
		step(&walk);
	return *walk.done != '\0' ? walk.done : "/";
}
