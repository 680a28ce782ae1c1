/* A host in a process that has its own ideas: of SIGCHLD, of wait(2), of
 * signals, of forking, of how many descriptors there are. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "runs.h"
#include "unit.h"

static void
ignore_sigchld(void)
{
	struct run run;

	signal(SIGCHLD, SIG_IGN);
	run_begin(&run);
	for (int i = 0; i < 10; i++) {
		run_sh(&run, "echo out; exit 3");
		CHECK_TEXT(run.res.out.data, "out\n");
		CHECK(run.res.cause == WRIT_EXITED || run.res.cause == WRIT_LOST);
		CHECK_INT(run.res.exit_code, run.res.cause == WRIT_EXITED ? 3 : -1);
	}
	run.cmd.timeout_ms = 50;
	run_sh(&run, "sleep 1000 & echo pid=$!; sleep 1000");
	CHECK_INT(run.res.cause, WRIT_TIMEOUT);
	CHECK(has_ended(told_number(&run.res.out, "pid")));
	run_end(&run);
	signal(SIGCHLD, SIG_DFL);
}

static void
an_ignored_sigchld_loses_no_output(void)
{
	unit_fork(ignore_sigchld);
}

static atomic_bool thief_goes_on;

static void *
reap_everything(void *arg)
{
	int status;

	(void)arg;
	while (thief_goes_on)
		if (waitpid(-1, &status, WNOHANG) <= 0)
			sched_yield();
	return NULL;
}

static void
share_with_a_thief(void)
{
	struct run run;
	pthread_t thief;

	thief_goes_on = true;
	CHECK_INT(pthread_create(&thief, NULL, reap_everything, NULL), 0);
	run_begin(&run);
	for (int i = 0; i < 30; i++) {
		run_sh(&run, "echo out; exit 3");
		CHECK_TEXT(run.res.out.data, "out\n");
		CHECK(run.res.cause == WRIT_EXITED || run.res.cause == WRIT_LOST);
		CHECK_INT(run.res.exit_code, run.res.cause == WRIT_EXITED ? 3 : -1);
	}
	run.cmd.timeout_ms = 50;
	run_sh(&run, "sleep 1000");
	CHECK_INT(run.res.cause, WRIT_TIMEOUT);
	run.cmd.timeout_ms = 0;
	run.cmd.cwd = "/no/such/directory";
	run_refused(&run, WRIT_LIST("/bin/true"), WRIT_E_SYS, WRIT_STAGE_CHDIR);
	run_end(&run);
	thief_goes_on = false;
	pthread_join(thief, NULL);
}

static void
a_thread_that_reaps_everything_does_no_harm(void)
{
	unit_fork(share_with_a_thief);
}

static volatile sig_atomic_t handled;

static void
count_signal(int signal)
{
	(void)signal;
	handled++;
}

static void
handlers_and_masks_of_the_caller_stay(void)
{
	struct sigaction mine = { .sa_handler = count_signal };
	struct sigaction before[3];
	struct sigaction after;
	static const int signals[] = { SIGCHLD, SIGPIPE, SIGUSR1 };
	struct run run;

	for (int i = 0; i < 3; i++)
		sigaction(signals[i], &mine, &before[i]);
	handled = 0;
	run_begin(&run);
	/* a handler of ours must not run in the child: its default ends it */
	run_sh(&run, "kill -USR1 $$; echo alive");
	CHECK_INT(run.res.cause, WRIT_SIGNALED);
	CHECK_INT(run.res.signal, SIGUSR1);
	CHECK_INT(run.res.out.len, 0);
	raise(SIGUSR1);
	CHECK(handled >= 1);
	run_end(&run);
	for (int i = 0; i < 3; i++) {
		sigaction(signals[i], &before[i], &after);
		CHECK(after.sa_handler == count_signal);
	}
}

static atomic_bool stop_signals;

static void *
send_signals(void *arg)
{
	while (!stop_signals) {
		pthread_kill(*(pthread_t *)arg, SIGUSR1);
		sched_yield();
	}
	return NULL;
}

