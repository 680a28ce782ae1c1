#include <stdio.h>

#include "commands.h"

static const struct opt opts[] = { OPT_JSON, OPT_END };

/* "REF -- PROGRAM": the "--" stands after the operand, so it is skipped here. */
static int
skip_dashes(int at, int argc, char **argv)
{
	return at < argc && argv[at][0] == '-' && argv[at][1] == '-' && argv[at][2] == '\0' ? at + 1
											     : at;
}

static int
run(const struct command *command, int argc, char **argv)
{
	struct answering answering = { 0 };
	struct writ_error err = { 0 };
	struct writ_id id;
	int status = STATUS_USAGE;
	bool gone;
	int r = 0;
	int first = parse_operands(command, argc, argv, &answering, 2, &status);
	int at;

	if (first < 0)
		return status;
	at = skip_dashes(first + 1, argc, argv);
	if (at == argc) {
		say(&answering.say, "no command to compare with is given");
		return STATUS_USAGE;
	}
	if (read_ref(&answering.say, argv[first], &id, &gone) < 0)
		return STATUS_USAGE;
	if (!gone)
		r = writ_id_match(&id, (const char *const *)argv + at, &err);
	if (r < 0 && r != WRIT_E_GONE) {
		say_error(&answering.say, &err);
		return STATUS_USAGE;
	}
	if (answering.json)
		answer_json(json_pack("{s:s, s:s, s:b}", "writ", "match/1", "ref", argv[first],
				      "match", r == 1));
	else if (answering.say.verbose)
		printf("%s\n", r == 1 ? "yes" : "no");
	return answer_end(&answering.say, r == 1 ? STATUS_YES : STATUS_NO, STATUS_USAGE);
}

const struct command command_match = {
	.name = "match",
	.operands = "REF -- PROGRAM [ARG...]",
	.summary = "is REF running that command?",
	.opts = opts,
	.more = "The arguments are compared one by one; the program by its base name. The\n"
		"interpreter of a '#!' program before it, and a title \"name (PROGRAM\n"
		"ARG...)\", are tolerated.\n\n"
		"exit status: 0 yes; 1 no; 2 wrong usage, or an error\n",
	.run = run,
};
