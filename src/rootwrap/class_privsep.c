/* class_privsep.c - what stands in the place of stock's built-in filter.
 *
 * Stock lets privsep-helper run with any arguments, and a configuration file of
 * the caller's is a program of the caller's. But without it no OpenStack service starts: so
 * it may run as the services start it, with files that are not the caller's.
 */
#include <string.h>

#include "classes.h"

static bool
is_context(const struct query *query, const char *name)
{
	const struct words *prefixes = &query->config->contexts;

	if (name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "0123456789_.")] != '\0')
		return false;
	for (size_t i = 0; i < prefixes->count; i++)
		if (prefixes->list[i][0] != '\0' &&
		    strncmp(name, prefixes->list[i], strlen(prefixes->list[i])) == 0)
			return true;
	return false;
}

static bool
is_socket_path(const char *path)
{
	for (const char *c = path; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7F)
			return false;
	return *path == '/';
}

/* The value of one option, as it goes to the program; NULL: refused. */
static const char *
admit(struct query *query, const char *option, const char *value)
{
	const struct machine *machine = query->machine;

	if (strcmp(option, "--config-file") == 0)
		return machine->configures(machine->ctx, query->arena, value, false);
	if (strcmp(option, "--config-dir") == 0)
		return machine->configures(machine->ctx, query->arena, value, true);
	if (strcmp(option, "--privsep_context") == 0)
		return is_context(query, value) ? value : NULL;
	if (strcmp(option, "--privsep_sock_path") == 0)
		return is_socket_path(value) ? value : NULL;
	return NULL;
}

/* (--config-file F|--config-dir D)... --privsep_context NAME --privsep_sock_path P */
static bool
is_in_order(const struct words *argv)
{
	size_t count = argv->count;

	if (count < 5 || count % 2 == 0 ||
	    strcmp(argv->list[count - 4], "--privsep_context") != 0 ||
	    strcmp(argv->list[count - 2], "--privsep_sock_path") != 0)
		return false;
	for (size_t i = 1; i < count - 4; i += 2)
		if (strncmp(argv->list[i], "--config-", 9) != 0)
			return false;
	return true;
}

static bool
match_privsep(struct query *query, struct filter *filter, struct words *argv)
{
	struct words words;

	if (strcmp(argv->list[0], filter->exec_path) != 0 || !is_in_order(argv))
		return false;
	words = words_room(query->arena, argv->count);
	words_add(&words, argv->list[0]);
	for (size_t i = 1; i < argv->count; i += 2) {
		const char *value = admit(query, argv->list[i], argv->list[i + 1]);

		if (value == NULL)
			return false;
		words_add(&words, argv->list[i]);
		words_add(&words, value);
	}
	query->privsep = words;
	return true;
}

static void
make_privsep(struct query *query, struct filter *filter, const struct words *argv,
	     struct command *ret_command)
{
	(void)argv;
	class_make_plain(query, filter, &query->privsep, ret_command);
}

const struct filter_class class_privsep = {
	.name = "privsep-helper",
	.match = match_privsep,
	.make = make_privsep,
};