static void
a_storm_of_signals_interrupts_nothing(void)
{
	struct sigaction mine = { .sa_handler = count_signal }; /* without SA_RESTART */
	struct sigaction before;
	pthread_t self = pthread_self();
	pthread_t sender;
	struct run run;

	sigaction(SIGUSR1, &mine, &before);
	run_begin(&run);
	stop_signals = false;
	CHECK_INT(pthread_create(&sender, NULL, send_signals, &self), 0);
	for (int i = 0; i < 20 && run.r == 0; i++) {
		run.cmd.in = (struct writ_in){ .kind = WRIT_IN_DATA, .data = "12345", .len = 5 };
		run.cmd.argv = WRIT_LIST("/bin/cat");
		writ_result_done(&run.res);
		run.r = writ_run(run.host, &run.cmd, &run.res, &run.err);
		if (run.r == 0 && (run.res.exit_code != 0 || run.res.out.len != 5))
			run.r = 1;
	}
	stop_signals = true;
	pthread_join(sender, NULL);
	CHECK_INT(run.r, 0);
	run_end(&run);
	sigaction(SIGUSR1, &before, NULL);
}

static struct writ_host *inherited;
static struct writ_proc *inherited_proc;

static void
use_a_host_of_the_parent(void)
{
	struct writ_cmd cmd = WRIT_CMD("true");
	struct writ_result res = { 0 };
	struct writ_error err = { 0 };

	CHECK_INT(writ_run(inherited, &cmd, &res, &err), WRIT_E_STATE);
	CHECK_INT(err.stage, WRIT_STAGE_HOST);
	CHECK_INT(writ_host_step(inherited), WRIT_E_STATE);
	CHECK_INT(writ_host_wait(inherited, 0), WRIT_E_STATE);
	CHECK(writ_id_state(writ_proc_id(inherited_proc), NULL) == WRIT_ID_RUNNING);
	CHECK_INT(writ_stop(inherited_proc, WRIT_STOP_KILL, NULL), WRIT_E_STATE);
	CHECK_INT(writ_proc_signal(inherited_proc, SIGKILL, &err), WRIT_E_STATE);
	CHECK_INT(writ_proc_write(inherited_proc, "x", 1), WRIT_E_STATE);
	CHECK_INT(writ_cancel(inherited, 0, WRIT_STOP_KILL, NULL), WRIT_E_STATE);
	writ_proc_free(inherited_proc); /* the copies; the parent's go on */
	writ_host_free(inherited);
	_exit(0);		   /* the descriptors of the run are not looked at */
}

static void
a_host_cannot_be_used_after_fork(void)
{
	struct writ_events events = { .size = sizeof(events), .keep = true };
	struct writ_result *res = NULL;
	struct run run;

	run_begin(&run);
	run.cmd.argv = WRIT_LIST("/bin/sh", "-c", "read x; echo $x");
	run.cmd.in.kind = WRIT_IN_STREAM;
	CHECK_INT(writ_start(run.host, &run.cmd, &events, &inherited_proc, NULL), 0);
	inherited = run.host;
	/* not unit_fork(): the run is a child of ours now, and not to be ended */
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		use_a_host_of_the_parent();
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
	CHECK_INT(writ_id_state(writ_proc_id(inherited_proc), NULL), WRIT_ID_RUNNING);
	CHECK_INT(writ_proc_write(inherited_proc, "still\n", 6), 6);
	CHECK_INT(writ_proc_wait(inherited_proc, 30000, &res, NULL), 0);
	CHECK_TEXT(res->out.data, "still\n");
	CHECK_INT(res->exit_code, 0);
	writ_proc_free(inherited_proc);
	run_end(&run);
}

static void
have_twenty_descriptors(void)
{
	struct rlimit twenty = { 20, 20 };
	struct run run;

	CHECK_INT(setrlimit(RLIMIT_NOFILE, &twenty), 0);
	run_begin(&run);
	for (int i = 0; i < 5; i++) {
		run.cmd.in = (struct writ_in){ .kind = WRIT_IN_DATA, .data = "12345", .len = 5 };
		RUN(&run, CHILD("both"));
		CHECK_TEXT(run.res.out.data, "12345");
		CHECK_TEXT(run.res.err.data, "12345");
	}
	run_end(&run);
}

