#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands.h"
#include "shadow.h"

static const struct command *const commands[] = {
	&command_run,  &command_ask,  &command_kill,  &command_alive, &command_id,
	&command_tree, &command_child, &command_match, &command_doctor, &command_log,
	&command_policy,
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

static const struct command *
find_command(const char *name)
{
	for (int i = 0; i < COMMAND_COUNT; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static void
print_overview(void)
{
	printf("usage: writ COMMAND [OPTIONS] ...\n\n"
	       "Runs programs, safely: what they may see, use and leave behind "
	       "is written down.\n\n");
	for (int i = 0; i < COMMAND_COUNT; i++)
		printf("  %-8s %s\n", commands[i]->name, commands[i]->summary);
	printf("\n"
	       "  writ run -t 1m -l core=0 --record r.json -- make check\n"
	       "  writ kill --grace 2s 4711\n"
	       "  writ doctor\n\n"
	       "'writ COMMAND --help' and the manual page writ-COMMAND(1) say more.\n");
}

static int
fail_unknown(const struct say *say, const char *name)
{
	const char *known[COMMAND_COUNT + 2];

	for (int i = 0; i < COMMAND_COUNT; i++)
		known[i] = commands[i]->name;
	known[COMMAND_COUNT] = "help";
	known[COMMAND_COUNT + 1] = NULL;
	say_unknown(say, "command", name, known);
	return STATUS_USAGE;
}

/* "help [COMMAND]"; "help --manual COMMAND" is for the build. */
static int
help(const struct say *say, int argc, char **argv)
{
	bool manual = argc > 1 && strcmp(argv[1], "--manual") == 0;
	const char *name = argc > 1 + manual ? argv[1 + manual] : NULL;
	const struct command *command = name != NULL ? find_command(name) : NULL;

	if (name != NULL && command == NULL)
		return fail_unknown(say, name);
	if (command == NULL)
		print_overview();
	else if (manual)
		opt_print_manual(command);
	else
		opt_print_help(command);
	return answer_end(say, STATUS_YES, STATUS_USAGE);
}

/* What we open must not become a standard stream that was closed. The place is
 * held by a descriptor that cannot be read or written: to use it fails, as it
 * should, and the library gives the program the null device for it. */
static void
fill_standard_streams(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_PATH | O_CLOEXEC) != fd)
			_exit(STATUS_NOT_DONE);
}

int
main(int argc, char **argv)
{
	struct say say_to = { 0 };
	const struct command *command;

	shadow_be();
	fill_standard_streams();
	say_set_color(&say_to, "auto");
	if (argc < 2) {
		print_overview();
		return answer_end(&say_to, STATUS_USAGE, STATUS_USAGE);
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("writ %s\n", writ_version());
		return answer_end(&say_to, STATUS_YES, STATUS_USAGE);
	}
	if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
	    strcmp(argv[1], "-h") == 0)
		return help(&say_to, argc - 1, argv + 1);
	command = find_command(argv[1]);
	if (command == NULL)
		return fail_unknown(&say_to, argv[1]);
	return command->run(command, argc - 1, argv + 1);
}
