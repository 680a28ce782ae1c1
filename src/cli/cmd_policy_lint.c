#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "policy.h"
#include "policy/lint.h"

static const struct opt opts[] = { OPT_POLICY, OPT_END };

struct linted {
	struct policy_asking asking;
	unsigned open; /* findings that no rule accepts */
};

static void
print_finding(void *ctx, const struct lint_finding *finding)
{
	struct linted *linted = ctx;

	linted->open += finding->reason == NULL;
	if (finding->reason != NULL && !linted->asking.answering.say.verbose)
		return;
	printf("%s:%u: %s: %s: %s", policy_rule_file(finding->rule),
	       policy_rule_line(finding->rule), policy_rule_name(finding->rule), finding->id,
	       finding->text);
	if (finding->reason != NULL)
		printf(" (accepted: %s)", finding->reason);
	printf("\n");
}

/* The directory, or what is there of the way to it. What is not there may come to
 * be in the hands of anybody. */
static bool
may_write(void *ctx, const char *dir, const struct policy_rule *rule)
{
	char path[4096];
	struct stat stat_of;

	(void)ctx;
	(void)rule;
	snprintf(path, sizeof(path), "%s", dir);
	if (stat(path, &stat_of) < 0)
		return true;
	for (;;) {
		char *slash = strrchr(path, '/');

		if (stat(path, &stat_of) < 0 || stat_of.st_uid != 0 ||
		    (stat_of.st_mode & (S_IWGRP | S_IWOTH)) != 0)
			return true;
		if (slash == NULL || slash == path)
			return false;
		*slash = '\0';
	}
}

static int
run(const struct command *command, int argc, char **argv)
{
	struct linted linted = { 0 };
	struct lint_ear ear = { print_finding, may_write, &linted };
	int status = STATUS_USAGE;
	int first = asking_parse(&linted.asking, command, argc, argv, &status);

	if (first >= 0 && asking_load(&linted.asking)) {
		lint_policy(linted.asking.policy, &ear);
		status = answer_end(&linted.asking.answering.say,
				    linted.open > 0 ? STATUS_NO : STATUS_YES, STATUS_USAGE);
	}
	asking_done(&linted.asking);
	return status;
}

const struct command policy_lint = {
	.name = "policy lint",
	.operands = "[DIR...]",
	.summary = "say which rules give more than they seem to",
	.opts = opts,
	.more = "A finding is a line, FILE:LINE: RULE: CLASS: what. One that is meant so is\n"
		"accepted in its rule by Accept=\"CLASS: why\"; -v prints these too. The classes,\n"
		"B1 to B20, are those of docs/policy.md.\n\n"
		"exit status: 0 nothing found that is not accepted; 1 something; 2 wrong usage,\n"
		"or rules that cannot be used\n",
	.run = run,
};
