/* daemon.c - writ-rootwrap-daemon, in the place of oslo-rootwrap-daemon. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "server.h"
#include "status.h"

static int
run(const char *name, int argc, char **argv)
{
	static struct server server; /* with all its buffers: too large for a stack */
	struct setup setup;
	struct log log;
	int status;

	if (argc != 2) {
		log_init(&log, name);
		log_print(&log, "Extra arguments to daemon");
		return STATUS_NO_COMMAND;
	}
	status = setup_load(&setup, name, argv[1], true);
	if (status == 0)
		status = server_open(&server, &setup) < 0 ? STATUS_NOT_DONE : server_run(&server);
	setup_done(&setup);
	return status;
}

int
main(int argc, char **argv)
{
	setup_streams();
	return run(argc > 0 ? argv[0] : "writ-rootwrap-daemon", argc, argv);
}
