/* class_command.c - CommandFilter, ReadFileFilter, and what the others build on. */
#include <string.h>

#include "classes.h"

bool
class_is_named(const struct filter *filter, const char *word)
{
	return strcmp(filter->exec_path, word) == 0 ||
	       strcmp(words_base(filter->exec_path), word) == 0;
}

/* The program as it was found, and the caller's arguments. */
void
class_make_plain(struct query *query, struct filter *filter, const struct words *argv,
		 struct command *ret_command)
{
	struct words words = words_room(query->arena, argv->count + 1);

	words_add(&words, filter->found);
	for (size_t i = 1; i < argv->count; i++)
		words_add(&words, argv->list[i]);
	*ret_command = (struct command){ .argv = words };
}

static bool
match_command(struct query *query, struct filter *filter, struct words *argv)
{
	(void)query;
	return class_is_named(filter, argv->list[0]);
}

static bool
match_read_file(struct query *query, struct filter *filter, struct words *argv)
{
	(void)query;
	return argv->count == 2 && strcmp(argv->list[0], "cat") == 0 &&
	       strcmp(argv->list[1], filter->args.list[0]) == 0;
}

const struct filter_class class_command = {
	.name = "CommandFilter",
	.args_min = 2,
	.has_path = true,
	.has_user = true,
	.match = match_command,
	.make = class_make_plain,
};

const struct filter_class class_read_file = {
	.name = "ReadFileFilter",
	.args_min = 1,
	.path = "/bin/cat",
	.match = match_read_file,
	.make = class_make_plain,
};
