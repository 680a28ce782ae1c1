/* The log is writd's record: an object of JSON a line. What counts is that it has
 * "argv", a "peer" with its "uid", and "answer": "refused". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy.h"
#include "policy/learn.h"
#include "policy/lint.h"

static const struct opt opts[] = { OPT_END };

enum { LINE_BYTES_MAX = 4 * 1024 * 1024 };

struct learning {
	struct answering answering;
	struct learn *learn;
	size_t skipped;
};

static void
take_refused(struct learning *learning, const json_t *record)
{
	const char *argv[LEARN_ARGS_MAX];
	const json_t *list = json_object_get(record, "argv");
	const json_t *uid = json_object_get(json_object_get(record, "peer"), "uid");
	const char *answer = json_string_value(json_object_get(record, "answer"));
	size_t argc = json_array_size(list);

	if (answer == NULL || strcmp(answer, "refused") != 0)
		return;
	for (size_t i = 0; i < argc && argc <= LEARN_ARGS_MAX; i++)
		argv[i] = json_string_value(json_array_get(list, i));
	for (size_t i = 0; i < argc && argc <= LEARN_ARGS_MAX; i++)
		if (argv[i] == NULL)
			argc = 0; /* bytes that are no text: no rule is made of such */
	if (argc == 0 || argc > LEARN_ARGS_MAX || !json_is_integer(uid) ||
	    !learn_add(learning->learn, (uint32_t)json_integer_value(uid), argv, argc))
		learning->skipped++;
}

static bool
read_log(struct learning *learning, const char *path)
{
	FILE *log = fopen(path, "re");
	char *line = NULL;
	size_t size = 0;

	if (log == NULL) {
		say(&learning->answering.say, "%s: %m", path);
		return false;
	}
	for (ssize_t len; (len = getline(&line, &size, log)) > 0;) {
		json_t *record =
			len <= LINE_BYTES_MAX ? json_loadb(line, (size_t)len, 0, NULL) : NULL;

		if (record == NULL)
			learning->skipped++;
		else
			take_refused(learning, record);
		json_decref(record);
	}
	free(line);
	fclose(log);
	return true;
}

static const char *
find_program(void *ctx, const char *name)
{
	static const char *const dirs[] = { "/usr/sbin", "/usr/bin", "/sbin", "/bin" };
	char *path = ctx;

	for (size_t i = 0; i < 4 && strchr(name, '/') == NULL; i++) {
		snprintf(path, 4096, "%s/%s", dirs[i], name);
		if (access(path, X_OK) == 0)
			return path;
	}
	return NULL;
}

static void
print_lint(void *ctx, const struct lint_finding *finding)
{
	(void)ctx;
	printf("# lint: %s: %s\n", finding->id, finding->text);
}

static int
any_user(void *ctx, const char *name, struct policy_user *ret_user)
{
	(void)ctx;
	*ret_user = (struct policy_user){ .uid = 1, .gid = 1, .name = name, .home = "/" };
	return 0;
}

static int
any_group(void *ctx, const char *name, uint32_t *ret_gid)
{
	(void)ctx;
	(void)name;
	*ret_gid = 1;
	return 0;
}

static void
print_fault(void *ctx, const struct policy_finding *finding)
{
	(void)ctx;
	printf("# cannot be a rule: %s\n", finding->text);
}

/* What the linter would say of it. */
static void
lint_exec(const char *exec)
{
	struct policy_ear ear = { print_fault, NULL };
	struct policy_names names = { any_user, any_group, NULL, NULL };
	struct lint_ear lint_to = { print_lint, NULL, NULL };
	struct policy *policy = policy_new();
	char *text = NULL;
	int len = asprintf(&text, "[Policy]\nAllow=user:1\n[Command x]\nUser=1\nExec=%s\n", exec);

	if (policy != NULL && len > 0 &&
	    policy_add(policy, "learned.policy", text, (size_t)len, &ear) == 0 &&
	    policy_seal(policy, &names, &ear) == 0)
		lint_policy(policy, &lint_to);
	policy_free(policy);
	if (len > 0)
		free(text);
}

static void
print_rules(const struct learning *learning)
{
	printf("# Learned from requests that were refused. Whoever may ask can choose them: read "
	       "each\n"
	       "# rule, and know why it is needed, before it is one.\n");
	for (size_t i = 0; i < learn_count(learning->learn); i++) {
		char path[4096];
		struct buf exec = { 0 };
		char *text;
		uint32_t uid;
		size_t samples;

		learn_shape(learning->learn, i, &uid, &samples);
		learn_exec(learning->learn, i, find_program, path, &exec);
		text = buf_take(&exec);
		if (text == NULL)
			continue;
		printf("\n# uid %u, %zu different request%s\n", uid, samples,
		       samples == 1 ? "" : "s");
		lint_exec(text);
		printf("#[Command learned-%zu]\n#Exec=%s\n#User=\n", i + 1, text);
		free(text);
	}
	if (learning->skipped > 0)
		printf("\n# %zu lines were not understood, or too much\n", learning->skipped);
}

static int
run(const struct command *command, int argc, char **argv)
{
	struct learning learning = { .learn = learn_new() };
	int status = STATUS_USAGE;
	int first = parse_operands(command, argc, argv, &learning.answering, 1, &status);
	bool good = first >= 0 && learning.learn != NULL;

	for (int i = first; good && i < argc; i++)
		good = read_log(&learning, argv[i]);
	if (good) {
		print_rules(&learning);
		status = answer_end(&learning.answering.say, STATUS_YES, STATUS_USAGE);
	}
	learn_free(learning.learn);
	return status;
}

const struct command policy_learn = {
	.name = "policy learn",
	.operands = "LOG...",
	.summary = "make rules of requests that were refused, commented out",
	.opts = opts,
	.more = "LOG is writd's record. A rule is as tight as the requests it is made of; User= "
		"is\n"
		"left empty, so that none becomes one unread.\n\n"
		"exit status: 0; 2 wrong usage, or an error\n",
	.run = run,
};
