/* opt.h - options are a table: it parses, it is the help, it is the manual. */
#ifndef WRIT_CLI_OPT_H
#define WRIT_CLI_OPT_H

#include "say.h"

struct opt {
	char letter;	   /* 0: none */
	const char *name;  /* long, without "--" */
	const char *value; /* what it takes, as the help names it; NULL: nothing */
	const char *help;  /* one line */
	/* Takes the value. Returns 0, or -1 after saying why not. */
	int (*take)(void *ctx, const char *value);
};

struct command {
	const char *name;
	const char *operands; /* as the synopsis shows them */
	const char *summary;  /* one line */
	const struct opt *opts; /* ended by an empty one */
	const char *more;     /* the rest of the help: exit status, examples */
	int (*run)(const struct command *command, int argc, char **argv);
};

/* Takes the options from argv[1] on; stops at the first operand or after "--".
 * Returns the index of the first operand; -1 after saying what is wrong; -2
 * when the help was asked for and given. */
enum { OPT_WRONG = -1, OPT_HELPED = -2 };
int opt_parse(const struct command *command, int argc, char **argv, void *ctx, struct say *say);

/* The help, and the same as parts of a manual page (scdoc). */
void opt_print_help(const struct command *command);
void opt_print_manual(const struct command *command);

/* What every command understands; they are in no table of a command. */
extern const struct opt opt_common[];

#endif
