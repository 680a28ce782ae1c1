/* answer.c - what the commands that answer a question have in common. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"

int
take_json(void *ctx, const char *value)
{
	((struct answering *)ctx)->json = true;
	(void)value;
	return 0;
}

int
parse_operands(const struct command *command, int argc, char **argv, struct answering *answering,
	       int least, int *ret_status)
{
	int first;

	say_set_color(&answering->say, "auto");
	first = opt_parse(command, argc, argv, answering, &answering->say);
	if (first == OPT_HELPED) {
		*ret_status = answer_end(&answering->say, STATUS_YES, STATUS_USAGE);
	} else if (first == OPT_WRONG) {
		*ret_status = STATUS_USAGE;
	} else if (argc - first < least) {
		say(&answering->say, "usage: writ %s [OPTIONS] %s", command->name,
		    command->operands);
		*ret_status = STATUS_USAGE;
		return OPT_WRONG;
	}
	return first;
}

int
read_ref(struct say *say_to, const char *text, struct writ_id *ret_id, bool *ret_gone)
{
	struct writ_error err = { 0 };
	int r = writ_id_parse(text, ret_id, &err);

	*ret_gone = r == WRIT_E_GONE;
	if (r == 0 || *ret_gone)
		return 0;
	say_error(say_to, &err);
	return -1;
}

struct writ_host_options
host_options(void)
{
	const char *dir = getenv("WRIT_CGROUP");
	struct writ_host_options options = { .size = sizeof(options) };

	if (dir != NULL && strcmp(dir, "none") == 0)
		options.level_max = WRIT_LEVEL_LAUNCHER;
	else if (dir != NULL && *dir != '\0')
		options.cgroup_dir = dir;
	return options;
}
