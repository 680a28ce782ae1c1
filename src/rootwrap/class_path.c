/* class_path.c - PathFilter: an argument below a directory. */
#include <string.h>

#include "classes.h"

static bool
is_path(const char *arg)
{
	return *arg == '/';
}

/* Stock compares texts: /var/lib/images admits /var/lib/images_evil. */
static bool
is_below(const char *base, const char *path, bool strict)
{
	size_t len = strlen(base);

	if (strncmp(path, base, len) != 0)
		return false;
	return !strict || path[len] == '\0' || path[len] == '/' || base[len - 1] == '/';
}

static bool
fits(struct query *query, const char *arg, const char *value)
{
	if (!is_path(arg))
		return strcmp(arg, "pass") == 0 || strcmp(arg, value) == 0;
	return is_below(arg, query_resolve(query, value), query_is_strict(query));
}

static bool
match_path(struct query *query, struct filter *filter, struct words *argv)
{
	if (argv->count < 2 || filter->args.count != argv->count - 1 ||
	    !class_is_named(filter, argv->list[0]))
		return false;
	for (size_t i = 0; i < filter->args.count; i++)
		if (!fits(query, filter->args.list[i], argv->list[i + 1]))
			return false;
	return true;
}

static void
make_path(struct query *query, struct filter *filter, const struct words *argv,
	  struct command *ret_command)
{
	struct words words = words_room(query->arena, argv->count);

	words_add(&words, filter->found);
	for (size_t i = 0; i < filter->args.count; i++)
		words_add(&words, is_path(filter->args.list[i])
					  ? query_resolve(query, argv->list[i + 1])
					  : argv->list[i + 1]);
	*ret_command = (struct command){ .argv = words };
}

const struct filter_class class_path = {
	.name = "PathFilter",
	.args_min = 2,
	.has_path = true,
	.has_user = true,
	.match = match_path,
	.make = make_path,
};
