#include <stdio.h>
#include <string.h>

#include "policy.h"

static int
take_user(void *ctx, const char *value)
{
	((struct policy_asking *)ctx)->user = value;
	return 0;
}

static int
take_env(void *ctx, const char *value)
{
	struct policy_asking *asking = ctx;

	if (asking->environment_count == POLICY_ENV_MAX) {
		say(&asking->answering.say, "--env: more than %d", POLICY_ENV_MAX);
		return -1;
	}
	asking->environment[asking->environment_count++] = value;
	return 0;
}

static int
take_foreign(void *ctx, const char *value)
{
	((struct policy_asking *)ctx)->is_foreign = true;
	(void)value;
	return 0;
}

static const struct opt opts[] = {
	{ 'u', "user", "USER", "who asks", take_user },
	{ 'e', "env", "NAME=VALUE", "a variable that goes with it", take_env },
	{ 0, "foreign", NULL, "from another user, pid or mount namespace", take_foreign },
	OPT_JSON,
	OPT_POLICY,
	OPT_END,
};

static json_t *
text_of(const char *text, size_t len)
{
	char copy[4096];

	snprintf(copy, sizeof(copy), "%.*s", (int)len, text);
	return json_text(copy);
}

static void
answer_allowed(const struct policy_asking *asking, const struct policy_request *request,
	       const struct policy_verdict *verdict)
{
	const struct policy_rule *rule = verdict->rule;
	json_t *captures = json_object();

	if (!asking->answering.json)
		printf("allowed by %s (%s:%u)\n", policy_rule_name(rule), policy_rule_file(rule),
		       policy_rule_line(rule));
	for (size_t i = 0; i < verdict->capture_count; i++) {
		const struct policy_capture *capture = &verdict->captures[i];
		const char *value = request->argv[capture->argument] + capture->offset;

		if (asking->answering.json)
			json_object_set_new(captures, capture->name, text_of(value, capture->len));
		else
			printf("  %s = %.*s\n", capture->name, (int)capture->len, value);
	}
	if (asking->answering.json)
		answer_json(json_pack("{s:s, s:b, s:s, s:s, s:i, s:O}", "writ", "explain/1",
				      "allowed", 1, "rule", policy_rule_name(rule), "file",
				      policy_rule_file(rule), "line", (int)policy_rule_line(rule),
				      "captures", captures));
	json_decref(captures);
}

static void
print_near(const struct policy_near *near, const struct policy_request *request)
{
	printf("  %s (%s:%u): ", policy_rule_name(near->rule), policy_rule_file(near->rule),
	       policy_rule_line(near->rule));
	if (near->argument < request->argc)
		printf("argument %zu, '%s': ", near->argument, request->argv[near->argument]);
	printf("%s\n", near->why);
}

static void
answer_refused(const struct policy_asking *asking, const struct policy_peer *peer,
	       const struct policy_request *request, const struct policy_verdict *verdict)
{
	struct policy_near list[POLICY_NEAR_MAX];
	size_t count = policy_explain(asking->policy, peer, request, list, POLICY_NEAR_MAX);
	json_t *near = json_array();

	if (!asking->answering.json)
		printf("refused: %s\n", policy_why_name(verdict->why));
	if (verdict->why == POLICY_WHY_ENVIRONMENT && !asking->answering.json)
		printf("  not passed: %s\n", request->environment[verdict->variable]);
	for (size_t i = 0; i < count; i++) {
		if (!asking->answering.json)
			print_near(&list[i], request);
		json_array_append_new(near, json_pack("{s:s, s:s, s:i, s:i, s:o}", "rule",
						      policy_rule_name(list[i].rule), "file",
						      policy_rule_file(list[i].rule), "line",
						      (int)policy_rule_line(list[i].rule),
						      "argument", (int)list[i].argument, "why",
						      json_text(list[i].why)));
	}
	if (asking->answering.json)
		answer_json(json_pack("{s:s, s:b, s:s, s:O}", "writ", "explain/1", "allowed", 0,
				      "why", policy_why_name(verdict->why), "near", near));
	json_decref(near);
}

static int
answer(struct policy_asking *asking, char **argv, int argc)
{
	struct policy_capture captures[POLICY_CAPTURES_MAX];
	struct policy_verdict verdict = { .captures = captures,
					  .capture_max = POLICY_CAPTURES_MAX };
	struct policy_request request = { (const char *const *)argv, (size_t)argc,
					  asking->environment, asking->environment_count };
	struct policy_peer peer;
	bool allowed;

	if (!asking_peer(asking, asking->user, &peer))
		return STATUS_USAGE;
	allowed = policy_match(asking->policy, &peer, &request, &verdict) == POLICY_ALLOWED;
	if (allowed)
		answer_allowed(asking, &request, &verdict);
	else
		answer_refused(asking, &peer, &request, &verdict);
	return answer_end(&asking->answering.say, allowed ? STATUS_YES : STATUS_NO, STATUS_USAGE);
}

static int
run(const struct command *command, int argc, char **argv)
{
	struct policy_asking asking = { .silent = true };
	int status = STATUS_USAGE;
	int first = asking_parse(&asking, command, argc, argv, &status);

	if (first >= 0 && (asking.user == NULL || first == argc)) {
		say(&asking.answering.say, "usage: writ %s [OPTIONS] %s", command->name,
		    command->operands);
	} else if (first >= 0) {
		if (asking_load(&asking))
			status = answer(&asking, argv + first, argc - first);
		else
			say(&asking.answering.say,
			    "the rules cannot be used; 'writ policy check' says why");
	}
	asking_done(&asking);
	return status;
}

const struct command policy_explain_command = {
	.name = "policy explain",
	.operands = "[DIR...] --user USER -- PROGRAM [ARG...]",
	.summary = "which rule allows a command, or what every one lacks that comes close",
	.opts = opts,
	.more = "exit status: 0 allowed; 1 refused; 2 wrong usage, or an error\n",
	.run = run,
};
