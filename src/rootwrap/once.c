#include "once.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "killing.h"
#include "order.h"
#include "query.h"
#include "repr.h"
#include "status.h"

/* What others send to us is meant for the command. */
static const int forwarded[] = { SIGHUP,  SIGINT,  SIGQUIT,  SIGTERM, SIGUSR1,
				 SIGUSR2, SIGCONT, SIGWINCH, SIGALRM };

struct running {
	struct writ_host *host;
	struct writ_proc *proc;
	int64_t pid;
	int signals; /* signalfd */
	int status;  /* -1: it runs */
};

/* One that was ignored when we began stays so: nohup(1). */
static int
open_signals(void)
{
	struct sigaction action;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++) {
		sigaction(forwarded[i], NULL, &action);
		if (action.sa_handler != SIG_IGN)
			sigaddset(&set, forwarded[i]);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* What the terminal sends goes to the whole group: the command has it already. And what the
 * command itself sends us is not for it. */
static void
forward_signals(struct running *running)
{
	struct signalfd_siginfo info;

	while (read(running->signals, &info, sizeof(info)) == sizeof(info)) {
		bool by_kernel = info.ssi_code > 0;

		if (by_kernel || info.ssi_pid == (uint32_t)running->pid)
			continue;
		writ_proc_signal(running->proc, (int)info.ssi_signo, NULL);
	}
}

static void
take_end(void *ctx, struct writ_proc *proc, struct writ_result *res)
{
	struct running *running = ctx;

	(void)proc;
	if (res->timed_out)
		running->status = STATUS_TIMED_OUT;
	else if (res->cause == WRIT_SIGNALED || res->signal != 0)
		running->status = STATUS_SIGNALED + res->signal;
	else
		running->status = res->exit_code >= 0 ? res->exit_code : STATUS_NOT_DONE;
}

static int
fail(const struct setup *setup, struct arena *arena, const struct writ_error *err)
{
	char text[600];

	writ_error_text(err, text, sizeof(text));
	log_print(&setup->log, repr_line(arena, text));
	return order_failure(err);
}

/* Alone as it is, the host finds nothing but the program: what that leaves behind is not
 * ours to end, and lives where it was born. */
static int
run(struct setup *setup, struct arena *arena, const struct verdict *verdict)
{
	struct writ_host_options options = { .size = sizeof(options),
					     .level_max = WRIT_LEVEL_PROCESS };
	struct running running = { .status = -1 };
	struct writ_events events = { .size = sizeof(events), .ctx = &running, .ended = take_end };
	struct writ_error err = { 0 };
	struct writ_cmd cmd;

	if (order_make(arena, verdict, setup->own.strict, &cmd, &err) < 0)
		return fail(setup, arena, &err);
	cmd.in.kind = WRIT_IN_INHERIT;
	cmd.out.kind = cmd.err.kind = WRIT_OUT_INHERIT;
	cmd.same_session = cmd.user == NULL;
	cmd.timeout_ms = setup->config.command_timeout_ms;
	running.signals = open_signals();
	if (writ_host_new(&options, &running.host, &err) < 0)
		return fail(setup, arena, &err);
	if (writ_start(running.host, &cmd, &events, &running.proc, &err) < 0) {
		writ_host_free(running.host);
		return fail(setup, arena, &err);
	}
	running.pid = writ_proc_id(running.proc)->pid;
	while (running.status < 0) {
		struct pollfd poll_fd[2] = { { writ_host_fd(running.host), POLLIN, 0 },
					     { running.signals, POLLIN, 0 } };

		poll(poll_fd, 2, writ_host_wait_ms(running.host));
		if (poll_fd[1].revents != 0)
			forward_signals(&running);
		writ_host_step(running.host);
	}
	writ_host_free(running.host);
	return running.status;
}

static int
send_signal(struct setup *setup, struct arena *arena, const struct query *query,
	    const struct verdict *verdict)
{
	int err = killing_send(&query->target, verdict->signal, verdict->run_as);

	if (err == 0)
		return 0;
	/* in the words of kill(1): callers look for "No such process" */
	log_print(&setup->log, arena_print(arena, "kill: sending signal to %lld failed: %s",
					   (long long)query->target.pid, strerror(err)));
	return 1;
}

/* Who is denied learns what was skipped: the filter that would have allowed it may be there. */
static int
deny(struct setup *setup, const char *text, const char *logged, int status)
{
	log_print(&setup->log, text);
	for (size_t i = 0; i < setup->told.count; i++)
		if (strncmp(setup->told.list[i], "skipped: ", 9) == 0)
			log_print(&setup->log, setup->told.list[i]);
	log_denial(&setup->log, CONFIG_ERROR, logged);
	return status;
}

static int
act(struct setup *setup, struct query *query)
{
	struct arena *arena = query->arena;
	struct verdict verdict = query_decide(query);
	const char *text;

	switch (verdict.kind) {
	case VERDICT_RUN:
		if (setup->log.use_syslog)
			log_send(&setup->log, CONFIG_INFO, order_log_line(arena, &verdict));
		return run(setup, arena, &verdict);
	case VERDICT_SIGNAL:
		verdict.command.argv = query->argv;
		if (setup->log.use_syslog)
			log_send(&setup->log, CONFIG_INFO, order_log_line(arena, &verdict));
		return send_signal(setup, arena, query, &verdict);
	case VERDICT_MISSING:
		text = arena_print(arena, "Executable not found: %s (filter match = %s)",
				   verdict.filter->exec_path, verdict.filter->name);
		return deny(setup, text, setup->own.strict ? repr_line(arena, text) : text,
			    STATUS_NO_PROGRAM);
	case VERDICT_NOTHING:
	default:
		text = arena_print(arena, "Unauthorized command: %s (no filter matched)",
				   words_join(arena, &query->argv));
		if (setup->own.strict)
			text = repr_line(arena, text);
		return deny(setup, text, text, STATUS_DENIED);
	}
}

int
once_run(struct setup *setup, char **argv, size_t count)
{
	struct arena arena = { 0 };
	struct query query;
	int status;

	query_begin(&query, &arena, &setup->config, &setup->filters, &setup->machine,
		    words_of((const char *const *)argv, count));
	status = act(setup, &query);
	query_end(&query);
	arena_done(&arena);
	return status;
}
