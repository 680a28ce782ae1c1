#include <stdio.h>

#include "commands.h"

static const struct opt opts[] = { OPT_JSON, OPT_END };

static void
show(const struct answering *answering, const struct writ_finding *finding, json_t *list)
{
	if (answering->json) {
		json_array_append_new(list, json_pack("{s:s, s:b, s:s, s:s}", "subject",
						      finding->subject, "good", finding->good,
						      "state", finding->state, "remedy",
						      finding->remedy));
		return;
	}
	printf("%-4s %-12s %s\n", finding->good ? "ok" : "--", finding->subject, finding->state);
	if (finding->remedy[0] != '\0')
		printf("%-17s %s\n", "", finding->remedy);
}

static int
run(const struct command *command, int argc, char **argv)
{
	struct answering answering = { 0 };
	struct writ_host_options options = host_options();
	struct writ_error err = { 0 };
	struct writ_finding finding;
	struct writ_host *host = NULL;
	json_t *list;
	int status = STATUS_YES;
	int first = parse_operands(command, argc, argv, &answering, 0, &status);

	if (first < 0)
		return status;
	if (writ_host_new(&options, &host, &err) < 0) {
		say_error(&answering.say, &err);
		return STATUS_USAGE;
	}
	list = json_array();
	for (unsigned i = 0; writ_host_finding(host, i, &finding) == 1; i++)
		show(&answering, &finding, list);
	writ_host_free(host);
	if (answering.json)
		answer_json(json_pack("{s:s, s:O}", "writ", "doctor/1", "findings", list));
	json_decref(list);
	return answer_end(&answering.say, STATUS_YES, STATUS_USAGE);
}

const struct command command_doctor = {
	.name = "doctor",
	.operands = "",
	.summary = "what this machine can enforce, and what to do about the rest",
	.opts = opts,
	.more = "exit status: 0; 2 wrong usage, or an error\n",
	.run = run,
};
