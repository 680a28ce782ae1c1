#include <stdio.h>

#include "commands.h"

static const struct opt opts[] = { OPT_JSON, OPT_END };

static const char *const state_names[] = {
	[WRIT_ID_RUNNING] = "running",
	[WRIT_ID_ENDED] = "ended",
	[WRIT_ID_GONE] = "gone",
	[WRIT_ID_REPLACED] = "replaced",
};

/* An enum writ_id_state, or -1 after saying why not. */
static int
state_of(struct say *say_to, const char *ref)
{
	struct writ_error err = { 0 };
	struct writ_id id;
	bool gone;
	int state;

	if (read_ref(say_to, ref, &id, &gone) < 0)
		return -1;
	if (gone)
		return WRIT_ID_GONE;
	state = writ_id_state(&id, &err);
	if (state < 0)
		say_error(say_to, &err);
	return state < 0 ? -1 : state;
}

static int
run(const struct command *command, int argc, char **argv)
{
	struct answering answering = { 0 };
	json_t *list = json_array();
	int status = STATUS_YES;
	int first = parse_operands(command, argc, argv, &answering, 1, &status);

	for (int i = first; first >= 0 && i < argc; i++) {
		int state = state_of(&answering.say, argv[i]);

		if (state != WRIT_ID_RUNNING && status < STATUS_USAGE)
			status = state < 0 ? STATUS_USAGE : STATUS_NO;
		if (state < 0)
			continue;
		json_array_append_new(list, json_pack("{s:s, s:s}", "ref", argv[i], "state",
						      state_names[state]));
		if (!answering.json && !answering.say.quiet)
			printf("%s %s\n", argv[i], state_names[state]);
	}
	if (first >= 0 && answering.json)
		answer_json(json_pack("{s:s, s:O}", "writ", "alive/1", "processes", list));
	json_decref(list);
	return first < 0 ? status : answer_end(&answering.say, status, STATUS_USAGE);
}

const struct command command_alive = {
	.name = "alive",
	.operands = "REF...",
	.summary = "is it (still) that process, and running?",
	.opts = opts,
	.more = "REF is a pid, or an identity PID@TOKEN as 'writ id' prints it. The answer is\n"
		"running, ended (a zombie: it runs no more), gone, or replaced (the pid is\n"
		"another's now).\n\n"
		"exit status: 0 all are running; 1 not all; 2 wrong usage, or an error\n",
	.run = run,
};
