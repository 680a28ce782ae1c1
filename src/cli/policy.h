/* policy.h - what the commands of `writ policy` share. */
#ifndef WRIT_CLI_POLICY_H
#define WRIT_CLI_POLICY_H

#include "commands.h"
#include "policy/policy.h"
#include "store/names.h"
#include "store/store.h"

enum { POLICY_DIRS_MAX = 16, POLICY_NEAR_MAX = 5, POLICY_ENV_MAX = 64 };

/* What is asked for, and what has been read. */
struct policy_asking {
	struct answering answering; /* first: see opt.h */
	struct store_options store;
	const char *dirs[POLICY_DIRS_MAX + 1];
	char *made[POLICY_DIRS_MAX]; /* those that were relative */
	size_t dir_count;
	const char *user;
	bool is_foreign;
	const char *environment[POLICY_ENV_MAX];
	size_t environment_count;
	unsigned fatal; /* findings */
	unsigned warnings;
	bool silent; /* findings are not printed */
	struct names *names;
	struct policy *policy;
};

extern const struct command policy_check;
extern const struct command policy_explain_command;
extern const struct command policy_test;
extern const struct command policy_lint;
extern const struct command policy_learn;
extern const struct command policy_convert;

/* Options that all of them take. */
int take_any_owner(void *ctx, const char *value);
int take_any_program(void *ctx, const char *value);
int take_any_user(void *ctx, const char *value);
#define OPT_POLICY                                                                                 \
	{ 0, "any-owner", NULL, "do not ask whose the files and programs are", take_any_owner },   \
		{ 0, "any-program", NULL, "do not look at the programs of rules",                  \
		  take_any_program },                                                              \
	{                                                                                          \
		0, "any-user", NULL, "make up users and groups that are not known here",           \
			take_any_user                                                              \
	}

/* Adds a directory or a file, relative to `beside` (a file, or NULL: to the current
 * directory). False after saying why not. */
bool asking_add_dir(struct policy_asking *asking, const char *dir, const char *beside);

/* Takes options and directories, in any order, up to the end or "--". Returns the
 * index of what follows that, or a negative result of opt_parse() with the status. */
int asking_parse(struct policy_asking *asking, const struct command *command, int argc, char **argv,
		 int *ret_status);

/* Reads the policy; findings are printed, a line each. False: it cannot be used. */
bool asking_load(struct policy_asking *asking);

/* The peer that a user would be. False after saying why not. */
bool asking_peer(struct policy_asking *asking, const char *user, struct policy_peer *ret_peer);

void asking_done(struct policy_asking *asking);

#endif
