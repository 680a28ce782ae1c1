/* commands.h - the commands of writ, a file each. */
#ifndef WRIT_CLI_COMMANDS_H
#define WRIT_CLI_COMMANDS_H

#include "opt.h"

extern const struct command command_run;
extern const struct command command_ask;
extern const struct command command_kill;
extern const struct command command_alive;
extern const struct command command_id;
extern const struct command command_tree;
extern const struct command command_child;
extern const struct command command_match;
extern const struct command command_doctor;
extern const struct command command_log;
extern const struct command command_policy;

/* The options that the answering commands share. */
int take_json(void *ctx, const char *value);
#define OPT_JSON { 0, "json", NULL, "answer with one JSON document", take_json }
#define OPT_END { 0, NULL, NULL, NULL, NULL }

/* Which comes first in what such an option works on. */
struct answering {
	struct say say;
	bool json;
};

/* Parses; the result as opt_parse(), after checking how many operands there
 * are. `*ret_status` is the exit status when it is negative. */
int parse_operands(const struct command *command, int argc, char **argv,
		   struct answering *answering, int least, int *ret_status);

/* Reads a REF: says what is wrong with it, -1. A process that is gone is
 * answered 0 with *ret_gone set. */
int read_ref(struct say *say, const char *text, struct writ_id *ret_id, bool *ret_gone);

/* The options of a host that the environment names: WRIT_CGROUP is a directory
 * for leaf control groups, or "none". */
struct writ_host_options host_options(void);

#endif
