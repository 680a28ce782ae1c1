/* Processes that are not our children: listed, found, ended. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "runs.h"
#include "unit.h"
#include "writ/tree.h"

enum { WAIT_MS = 20000 };

/* A shell with a script, below us; it has said something when this returns. */
static pid_t
start(const char *script, struct writ_id *ret_id)
{
	int ends[2];
	char byte;
	pid_t pid;

	CHECK_INT(pipe2(ends, 0), 0);
	pid = fork();
	if (pid == 0) {
		dup2(ends[1], 1);
		close(ends[0]);
		close(ends[1]);
		execl("/bin/sh", "sh", "-c", script, NULL);
		_exit(127);
	}
	close(ends[1]);
	CHECK_INT(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	CHECK_INT(writ_id_get(pid, ret_id, NULL), 0);
	return pid;
}

static int
reap(pid_t pid)
{
	int status = 0;

	CHECK_INT(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : -1;
}

static void
lists_parents_before_their_children(void)
{
	struct writ_nodes nodes = { 0 };
	struct writ_id id;
	struct writ_id found;
	pid_t pid = start("sh -c 'sleep 777 & echo; wait' & wait", &id);

	CHECK_INT(writ_tree_find(&id, WRIT_LIST("sleep", "777"), WAIT_MS, &found, NULL), 0);
	CHECK_INT(writ_tree_list(&id, &nodes, NULL), 0);
	CHECK_INT(nodes.count, 3);
	CHECK(writ_id_same(&nodes.list[0].id, &id));
	for (int i = 0; i < 3; i++) {
		CHECK_INT(nodes.list[i].depth, i);
		CHECK(!nodes.list[i].escaped);
		CHECK(i == 0 || nodes.list[i].ppid == nodes.list[i - 1].id.pid);
	}
	CHECK(writ_id_same(&nodes.list[2].id, &found));
	CHECK_TEXT(nodes.list[2].argv[0], "sleep");
	CHECK_TEXT(nodes.list[2].argv[1], "777");
	CHECK(nodes.list[2].argv[2] == NULL);
	writ_nodes_done(&nodes);
	CHECK(nodes.list == NULL && nodes.count == 0);
	CHECK_INT(writ_tree_kill(&id, NULL, &(struct writ_killed){ 0 }, NULL), 0);
	reap(pid);
	CHECK_INT(writ_tree_list(&id, &nodes, NULL), WRIT_E_GONE);
}

static void
ends_a_tree_politely_and_then_not(void)
{
	struct writ_kill how = { .size = sizeof(how), .grace_ms = 50 };
	struct writ_killed killed = { 0 };
	struct writ_id id;
	struct writ_id child;
	pid_t pid = start("sleep 778 & echo; wait", &id);

	CHECK_INT(writ_tree_find(&id, WRIT_LIST("sleep", "778"), WAIT_MS, &child, NULL), 0);
	CHECK_INT(writ_tree_kill(&id, NULL, &killed, NULL), 0);
	CHECK_INT(killed.found, 2);
	CHECK_INT(killed.ended, 2);
	CHECK_INT(killed.survived, 0);
	CHECK_INT(reap(pid), SIGTERM);
	check_ends(child.pid);

	pid = start("trap '' TERM; sleep 779 & echo; while :; do sleep 1000; done", &id);
	CHECK_INT(writ_tree_kill(&id, &how, &killed, NULL), 0);
	CHECK(killed.found >= 2);
	CHECK_INT(killed.survived, 0);
	CHECK_INT(reap(pid), SIGKILL);
}

static void
what_survives_is_named(void)
{
	struct writ_kill how = { .size = sizeof(how), .grace_ms = -1 };
	struct writ_killed killed = { 0 };
	struct writ_id id;
	pid_t pid = start("trap '' USR1; echo; exec sleep 1000", &id);

	how.signal = SIGUSR1; /* ignored, and KILL never follows */
	CHECK_INT(writ_tree_kill(&id, &how, &killed, NULL), 0);
	CHECK_INT(killed.found, 1);
	CHECK_INT(killed.survived, 1);
	CHECK(writ_id_same(&killed.survivors[0], &id));
	CHECK_INT(killed.survivor_errno, 0);
	how.signal = SIGKILL;
	how.grace_ms = 0;
	CHECK_INT(writ_tree_kill(&id, &how, &killed, NULL), 0);
	CHECK_INT(killed.survived, 0);
	CHECK_INT(reap(pid), SIGKILL);
}

static void
a_stopped_process_hears_a_polite_signal(void)
{
	struct writ_killed killed = { 0 };
	struct writ_id id;
	pid_t pid = start("echo; kill -STOP $$; sleep 1000", &id);

	CHECK_INT(waitpid(pid, NULL, WUNTRACED), pid);
	CHECK_INT(writ_tree_kill(&id, NULL, &killed, NULL), 0);
	CHECK_INT(killed.survived, 0);
	CHECK_INT(reap(pid), SIGTERM);
}

static void
the_number_of_another_is_left_alone(void)
{
	struct writ_killed killed = { .found = 77 };
	struct writ_nodes nodes = { 0 };
	struct writ_error err = { 0 };
	struct writ_id id;
	struct writ_id found;
	pid_t pid = start("echo; exec sleep 1000", &id);

	id.token++; /* who had the number before */
	CHECK_INT(writ_tree_kill(&id, NULL, &killed, &err), WRIT_E_GONE);
	CHECK_INT(killed.found, 77);
	CHECK_INT(err.stage, WRIT_STAGE_PROCESS);
	CHECK_INT(writ_tree_list(&id, &nodes, &err), WRIT_E_GONE);
	CHECK_INT(writ_tree_find(&id, WRIT_LIST("x"), 0, &found, &err), WRIT_E_GONE);
	CHECK_INT(writ_id_match(&id, WRIT_LIST("sleep", "1000"), &err), WRIT_E_GONE);
	CHECK_INT(waitpid(pid, NULL, WNOHANG), 0); /* it lives */
	kill(pid, SIGKILL);
	reap(pid);
	CHECK_INT(writ_tree_kill(&id, NULL, &killed, NULL), WRIT_E_GONE);
}

static bool
is_matched(const void *arg)
{
	return writ_id_match(arg, WRIT_LIST("cmd", "a", "b"), NULL) == 1;
}

static void
tells_what_a_process_runs(void)
{
	struct writ_id id;
	siginfo_t info;
	pid_t pid = start("exec " CHILD("title") " 'agent (cmd a b)' room for more", &id);

	CHECK(unit_until(is_matched, &id)); /* its title is set */
	CHECK_INT(writ_id_match(&id, WRIT_LIST("cmd", "a"), NULL), 0);
	CHECK_INT(writ_id_match(&id, WRIT_LIST(NULL), NULL), WRIT_E_INVAL);
	kill(pid, SIGKILL);
	CHECK_INT(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	CHECK_INT(writ_id_match(&id, WRIT_LIST("cmd", "a", "b"), NULL),
		  0); /* a zombie runs nothing */
	reap(pid);
	CHECK_INT(writ_id_match(&id, WRIT_LIST("cmd", "a", "b"), NULL), WRIT_E_GONE);
}

static void
waits_for_a_process_and_not_for_ever(void)
{
	struct writ_error err = { 0 };
	struct writ_id id;
	struct writ_id found;
	pid_t pid = start("echo; sleep 0.1; exec sh -c 'sleep 780; exit'", &id);

	CHECK_INT(writ_tree_find(&id, WRIT_LIST("sleep", "never"), 10, &found, &err),
		  WRIT_E_NOT_FOUND);
	CHECK_INT(writ_tree_find(&id, WRIT_LIST("sleep", "780"), WAIT_MS, &found, &err), 0);
	CHECK_INT(writ_id_match(&found, WRIT_LIST("sleep", "780"), NULL), 1);
	CHECK_INT(writ_tree_kill(&id, NULL, &(struct writ_killed){ 0 }, NULL), 0);
	reap(pid);
}

static void
what_escaped_from_a_run_is_listed_below_it(void)
{
	struct writ_events events = { .size = sizeof(events), .keep = true };
	struct writ_nodes nodes = { 0 };
	struct writ_proc *proc = NULL;
	struct writ_id orphan;
	struct run run;
	bool listed = false;

	run_begin(&run);
	run.cmd.argv = WRIT_LIST("/bin/sh", "-c", CHILD("orphan") "; exec sleep 1000");
	CHECK_INT(writ_start(run.host, &run.cmd, &events, &proc, NULL), 0);
	CHECK_INT(writ_tree_find(writ_proc_id(proc), WRIT_LIST(CHILD("orphan")), WAIT_MS, &orphan,
				 NULL),
		  0);
	/* the one that stays: it falls to somebody else */
	for (int i = 0; i < 5000 && !listed; i++) {
		CHECK_INT(writ_tree_list(writ_proc_id(proc), &nodes, NULL), 0);
		listed = nodes.count == 2 && nodes.list[1].escaped;
		writ_nodes_done(&nodes);
		usleep(1000);
	}
	CHECK(listed);
	CHECK_INT(writ_tree_runs(&nodes, NULL), 0);
	listed = false;
	for (size_t i = 0; i < nodes.count; i++)
		listed |= writ_id_same(&nodes.list[i].id, writ_proc_id(proc));
	writ_nodes_done(&nodes);
	CHECK(listed);
	writ_proc_free(proc);
	run_end(&run);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(lists_parents_before_their_children),
		UNIT(ends_a_tree_politely_and_then_not),
		UNIT(what_survives_is_named),
		UNIT(a_stopped_process_hears_a_polite_signal),
		UNIT(the_number_of_another_is_left_alone),
		UNIT(tells_what_a_process_runs),
		UNIT(waits_for_a_process_and_not_for_ever),
		UNIT(what_escaped_from_a_run_is_listed_below_it),
	};

	return UNIT_RUN(tests);
}
