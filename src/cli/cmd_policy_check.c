#include <stdio.h>

#include "policy.h"

static const struct opt opts[] = { OPT_POLICY, OPT_END };

static int
run(const struct command *command, int argc, char **argv)
{
	struct policy_asking asking = { 0 };
	int status = STATUS_USAGE;

	if (asking_parse(&asking, command, argc, argv, &status) >= 0) {
		bool good = asking_load(&asking);

		status = good ? STATUS_YES : STATUS_NO;
		if (good && asking.answering.say.verbose)
			printf("%zu rules\n", policy_rule_count(asking.policy));
		status = answer_end(&asking.answering.say, status, STATUS_USAGE);
	}
	asking_done(&asking);
	return status;
}

const struct command policy_check = {
	.name = "policy check",
	.operands = "[DIR...]",
	.summary = "read the rules as writd does, and say what is wrong",
	.opts = opts,
	.more = "A finding is a line, FILE:LINE: what: why. A warning leaves a rule inert;\n"
		"anything else, and writd keeps the rules that it has.\n\n"
		"exit status: 0 they can be used; 1 they cannot; 2 wrong usage, or an error\n",
	.run = run,
};
