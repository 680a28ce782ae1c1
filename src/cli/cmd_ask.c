#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "bridge.h"
#include "commands.h"
#include "shadow.h"

enum { VARIABLES_MAX = 4096, LEFT_MS = 2000 };

/* Passed on to the program; one that was ignored at the start stays so. */
static const int signals_passed[] = { SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
				      SIGUSR1, SIGUSR2, SIGCONT, SIGWINCH };

struct asking {
	struct say say; /* first */
	struct writ_cmd cmd;
	const char *variables[VARIABLES_MAX + 1];
	size_t variable_count;
	const char *socket;
	const char *netns;
	struct writ_broker *broker;
	uint64_t id;
	int signals; /* signalfd */
	struct shadow shadow;
	struct bridge streams[3];
	bool has_ended;
	int status;
};

static int
take_socket(void *ctx, const char *value)
{
	((struct asking *)ctx)->socket = value;
	return 0;
}

static int
take_timeout(void *ctx, const char *value)
{
	struct asking *asking = ctx;
	struct writ_error err = { .size = sizeof(err) };

	if (writ_duration_parse(value, &asking->cmd.timeout_ms, &err) == 0 &&
	    asking->cmd.timeout_ms > 0)
		return 0;
	say(&asking->say, "--timeout: %s: not a duration: 10, 500ms, 1.5s, 2m", value);
	return -1;
}

static int
take_env(void *ctx, const char *value)
{
	struct asking *asking = ctx;

	if (strchr(value, '=') == NULL || value[0] == '=') {
		say(&asking->say, "--env: %s: not NAME=VALUE", value);
		return -1;
	}
	if (asking->variable_count == VARIABLES_MAX) {
		say(&asking->say, "--env: too many");
		return -1;
	}
	asking->variables[asking->variable_count++] = value;
	return 0;
}

static int
take_netns(void *ctx, const char *value)
{
	((struct asking *)ctx)->netns = value;
	return 0;
}

static const struct opt opts[] = {
	{ 't', "timeout", "DUR", "end the run after so long (the rule's limit)", take_timeout },
	{ 'e', "env", "NAME=VALUE", "give a variable, which the rule must pass", take_env },
	{ 0, "netns", "NAME", "ask for 'ip netns exec NAME PROGRAM ...'", take_netns },
	{ 0, "socket", "PATH", "where writd listens (/run/writ/writd.sock)", take_socket },
	OPT_END,
};

