/* main.c - writ-rootwrap, in the place of oslo-rootwrap. */
#include <stdio.h>
#include <string.h>

#include "check.h"
#include "once.h"
#include "setup.h"
#include "status.h"
#include "writ/base.h"

enum { ARGS_MAX = 128 * 1024 };

static int
usage(FILE *to, int status)
{
	fprintf(to,
		"usage: writ-rootwrap CONF COMMAND [ARG...]\n"
		"       writ-rootwrap --check CONF [COMMAND [ARG...]]\n"
		"       writ-rootwrap-daemon CONF\n\n"
		"Runs a command that the filters of CONF allow, as oslo-rootwrap does.\n"
		"--check says which filters another verdict comes from in strict mode, and why\n"
		"a COMMAND is allowed or not. The manual page writ-rootwrap(1) says more.\n");
	return status;
}

/* Stock has no options: what looks like one is CONF, if anything follows. */
static int
run(const char *name, int argc, char **argv)
{
	struct setup setup;
	struct log log;
	int status;

	if (argc >= 3 && strcmp(argv[1], "--check") == 0)
		return check_run(name, argv[2], argv + 3, (size_t)argc - 3);
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return usage(stdout, 0);
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return printf("writ-rootwrap %s\n", writ_version()) < 0 ? STATUS_NOT_DONE : 0;
	if (argc < 3 || argc > ARGS_MAX) {
		log_init(&log, name);
		log_print(&log, "No command specified");
		return STATUS_NO_COMMAND;
	}
	status = setup_load(&setup, name, argv[1], false);
	if (status == 0)
		status = once_run(&setup, argv + 2, (size_t)argc - 2);
	setup_done(&setup);
	return status;
}

int
main(int argc, char **argv)
{
	setup_streams();
	return run(argc > 0 ? argv[0] : "writ-rootwrap", argc, argv);
}