static void
twenty_descriptors_are_enough(void)
{
	unit_fork(have_twenty_descriptors);
}

static void
have_no_descriptor_left(void)
{
	struct run run;
	int taken[1024];
	int count = 0;

	run_begin(&run);
	for (struct rlimit few = { 60, 60 }; count == 0; count = 0) {
		CHECK_INT(setrlimit(RLIMIT_NOFILE, &few), 0);
		while (count < 1024 &&
		       (taken[count] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
			count++;
		break;
	}
	for (; count > 0; close(taken[--count])) { /* one more each time */
		writ_result_done(&run.res);
		run.cmd.argv = WRIT_LIST("/bin/echo", "x");
		run.r = writ_run(run.host, &run.cmd, &run.res, &run.err);
		CHECK(run.r == WRIT_E_SYS || run.r == WRIT_E_UNSUPPORTED || run.r == 0);
		if (run.r == 0)
			CHECK_TEXT(run.res.out.data, "x\n");
	}
	CHECK_INT(run.r, 0);
	run_end(&run);
}

static void
without_descriptors_it_is_an_error_and_nothing_leaks(void)
{
	unit_fork(have_no_descriptor_left);
}

static void
the_environment_of_the_caller_stays(void)
{
	extern char **environ;
	struct run run;
	char **before = environ;
	char *first = environ[0];

	setenv("WRIT_TEST_SEEN", "1", 1);
	before = environ;
	run_begin(&run);
	run.cmd.env.keep = WRIT_LIST("WRIT_TEST_SEEN");
	run.cmd.env.set = WRIT_LIST("NEW=2");
	run_sh(&run, "echo $WRIT_TEST_SEEN $NEW");
	CHECK_TEXT(run.res.out.data, "1 2\n");
	CHECK(environ == before && environ[0] == first && getenv("NEW") == NULL);
	run_end(&run);
	unsetenv("WRIT_TEST_SEEN");
}

static void *
fork_soon(void *ret_pid)
{
	pid_t pid;

	usleep(100000);
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	*(pid_t *)ret_pid = pid;
	return NULL;
}

/* It holds copies of all that the host has open: of the pipes too. */
static void
a_fork_of_the_caller_delays_no_end(void)
{
	time_t begin = time(NULL);
	pthread_t forker;
	pid_t pid = -1;
	struct run run;

	run_begin(&run);
	if (runs_level() < WRIT_LEVEL_LAUNCHER && runs_level() != WRIT_LEVEL_ANY) {
		run_end(&run);
		SKIP("where the end of the tree is not told, the pipes are waited for");
	}
	run.cmd.drain_ms = run.cmd.drain_max_ms = 60000;
	CHECK_INT(pthread_create(&forker, NULL, fork_soon, &pid), 0);
	run_sh(&run, "echo out; sleep 0.3; echo err >&2");
	pthread_join(forker, NULL);
	CHECK_TEXT(run.res.out.data, "out\n");
	CHECK_TEXT(run.res.err.data, "err\n");
	CHECK(!run.res.out.held_by_descendant && !run.res.err.held_by_descendant);
	CHECK(time(NULL) - begin < 30);
	kill(pid, SIGKILL);
	CHECK_INT(waitpid(pid, NULL, 0), pid);
	run_end(&run);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(an_ignored_sigchld_loses_no_output),
		UNIT(a_thread_that_reaps_everything_does_no_harm),
		UNIT(handlers_and_masks_of_the_caller_stay),
		UNIT(a_storm_of_signals_interrupts_nothing),
		UNIT(a_host_cannot_be_used_after_fork),
		UNIT(twenty_descriptors_are_enough),
		UNIT(without_descriptors_it_is_an_error_and_nothing_leaks),
		UNIT(the_environment_of_the_caller_stays),
		UNIT(a_fork_of_the_caller_delays_no_end),
	};

	return UNIT_RUN(tests);
}
