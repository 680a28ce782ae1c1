/* class_kill.c - KillFilter: signals for processes that run one program. */
#include <stdint.h>
#include <string.h>

#include "classes.h"
#include "killing.h"

/* "kill PID", where the filter names no signal, or "kill -SIGNAL PID" with one it names. */
static const char *
pid_text(const struct filter *filter, const struct words *argv)
{
	if (strcmp(argv->list[0], "kill") != 0)
		return NULL;
	if (argv->count == 2)
		return filter->args.count > 1 ? NULL : argv->list[1];
	for (size_t i = 1; argv->count == 3 && i < filter->args.count; i++)
		if (strcmp(filter->args.list[i], argv->list[1]) == 0)
			return argv->list[2];
	return NULL;
}

/* The directory of a program, in $PATH as it is written there. */
static bool
is_in_path(const struct query *query, const char *program)
{
	size_t len = (size_t)(words_base(program) - program) - 1;
	const char *path = query->machine->path != NULL ? query->machine->path : "";

	for (;;) {
		size_t part = strcspn(path, ":");

		if (part == len && memcmp(path, program, part) == 0)
			return true;
		if (path[part] == '\0')
			return false;
		path += part + 1;
	}
}

static bool
is_target(const struct query *query, const struct filter *filter, const struct target *held)
{
	const struct machine *machine = query->machine;
	const char *wanted = filter->args.list[0];

	if (*held->program != '/')
		return false;
	if (*wanted == '/' && strcmp(wanted, held->program) != 0)
		return false;
	if (*wanted != '/' &&
	    (strcmp(wanted, words_base(held->program)) != 0 || !is_in_path(query, held->program)))
		return false;
	return !query_is_strict(query) || machine->is_program(machine->ctx, held, held->program);
}

static bool
match_kill(struct query *query, struct filter *filter, struct words *argv)
{
	const char *text = pid_text(filter, argv);
	const struct target *held;
	int64_t pid;

	if (text == NULL || !killing_pid(text, query_is_strict(query), &pid))
		return false;
	held = query_hold(query, pid);
	return held != NULL && is_target(query, filter, held);
}

const struct filter_class class_kill = {
	.name = "KillFilter",
	.args_min = 2,
	.path = "/bin/kill",
	.has_user = true,
	.match = match_kill,
	.make = class_make_plain,
};
