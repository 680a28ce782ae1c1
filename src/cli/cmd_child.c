#include <stdio.h>
#include <string.h>

#include "commands.h"

struct child {
	struct answering answering; /* first */
	int64_t wait_ms;
};

static int
take_wait(void *ctx, const char *value)
{
	struct child *child = ctx;
	struct writ_error err = { 0 };

	if (writ_duration_parse(value, &child->wait_ms, &err) == 0)
		return 0;
	say_error(&child->answering.say, &err);
	return -1;
}

static const struct opt opts[] = {
	{ 't', "timeout", "DUR", "wait so long for it (2s)", take_wait },
	OPT_JSON,
	OPT_END,
};

static int
answer(const struct child *child, const struct writ_id *id)
{
	char text[WRIT_ID_TEXT_MAX];

	writ_id_text(id, text);
	if (child->answering.json)
		answer_json(json_pack("{s:s, s:s}", "writ", "child/1", "identity", text));
	else
		printf("%s\n", text);
	return answer_end(&child->answering.say, STATUS_YES, STATUS_USAGE);
}

static int
run(const struct command *command, int argc, char **argv)
{
	struct child child = { .wait_ms = 2000 };
	struct say *say_to = &child.answering.say;
	struct writ_error err = { 0 };
	struct writ_id root;
	struct writ_id found;
	int status = STATUS_USAGE;
	bool gone;
	int r = WRIT_E_GONE;
	int first = parse_operands(command, argc, argv, &child.answering, 2, &status);
	int at = first + 1;

	if (first < 0)
		return status;
	/* "child REF -t 5s -- PROGRAM": options may follow the operand up to "--" */
	if (at < argc && argv[at][0] == '-') {
		at = opt_parse(command, argc - first, argv + first, &child, say_to);
		if (at < 0)
			return STATUS_USAGE;
		at += first;
	}
	if (at >= argc) {
		say(say_to, "no command to look for is given");
		return STATUS_USAGE;
	}
	if (read_ref(say_to, argv[first], &root, &gone) < 0)
		return STATUS_USAGE;
	if (!gone)
		r = writ_tree_find(&root, (const char *const *)argv + at, child.wait_ms, &found,
				   &err);
	if (r == 0)
		return answer(&child, &found);
	if (r != WRIT_E_GONE && r != WRIT_E_NOT_FOUND) {
		say_error(say_to, &err);
		return STATUS_USAGE;
	}
	if (child.answering.json)
		answer_json(json_pack("{s:s, s:n}", "writ", "child/1", "identity"));
	else if (!say_to->quiet && gone)
		say(say_to, "no such process: %s", argv[first]);
	else if (!say_to->quiet)
		say_error(say_to, &err);
	return answer_end(say_to, STATUS_NO, STATUS_USAGE);
}

const struct command command_child = {
	.name = "child",
	.operands = "REF [-t DUR] -- PROGRAM [ARG...]",
	.summary = "the process below REF that runs that command",
	.opts = opts,
	.more = "Prints its identity. REF is typically a root helper (sudo) or a wrapper,\n"
		"which needs a moment to start the command: so long it is waited for.\n\n"
		"exit status: 0 found; 1 not in that time, or REF has ended; 2 wrong usage,\n"
		"or an error\n",
	.run = run,
};
