/* runopt.h - the options of `writ run`, a function each, and what they fill. */
#ifndef WRIT_CLI_RUNOPT_H
#define WRIT_CLI_RUNOPT_H

#include "opt.h"
#include "relay.h"

enum { RUN_LIST_MAX = 4096 };

/* A list of borrowed strings that grows, NULL-ended. */
struct words {
	const char **list;
	size_t count;
};

struct run {
	struct say say; /* first */
	struct writ_cmd cmd;
	struct words set;
	struct words secret;
	struct words keep;
	struct words limits;
	struct words owned; /* to be cleared and freed */
	struct writ_pass pass[64];
	struct writ_teardown teardown;
	char *input; /* --secret-stdin */
	size_t input_len;
	const char *record;
	bool capture;
	bool dry_run;
	bool json;
	bool bounded;  /* --output-max or --overflow was given */
	int record_fd; /* -1: none */
	struct relay out;
	struct relay err;
};

extern const struct opt runopt_table[];

/* Says that the value of an option is not what it should be. Returns -1. */
int runopt_refuse(struct run *run, const char *option, const char *value, const char *expected);

/* A whole number in a range, without blanks or '+'. */
bool runopt_number(const char *value, int base, long least, long most, long *ret_number);

#endif
