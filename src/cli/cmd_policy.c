#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy.h"

static const struct opt opts[] = { OPT_END };

static const struct command *const commands[] = {
	&policy_check, &policy_explain_command, &policy_test,
	&policy_lint,  &policy_learn,		&policy_convert,
};

enum { COMMAND_COUNT = sizeof(commands) / sizeof(commands[0]) };

int
take_any_owner(void *ctx, const char *value)
{
	((struct policy_asking *)ctx)->store.any_owner = true;
	(void)value;
	return 0;
}

int
take_any_program(void *ctx, const char *value)
{
	((struct policy_asking *)ctx)->store.any_program = true;
	(void)value;
	return 0;
}

int
take_any_user(void *ctx, const char *value)
{
	((struct policy_asking *)ctx)->store.any_user = true;
	(void)value;
	return 0;
}

/* As an absolute path; the caller frees it. */
static char *
absolute(const char *path, const char *beside)
{
	const char *slash = beside != NULL ? strrchr(beside, '/') : NULL;
	char *here = getcwd(NULL, 0);
	char *made = NULL;
	int r = -1;

	if (path[0] == '/')
		r = asprintf(&made, "%s", path);
	else if (slash != NULL && beside[0] == '/')
		r = asprintf(&made, "%.*s/%s", (int)(slash - beside), beside, path);
	else if (here != NULL && slash != NULL)
		r = asprintf(&made, "%s/%.*s/%s", here, (int)(slash - beside), beside, path);
	else if (here != NULL)
		r = asprintf(&made, "%s/%s", here, path);
	free(here);
	return r < 0 ? NULL : made;
}

bool
asking_add_dir(struct policy_asking *asking, const char *dir, const char *beside)
{
	char *path;

	if (asking->dir_count == POLICY_DIRS_MAX) {
		say(&asking->answering.say, "more than %d directories", POLICY_DIRS_MAX);
		return false;
	}
	path = absolute(dir, beside);
	if (path == NULL) {
		say(&asking->answering.say, "out of memory");
		return false;
	}
	asking->made[asking->dir_count] = path;
	asking->dirs[asking->dir_count++] = path;
	asking->store.dirs = asking->dirs;
	return true;
}

int
asking_parse(struct policy_asking *asking, const struct command *command, int argc, char **argv,
	     int *ret_status)
{
	int at = 0;

	*ret_status = STATUS_USAGE;
	say_set_color(&asking->answering.say, "auto");
	for (;;) {
		int first =
			opt_parse(command, argc - at, argv + at, asking, &asking->answering.say);

		if (first == OPT_HELPED)
			*ret_status = answer_end(&asking->answering.say, STATUS_YES, STATUS_USAGE);
		if (first < 0)
			return first;
		at += first;
		if (at >= argc || (first > 1 && strcmp(argv[at - 1], "--") == 0))
			return at < argc ? at : argc;
		if (!asking_add_dir(asking, argv[at], NULL))
			return OPT_WRONG;
	}
}

/* "FILE:LINE: what: why" */
static void
print_finding(void *ctx, const struct policy_finding *finding)
{
	struct policy_asking *asking = ctx;
	bool fatal = finding->level == POLICY_FATAL;

	asking->fatal += fatal;
	asking->warnings += !fatal;
	if (asking->silent || (!fatal && asking->answering.say.quiet))
		return;
	printf("%s:%u: %s%s\n", finding->file, finding->line,
	       fatal ? "" : "warning: ", finding->text);
}

bool
asking_load(struct policy_asking *asking)
{
	struct policy_ear ear = { print_finding, asking };
	int r = WRIT_E_NOMEM;

	if (asking->names == NULL)
		asking->names = names_new();
	if (asking->names != NULL)
		r = store_load(&asking->store, asking->names, &ear, &asking->policy);
	if (r == WRIT_E_NOMEM)
		say(&asking->answering.say, "out of memory");
	return r == 0;
}

bool
asking_peer(struct policy_asking *asking, const char *user, struct policy_peer *ret_peer)
{
	struct policy_user found;

	if (store_peer(&asking->store, asking->names, user, &found) < 0) {
		say(&asking->answering.say, "no such user: %s", user);
		return false;
	}
	*ret_peer = (struct policy_peer){ .uid = found.uid,
					  .gid = found.gid,
					  .groups = found.groups,
					  .group_count = found.group_count,
					  .is_foreign = asking->is_foreign };
	return true;
}

void
asking_done(struct policy_asking *asking)
{
	policy_free(asking->policy);
	names_free(asking->names);
	for (size_t i = 0; i < asking->dir_count; i++)
		free(asking->made[i]);
}

static int
run(const struct command *command, int argc, char **argv)
{
	struct say say_to = { 0 };
	const char *known[COMMAND_COUNT + 1] = { NULL };
	int first;

	say_set_color(&say_to, "auto");
	first = opt_parse(command, argc, argv, &say_to, &say_to);
	if (first == OPT_HELPED)
		return answer_end(&say_to, STATUS_YES, STATUS_USAGE);
	if (first == OPT_WRONG)
		return STATUS_USAGE;
	if (first == argc) {
		say(&say_to, "usage: writ %s %s", command->name, command->operands);
		return STATUS_USAGE;
	}
	for (int i = 0; i < COMMAND_COUNT; i++) {
		known[i] = strchr(commands[i]->name, ' ') + 1;
		if (strcmp(known[i], argv[first]) == 0)
			return commands[i]->run(commands[i], argc - first, argv + first);
	}
	say_unknown(&say_to, "command", argv[first], known);
	return STATUS_USAGE;
}

const struct command command_policy = {
	.name = "policy",
	.operands = "check|explain|test|lint|learn|convert ...",
	.summary = "check, explain, test and lint the rules of writd",
	.opts = opts,
	.more = "  check [DIR...]                      what writd itself does when it loads them\n"
		"  explain [DIR...] --user U -- ARGV...  the rule for a command, or why there is "
		"none\n"
		"  test FILE...                        commands, and what is expected of each\n"
		"  lint [DIR...]                       rules that give more than they seem to\n"
		"  learn LOG...                        rules for what was refused, commented out\n"
		"  convert --from rootwrap --user U CONF  oslo.rootwrap's filters as rules\n\n"
		"'writ policy COMMAND --help' says more. A DIR may be a single file; without\n"
		"any, those of writd are taken: " STORE_DIR_ETC ", " STORE_DIR_LIB ".\n",
	.run = run,
};
