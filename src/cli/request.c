#include "request.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Before the run: one that cannot be written must not be noticed after it. */
static int
open_record(struct run *run)
{
	long number;
	int fd;

	if (run->record == NULL || run->dry_run)
		return 0;
	if (strncmp(run->record, "fd:", 3) == 0) {
		if (!runopt_number(run->record + 3, 10, 0, 1 << 20, &number))
			return runopt_refuse(run, "--record", run->record, "FILE or fd:N");
		run->record_fd = (int)number;
	} else {
		fd = open(run->record, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
		if (fd < 0) {
			say(&run->say, "cannot write the record: %s: %s", run->record,
			    strerror(errno));
			return -1;
		}
		run->record_fd = fd;
	}
	run->cmd.record = true;
	run->cmd.record_fd = run->record_fd;
	return 0;
}

static void
make_relay(struct writ_out *out, struct relay *relay, int fd, enum writ_stream stream)
{
	if (out->kind != WRIT_OUT_INHERIT)
		return;
	relay_init(relay, fd, stream);
	out->kind = WRIT_OUT_STREAM;
	out->sink = relay_sink;
	out->ctx = relay;
}

/* Output is seen by us only if it is captured, or passes through. */
static int
choose_outputs(struct run *run)
{
	struct writ_cmd *cmd = &run->cmd;
	bool kills = cmd->out.overflow == WRIT_OVERFLOW_KILL && run->bounded;
	bool watches = cmd->idle_timeout_ms > 0 || kills;

	if (run->capture) {
		if (cmd->out.kind == WRIT_OUT_INHERIT)
			cmd->out.kind = WRIT_OUT_CAPTURE;
		if (cmd->err.kind == WRIT_OUT_INHERIT)
			cmd->err.kind = WRIT_OUT_CAPTURE;
		return 0;
	}
	if (run->bounded && !kills) {
		say(&run->say,
		    "--output-max and --overflow are about captured output: add --capture");
		return -1;
	}
	if (!watches)
		return 0;
	if (kills && cmd->out.max_bytes == 0)
		cmd->out.max_bytes = cmd->err.max_bytes = WRIT_OUT_MAX_BYTES_DEFAULT;
	if ((cmd->out.kind == WRIT_OUT_INHERIT && isatty(1)) ||
	    (cmd->err.kind == WRIT_OUT_INHERIT && isatty(2))) {
		say(&run->say, "%s: output goes to a terminal, past us: add --capture",
		    kills ? "--overflow kill" : "--idle-timeout");
		return -1;
	}
	make_relay(&cmd->out, &run->out, 1, WRIT_STREAM_OUT);
	make_relay(&cmd->err, &run->err, 2, WRIT_STREAM_ERR);
	return 0;
}

int
request_make(struct run *run, char **operands)
{
	struct writ_cmd *cmd = &run->cmd;

	if (run->json && !run->dry_run) {
		say(&run->say, "--json goes with --dry-run; --record writes the record of a run");
		return -1;
	}
	cmd->argv = (const char *const *)operands;
	cmd->env.set = run->set.list;
	cmd->env.set_secret = run->secret.list;
	cmd->env.keep = run->keep.list;
	cmd->limits = run->limits.list;
	cmd->pass = run->pass;
	cmd->teardown = &run->teardown;
	cmd->teardown_count = 1;
	if (choose_outputs(run) < 0)
		return -1;
	return open_record(run);
}

void
request_done(struct run *run)
{
	for (size_t i = 0; i < run->owned.count; i++) {
		char *word = (char *)(uintptr_t)run->owned.list[i];

		explicit_bzero(word, strlen(word));
		free(word);
	}
	if (run->input != NULL)
		explicit_bzero(run->input, run->input_len);
	free(run->input);
	free(run->set.list);
	free(run->secret.list);
	free(run->keep.list);
	free(run->limits.list);
	free(run->owned.list);
	relay_done(&run->out);
	relay_done(&run->err);
}