static int
open_signals(void)
{
	sigset_t set;
	struct sigaction action;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals_passed) / sizeof(signals_passed[0]); i++) {
		sigaction(signals_passed[i], NULL, &action);
		if (action.sa_handler != SIG_IGN)
			sigaddset(&set, signals_passed[i]);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	action = (struct sigaction){ .sa_handler = SIG_IGN };
	sigaction(SIGPIPE, &action, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void
note_end(void *ctx, uint64_t id, struct writ_result *res, const struct writ_error *err)
{
	struct asking *asking = ctx;

	(void)id;
	asking->has_ended = true;
	if (res == NULL) {
		struct writ_result none = { .cause = WRIT_NOT_STARTED,
					    .error = (struct writ_error *)err };

		say_error(&asking->say, err);
		asking->status = writ_result_status(&none);
		return;
	}
	asking->status = writ_result_status(res);
	if (res->cause == WRIT_TIMEOUT && !asking->say.quiet)
		say(&asking->say, "timed out: %s", asking->cmd.argv[0]);
}

static void
pass_signals(struct asking *asking)
{
	struct signalfd_siginfo info;

	while (read(asking->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		writ_ask_signal(asking->broker, asking->id, (int)info.ssi_signo, NULL);
}

/* Who ends the shadow means the run. */
static void
follow_shadow(struct asking *asking)
{
	int signal = shadow_ended_by(&asking->shadow);

	if (signal == 0)
		return;
	writ_ask_stop(asking->broker, asking->id,
		      signal == SIGKILL ? WRIT_STOP_KILL : WRIT_STOP_POLITE, NULL);
}

enum { FD_BROKER = 0, FD_SIGNALS, FD_SHADOW, FD_STREAMS, FD_COUNT = FD_STREAMS + 6 };

/* One turn; whether anything happened. */
static bool
turn(struct asking *asking, int wait_ms)
{
	struct pollfd fds[FD_COUNT] = {
		[FD_BROKER] = { asking->has_ended ? -1 : writ_broker_fd(asking->broker), POLLIN,
				0 },
		[FD_SIGNALS] = { asking->signals, POLLIN, 0 },
		[FD_SHADOW] = { asking->shadow.pidfd, POLLIN, 0 },
	};
	int n;

	for (int i = 0; i < 3; i++) {
		struct bridge *bridge = &asking->streams[i];

		fds[FD_STREAMS + 2 * i] = (struct pollfd){ bridge_read_fd(bridge), POLLIN, 0 };
		fds[FD_STREAMS + 2 * i + 1] =
			(struct pollfd){ bridge_write_fd(bridge), POLLOUT, 0 };
	}
	n = poll(fds, FD_COUNT, wait_ms);
	if (fds[FD_BROKER].revents != 0)
		writ_broker_step(asking->broker);
	if (fds[FD_SIGNALS].revents != 0)
		pass_signals(asking);
	if (fds[FD_SHADOW].revents != 0)
		follow_shadow(asking);
	for (int i = 0; i < 3; i++) {
		if (fds[FD_STREAMS + 2 * i + 1].revents != 0)
			bridge_write(&asking->streams[i]);
		else if (fds[FD_STREAMS + 2 * i].revents != 0)
			bridge_read(&asking->streams[i]);
	}
	return n > 0;
}

/* Both outputs to their ends, if somebody still takes them. */
static void
carry_rest(struct asking *asking)
{
	while ((asking->streams[1].source >= 0 || asking->streams[2].source >= 0) &&
	       turn(asking, LEFT_MS))
		;
}

/* As who has no --netns would write it; the policy's CallerPrefix= knows that form. */
static char **
in_netns(const char *netns, int argc, char **argv)
{
	static const char *const prefix[] = { "ip", "netns", "exec" };
	char **words = calloc((size_t)argc + 5, sizeof(*words));

	if (words == NULL)
		return NULL;
	memcpy(words, prefix, sizeof(prefix));
	words[3] = (char *)netns;
	memcpy(words + 4, argv, (size_t)argc * sizeof(*words));
	return words;
}

/* What the caller looks for: of "ip netns exec NAME" the command inside. */
static char **
name_of(char **argv)
{
	int argc = 0;

	while (argv[argc] != NULL)
		argc++;
	if (argc > 4 && strcmp(argv[0], "ip") == 0 && strcmp(argv[1], "netns") == 0 &&
	    strcmp(argv[2], "exec") == 0)
		return argv + 4;
	return argv;
}

static struct writ_out
hand_over(const struct bridge *bridge)
{
	if (bridge->fd < 0)
		return (struct writ_out){ .kind = WRIT_OUT_NULL };
	return (struct writ_out){ .kind = WRIT_OUT_FD, .fd = bridge->fd };
}

static int
begin(struct asking *asking, char **argv, struct writ_error *err)
{
	const struct writ_ask_events events = { .size = sizeof(events),
						.ctx = asking,
						.ended = note_end };
	struct writ_cmd *cmd = &asking->cmd;
	int r;

	for (int i = 0; i < 3; i++) {
		r = bridge_open(&asking->streams[i], i);
		if (r == 0)
			continue;
		say(&asking->say, "cannot make a pipe: %s", strerror(-r));
		return STATUS_NOT_DONE;
	}
	r = shadow_start(name_of(argv), &asking->shadow);
	if (r < 0) {
		say(&asking->say, "cannot make a process: %s", strerror(-r));
		return STATUS_NOT_DONE;
	}
	cmd->argv = (const char *const *)argv;
	cmd->env.set = asking->variables;
	if (asking->streams[0].fd >= 0)
		cmd->in = (struct writ_in){ .kind = WRIT_IN_FD, .fd = asking->streams[0].fd };
	cmd->out = hand_over(&asking->streams[1]);
	cmd->err = hand_over(&asking->streams[2]);
	r = writ_broker_open(asking->socket, &asking->broker, err);
	if (r == 0)
		r = writ_ask_start(asking->broker, cmd, &events, &asking->id, err);
	for (int i = 0; i < 3; i++)
		bridge_part(&asking->streams[i]);
	if (r < 0)
		say_error(&asking->say, err);
	return r < 0 ? STATUS_NOT_DONE : 0;
}

static int
ask(struct asking *asking, char **argv)
{
	struct writ_error err = { .size = sizeof(err) };

	asking->signals = open_signals();
	asking->status = begin(asking, argv, &err);
	if (asking->status == 0) {
		while (!asking->has_ended)
			turn(asking, -1);
		carry_rest(asking);
	}
	shadow_stop(&asking->shadow);
	writ_broker_close(asking->broker);
	for (int i = 0; i < 3; i++)
		bridge_close(&asking->streams[i]);
	return asking->status;
}

static int
run(const struct command *command, int argc, char **argv)
{
	static struct asking asking; /* tens of KiB */
	char **words;
	int first;

	asking = (struct asking){ .cmd = { .size = sizeof(asking.cmd) },
				  .signals = -1,
				  .shadow = { .pidfd = -1 } };
	for (int i = 0; i < 3; i++)
		asking.streams[i] = (struct bridge){ .fd = -1, .source = -1, .sink = -1 };
	say_set_color(&asking.say, "auto");
	first = opt_parse(command, argc, argv, &asking, &asking.say);
	if (first == OPT_HELPED)
		return answer_end(&asking.say, 0, STATUS_NOT_DONE);
	if (first < 0)
		return STATUS_NOT_DONE;
	if (first == argc) {
		say(&asking.say, "no program is named: writ ask [OPTIONS] [--] PROGRAM [ARG...]");
		return STATUS_NOT_DONE;
	}
	if (asking.netns == NULL)
		return ask(&asking, argv + first);
	words = in_netns(asking.netns, argc - first, argv + first);
	if (words == NULL) {
		say(&asking.say, "out of memory");
		return STATUS_NOT_DONE;
	}
	first = ask(&asking, words);
	free(words);
	return first;
}

const struct command command_ask = {
	.name = "ask",
	.operands = "[--] PROGRAM [ARG...]",
	.summary = "run one program with the rights that writd's policy gives for it",
	.opts = opts,
	.more = "Streams, signals and Ctrl-C as with 'writ run'; a terminal never reaches the\n"
		"program, its bytes do. Below 'writ ask' is one process that is called as the\n"
		"program: to end it ends the run.\n\n"
		"exit status: the program's own; 124 timed out; 125 refused, or it could not be\n"
		"executed, or writ could not do its part; 128+N ended by signal N\n",
	.run = run,
};
