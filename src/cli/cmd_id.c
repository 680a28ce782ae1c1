#include <stdio.h>

#include "commands.h"

static const struct opt opts[] = { OPT_JSON, OPT_END };

static int
run(const struct command *command, int argc, char **argv)
{
	struct answering answering = { 0 };
	json_t *list = json_array();
	int status = STATUS_YES;
	int first = parse_operands(command, argc, argv, &answering, 1, &status);

	for (int i = first; first >= 0 && i < argc; i++) {
		char text[WRIT_ID_TEXT_MAX];
		struct writ_error err = { 0 };
		struct writ_id id;

		if (writ_id_parse(argv[i], &id, &err) < 0) {
			say_error(&answering.say, &err);
			status = STATUS_USAGE;
			continue;
		}
		writ_id_text(&id, text);
		json_array_append_new(list, json_string(text));
		if (!answering.json)
			printf("%s\n", text);
	}
	if (first < 0) {
		json_decref(list);
		return status;
	}
	if (answering.json)
		answer_json(json_pack("{s:s, s:o}", "writ", "id/1", "identities", list));
	else
		json_decref(list);
	return answer_end(&answering.say, status, STATUS_USAGE);
}

const struct command command_id = {
	.name = "id",
	.operands = "PID...",
	.summary = "print the identity that the other commands take",
	.opts = opts,
	.more = "An identity, PID@TOKEN, means one process and never another that got its pid\n"
		"later.\n\n"
		"exit status: 0; 2 a process does not exist, or wrong usage\n",
	.run = run,
};
