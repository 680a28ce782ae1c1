#include <stdio.h>
#include <string.h>

#include "commands.h"

struct killing {
	struct answering answering; /* first */
	struct writ_kill how;
};

static int
take_signal(void *ctx, const char *value)
{
	struct killing *killing = ctx;
	struct writ_error err = { 0 };

	if (writ_signal_parse(value, &killing->how.signal, &err) == 0)
		return 0;
	say_error(&killing->answering.say, &err);
	return -1;
}

static int
take_grace(void *ctx, const char *value)
{
	struct killing *killing = ctx;
	struct writ_error err = { 0 };

	if (writ_duration_parse(value, &killing->how.grace_ms, &err) < 0) {
		say_error(&killing->answering.say, &err);
		return -1;
	}
	if (killing->how.grace_ms == 0)
		killing->how.signal = WRIT_SIGNAL_KILL; /* no grace */
	return 0;
}

static const struct opt opts[] = {
	{ 's', "signal", "SIG", "the first signal (TERM); CONT follows it", take_signal },
	{ 'k', "grace", "DUR", "then KILL for all that is left (5s)", take_grace },
	OPT_JSON,
	OPT_END,
};

static void
name_survivors(const struct killing *killing, const char *ref, const struct writ_killed *killed)
{
	char id[WRIT_ID_TEXT_MAX];

	for (int i = 0; i < killed->survived && i < WRIT_SURVIVORS_MAX; i++)
		say(&killing->answering.say, "cannot end: %s (of %s): %s",
		    writ_id_text(&killed->survivors[i], id), ref,
		    killed->survivor_errno != 0 ? strerror(killed->survivor_errno)
						: "it did not end in time");
	if (killed->survived > WRIT_SURVIVORS_MAX)
		say(&killing->answering.say, "and %d more",
		    killed->survived - WRIT_SURVIVORS_MAX);
}

static void
add_result(json_t *list, const char *ref, const char *state, const struct writ_killed *killed)
{
	json_array_append_new(list, json_pack("{s:s, s:s, s:i, s:i, s:i}", "ref", ref, "state",
					      state, "found", killed->found, "ended",
					      killed->ended, "survived", killed->survived));
}

/* Returns the exit status for this one. */
static int
end_one(struct killing *killing, const char *ref, json_t *list)
{
	struct writ_killed killed = { 0 };
	struct writ_error err = { 0 };
	struct writ_id id;
	bool gone;
	int r = WRIT_E_GONE;

	if (read_ref(&killing->answering.say, ref, &id, &gone) < 0)
		return STATUS_USAGE;
	if (!gone)
		r = writ_tree_kill(&id, &killing->how, &killed, &err);
	if (r == WRIT_E_GONE) {
		if (gone)
			say(&killing->answering.say, "no such process: %s", ref);
		else
			say_error(&killing->answering.say, &err);
		add_result(list, ref, "gone", &killed);
		return STATUS_NO;
	}
	if (r < 0) {
		say_error(&killing->answering.say, &err);
		return STATUS_USAGE;
	}
	name_survivors(killing, ref, &killed);
	add_result(list, ref, killed.survived > 0 ? "survived" : "ended", &killed);
	if (killing->answering.say.verbose && killed.survived == 0)
		say(&killing->answering.say, "ended: %s: %d process%s", ref, killed.ended,
		    killed.ended == 1 ? "" : "es");
	return killed.survived > 0 ? STATUS_SOME : STATUS_YES;
}

static int
run(const struct command *command, int argc, char **argv)
{
	struct killing killing = { .how = { .size = sizeof(killing.how) } };
	json_t *list = json_array();
	int status = STATUS_YES;
	int first = parse_operands(command, argc, argv, &killing.answering, 1, &status);

	for (int i = first; first >= 0 && i < argc; i++) {
		int one = end_one(&killing, argv[i], list);

		status = one > status ? one : status;
	}
	if (first >= 0 && killing.answering.json)
		answer_json(json_pack("{s:s, s:O}", "writ", "kill/1", "processes", list));
	json_decref(list);
	return first < 0 ? status : answer_end(&killing.answering.say, status, STATUS_USAGE);
}

const struct command command_kill = {
	.name = "kill",
	.operands = "REF...",
	.summary = "end a process and everything below it",
	.opts = opts,
	.more = "REF is a pid, or an identity PID@TOKEN as 'writ id' prints it. A pid that\n"
		"belongs to another process now is not touched. Of a writ's run all is ended,\n"
		"escaped or not.\n\n"
		"exit status: 0 all gone; 1 none matched; 2 wrong usage, or an error; 3 some\n"
		"survived, named on stderr. Of several REFs the worst.\n",
	.run = run,
};
