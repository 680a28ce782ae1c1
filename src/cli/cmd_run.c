#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "commands.h"
#include "request.h"

/* Signals that end the run; one that was ignored at the start stays so. */
static const int ending_signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

enum { ENDING_COUNT = sizeof(ending_signals) / sizeof(ending_signals[0]) };

struct running {
	struct run *run;
	struct writ_host *host;
	struct writ_proc *proc;
	int signals;	  /* signalfd */
	int ended_by;	  /* the first signal that asked for the end, or 0 */
	bool has_ended;
	int patience_ms;    /* with a reader of what is left; -1: any */
	bool told_to_leave; /* by a signal after the end */
	struct writ_result res;
};

static int
open_signals(void)
{
	sigset_t set;
	struct sigaction action;

	sigemptyset(&set);
	for (int i = 0; i < ENDING_COUNT; i++) {
		sigaction(ending_signals[i], NULL, &action);
		if (action.sa_handler != SIG_IGN)
			sigaddset(&set, ending_signals[i]);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* a reader that leaves is told by write(2); the program gets its default */
	action = (struct sigaction){ .sa_handler = SIG_IGN };
	sigaction(SIGPIPE, &action, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* The first asks, the second does not. */
static void
take_signals(struct running *running)
{
	struct signalfd_siginfo info;
	char name[16];

	while (read(running->signals, &info, sizeof(info)) == sizeof(info)) {
		bool again = running->ended_by != 0;

		writ_signal_name((int)info.ssi_signo, name);
		if (!again)
			running->ended_by = (int)info.ssi_signo;
		running->told_to_leave = running->has_ended;
		if (running->has_ended)
			continue;
		if (!again && running->run->say.verbose)
			say(&running->run->say, "%s: ending the run", name);
		writ_stop(running->proc, again ? WRIT_STOP_KILL : WRIT_STOP_POLITE, name);
	}
}

static void
flush_relay(struct running *running, struct relay *relay)
{
	if (relay->len > 0 && relay_flush(relay) && !running->has_ended)
		writ_proc_resume(running->proc, relay->stream);
}

static int
wait_ms(const struct running *running)
{
	return running->has_ended ? running->patience_ms : writ_host_wait_ms(running->host);
}

/* One turn: waits for the run, a signal, or room to write. */
static void
turn(struct running *running)
{
	struct run *run = running->run;
	struct pollfd poll_fd[4] = {
		{ running->has_ended ? -1 : writ_host_fd(running->host), POLLIN, 0 },
		{ running->signals, POLLIN, 0 },
		{ relay_wait_fd(&run->out), POLLOUT, 0 },
		{ relay_wait_fd(&run->err), POLLOUT, 0 },
	};

	if (poll(poll_fd, 4, wait_ms(running)) == 0 && running->has_ended)
		running->patience_ms = 0; /* not a byte was taken all that time */
	if (poll_fd[1].revents != 0)
		take_signals(running);
	if (poll_fd[2].revents != 0)
		flush_relay(running, &run->out);
	if (poll_fd[3].revents != 0)
		flush_relay(running, &run->err);
	if (!running->has_ended)
		writ_host_step(running->host);
}

static void
tell_start(void *ctx, struct writ_proc *proc)
{
	const struct running *running = ctx;
	char id[WRIT_ID_TEXT_MAX];

	say(&running->run->say, "started: %s, contained by %s",
	    writ_id_text(writ_proc_id(proc), id), writ_level_name(writ_proc_level(proc)));
}

static void
take_end(void *ctx, struct writ_proc *proc, struct writ_result *res)
{
	struct running *running = ctx;

	running->res = *res;
	*res = (struct writ_result){ 0 };
	running->has_ended = true;
	(void)proc;
}

static void
tell_cut(const struct say *say_to, const char *name, const struct writ_output *output)
{
	if (output->truncated)
		say(say_to, "%s was cut: %" PRId64 " bytes came, %zu are kept, the gap is at %zu",
		    name, output->bytes, output->len, output->cut_at);
}

/* The reader of what is left may take its time, unless the run was stopped: a
 * time-out cannot be held up by who does not read. */
static void
deliver(struct running *running)
{
	struct run *run = running->run;
	struct writ_result *res = &running->res;

	if (run->capture) {
		relay_init(&run->out, STDOUT_FILENO, WRIT_STREAM_OUT);
		relay_init(&run->err, STDERR_FILENO, WRIT_STREAM_ERR);
		relay_take(&run->out, res->out.data, res->out.len);
		relay_take(&run->err, res->err.data, res->err.len);
		res->out.data = res->err.data = NULL;
	}
	if (res->stopped_by[0] != '\0')
		running->patience_ms = WRIT_DRAIN_MAX_MS_DEFAULT;
	while ((run->out.len > 0 || run->err.len > 0) && !running->told_to_leave &&
	       running->patience_ms != 0)
		turn(running);
}

/* What a reader of the terminal wants to know beside the exit status. */
static void
tell(const struct running *running)
{
	const struct say *say_to = &running->run->say;
	const struct writ_result *res = &running->res;
	const char *program = running->run->cmd.argv[0];
	const struct writ_left *left = &res->left_behind;
	int named = left->survivors != NULL ? left->survived : 0;
	char id[WRIT_ID_TEXT_MAX];

	for (int i = 0; i < named && i < WRIT_SURVIVORS_MAX; i++)
		say(say_to, "cannot end: %s", writ_id_text(&left->survivors[i], id));
	if (res->cause == WRIT_LOST)
		say(say_to, "the exit status of the program was lost: %s", program);
	if (say_to->quiet)
		return;
	if (res->cause == WRIT_TIMEOUT)
		say(say_to, "timed out after %" PRId64 "ms: %s", running->run->cmd.timeout_ms,
		    program);
	else if (res->cause == WRIT_IDLE_TIMEOUT)
		say(say_to, "no output for %" PRId64 "ms: %s", running->run->cmd.idle_timeout_ms,
		    program);
	else if (res->cause == WRIT_OUTPUT_LIMIT)
		say(say_to, "more than %zu bytes of output: %s", running->run->cmd.out.max_bytes,
		    program);
	tell_cut(say_to, "standard output", &res->out);
	tell_cut(say_to, "standard error", &res->err);
	if (say_to->verbose)
		say(say_to, "%s: %s, %" PRId64 " ms, contained by %s, left behind %d, ended %d",
		    program, writ_cause_name(res->cause), res->wall_ns / 1000000,
		    writ_level_name(res->containment), res->left_behind.count,
		    res->left_behind.killed);
}

static int
finish(struct running *running)
{
	const struct writ_result *res = &running->res;
	int status = writ_result_status(res);

	if (running->ended_by != 0)
		status = 128 + running->ended_by;
	int broken = running->run->out.broken != 0 ? running->run->out.broken
						    : running->run->err.broken;
	/* what was passed on and found no reader is the program's own affair: it got
	 * SIGPIPE for it */
	if (broken != 0 && running->run->capture) {
		say(&running->run->say, "cannot print what was captured: %s", strerror(broken));
		status = STATUS_NOT_DONE;
	}
	tell(running);
	if (res->record_errno != 0) {
		say(&running->run->say, "cannot write the record: %s: %s", running->run->record,
		    strerror(res->record_errno));
		status = STATUS_NOT_DONE;
	}
	return status;
}

static int
fail_start(const struct run *run, struct writ_error *err)
{
	struct writ_result res = { .cause = WRIT_NOT_STARTED, .error = err };

	if (err != NULL) /* else there was no memory for it */
		say_error(&run->say, err);
	return writ_result_status(&res);
}

/* On a file system that hangs the start is not waited for: signals are heard, and
 * the time limit is kept. */
static int
execute(struct run *run)
{
	struct writ_host_options options = host_options();
	struct running running = { .run = run, .patience_ms = -1 };
	struct writ_events events = { .size = sizeof(events),
				      .ctx = &running,
				      .later = true,
				      .started = run->say.verbose ? tell_start : NULL,
				      .ended = take_end };
	struct writ_error err = { 0 };
	int status;

	running.signals = open_signals();
	if (writ_host_new(&options, &running.host, &err) < 0)
		return fail_start(run, &err);
	if (writ_start(running.host, &run->cmd, &events, &running.proc, &err) < 0) {
		writ_host_free(running.host);
		return fail_start(run, &err);
	}
	while (!running.has_ended)
		turn(&running);
	if (running.res.cause == WRIT_NOT_STARTED) {
		status = fail_start(run, running.res.error);
	} else {
		deliver(&running);
		status = finish(&running);
	}
	writ_result_done(&running.res);
	writ_host_free(running.host);
	return status;
}

static int
print_plan(struct run *run)
{
	struct writ_error err = { 0 };
	char *text;

	if (writ_plan_text(NULL, &run->cmd, run->json, &text, &err) < 0)
		return fail_start(run, &err);
	fputs(text, stdout);
	free(text);
	return answer_end(&run->say, 0, STATUS_NOT_DONE);
}

static int
run_command(const struct command *command, int argc, char **argv)
{
	struct run run = { .record_fd = -1,
			   .teardown = { WRIT_SIGNAL_TERM, WRIT_KILL_AFTER_MS_DEFAULT } };
	int status = STATUS_NOT_DONE;
	int first;

	writ_cmd_init(&run.cmd, NULL);
	run.cmd.in.kind = WRIT_IN_INHERIT;
	run.cmd.out.kind = run.cmd.err.kind = WRIT_OUT_INHERIT;
	say_set_color(&run.say, "auto");
	first = opt_parse(command, argc, argv, &run, &run.say);
	if (first == OPT_HELPED) {
		status = answer_end(&run.say, 0, STATUS_NOT_DONE);
	} else if (first == argc) {
		say(&run.say, "no program is named: writ run [OPTIONS] [--] PROGRAM [ARG...]");
	} else if (first >= 0 && request_make(&run, argv + first) == 0) {
		status = run.dry_run ? print_plan(&run) : execute(&run);
	}
	request_done(&run);
	return status;
}

const struct command command_run = {
	.name = "run",
	.operands = "[--] PROGRAM [ARG...]",
	.summary = "run one program, and end all of it",
	.opts = runopt_table,
	.more = "DUR: 10 (seconds), 500ms, 1.5s, 2m, 1h30m; SIZE: 4096, 512K, 16M, 2G.\n\n"
		"exit status: the program's own; 124 timed out; 125 writ could not do its\n"
		"part; 126 found but cannot be executed; 127 not found; 128+N ended by signal\n"
		"N\n",
	.run = run_command,
};
