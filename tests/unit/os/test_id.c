#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os/os_fd.h"
#include "os/os_id.h"
#include "runs.h"
#include "unit.h"

static pid_t
start_sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		for (;;)
			pause();
	}
	CHECK(pid > 0);
	return pid;
}

static void
tells_running_ended_and_gone_apart(void)
{
	pid_t pid = start_sleeper();
	struct writ_id id;
	siginfo_t info;

	CHECK_INT(writ_id_get(pid, &id, NULL), 0);
	CHECK_INT(id.pid, pid);
	CHECK(id.token != 0 && id.boot != 0);
	CHECK_INT(writ_id_state(&id, NULL), WRIT_ID_RUNNING);
	CHECK_INT(os_id_signal(&id, 0), 0);
	CHECK_INT(os_id_signal(&id, SIGKILL), 0);
	CHECK_INT(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
	CHECK_INT(writ_id_state(&id, NULL), WRIT_ID_ENDED); /* a zombie is not running */
	CHECK_INT(waitid(P_PID, (id_t)pid, &info, WEXITED), 0);
	CHECK_INT(writ_id_state(&id, NULL), WRIT_ID_GONE);
	CHECK_INT(os_id_signal(&id, SIGKILL), -ESRCH);
}

static void
a_number_that_is_anothers_now_is_not_signalled(void)
{
	pid_t pid = start_sleeper();
	struct writ_id id;
	struct writ_id other;
	writ_fd fd = -1;

	CHECK_INT(writ_id_get(pid, &id, NULL), 0);
	other = id;
	other.token++; /* one that had the number before */
	CHECK_INT(writ_id_state(&other, NULL), WRIT_ID_REPLACED);
	CHECK_INT(os_id_signal(&other, SIGKILL), -ESTALE);
	CHECK_INT(os_id_open(&other, &fd), -ESTALE);
	CHECK(!writ_id_same(&id, &other));
	other = id;
	other.boot ^= 1; /* nobody lives through a boot */
	CHECK_INT(writ_id_state(&other, NULL), WRIT_ID_GONE);
	CHECK_INT(os_id_signal(&other, SIGKILL), -ESRCH);
	CHECK_INT(writ_id_state(&id, NULL), WRIT_ID_RUNNING);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void
start_time_tells_as_well(void)
{
	pid_t pid = start_sleeper();
	struct writ_id id;

	CHECK_INT(os_id_of(pid, -1, os_boot(), &id), 0);
	CHECK_INT(id.kind, WRIT_ID_TICKS);
	CHECK_INT(writ_id_state(&id, NULL), WRIT_ID_RUNNING);
	id.token--;
	CHECK_INT(writ_id_state(&id, NULL), WRIT_ID_REPLACED);
	CHECK_INT(os_id_signal(&id, SIGKILL), -ESTALE);
	id.token++;
	CHECK_INT(os_id_signal(&id, SIGKILL), 0);
	waitpid(pid, NULL, 0);
}

static void
reads_what_it_writes(void)
{
	struct writ_id ids[] = {
		{ 4711, 0x7f3a, 0x0123456789abcdef, WRIT_ID_INODE },
		{ 1, UINT64_MAX, UINT64_MAX, WRIT_ID_TICKS },
		{ INT32_MAX, 0, 0, WRIT_ID_INODE },
	};
	struct writ_id read;
	char text[WRIT_ID_TEXT_MAX];

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
		CHECK_INT(writ_id_parse(writ_id_text(&ids[i], text), &read, NULL), 0);
		CHECK(writ_id_same(&ids[i], &read));
	}
	CHECK_INT(writ_id_get(getpid(), &ids[0], NULL), 0);
	CHECK_INT(writ_id_parse(writ_id_text(&ids[0], text), &read, NULL), 0);
	CHECK(writ_id_same(&ids[0], &read));
	*strchr(text, '@') = '\0'; /* a bare number: taken now */
	CHECK_INT(writ_id_parse(text, &read, NULL), 0);
	CHECK(writ_id_same(&ids[0], &read));
}

static void
refuses_what_is_no_identity(void)
{
	static const char *const bad[] = { "",	   "x",		  "0",	     "-1",
					   "1@",   "1@7f3a",	  "1@x7.1",  "1@i",
					   "1@i7", "1@i7.",	  "1@i.1",   "1@i7.1x",
					   " 1",   "99999999999", "1@i7.1 ", "1@I7.1" };
	struct writ_error err = { 0 };
	struct writ_id id = { .pid = 77 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_INT(writ_id_parse(bad[i], &id, &err), WRIT_E_SYNTAX);
		CHECK_INT(writ_id_parse(bad[i], &id, NULL), WRIT_E_SYNTAX);
		CHECK_TEXT(err.subject, bad[i]);
		CHECK_INT(id.pid, 77);
	}
	CHECK_INT(writ_id_get(0, &id, NULL), WRIT_E_INVAL);
	CHECK_INT(writ_id_get(-1, &id, NULL), WRIT_E_INVAL);
	CHECK_INT(writ_id_get(INT64_MAX, &id, NULL), WRIT_E_INVAL);
	id = (struct writ_id){ 0 };
	CHECK_INT(writ_id_state(&id, NULL), WRIT_E_INVAL);
}

static void
a_pid_that_nobody_has_is_gone(void)
{
	struct writ_error err = { 0 };
	struct writ_id id;
	siginfo_t info;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	CHECK_INT(waitid(P_PID, (id_t)pid, &info, WEXITED), 0);
	CHECK_INT(writ_id_get(pid, &id, &err), WRIT_E_GONE);
	CHECK_INT(err.err_no, ESRCH);
}

static void
tells_what_proc_knows(void)
{
	struct os_stat stat;
	int64_t *pids = os_pids();
	bool found = false;
	char *block = NULL;
	size_t len = 0;

	CHECK_INT(os_stat_read(getpid(), &stat), 0);
	CHECK_INT(stat.pid, getpid());
	CHECK_INT(stat.ppid, getppid());
	CHECK_INT(stat.session, getsid(0));
	CHECK_INT(stat.state, 'R');
	CHECK(stat.start_ticks > 0);
	CHECK(pids != NULL);
	for (size_t i = 0; pids[i] != 0; i++)
		found |= pids[i] == getpid();
	CHECK(found);
	free(pids);
	CHECK_INT(os_cmdline_read(getpid(), &block, &len), 0);
	CHECK(len > 8 && strstr(block, "test_os_id") != NULL);
	free(block);
	CHECK_INT(os_cmdline_read(INT32_MAX - 1, &block, &len), -ESRCH);
	CHECK_INT(os_stat_read(INT32_MAX - 1, &stat), -ESRCH);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(tells_running_ended_and_gone_apart),
		UNIT(a_number_that_is_anothers_now_is_not_signalled),
		UNIT(start_time_tells_as_well),
		UNIT(reads_what_it_writes),
		UNIT(refuses_what_is_no_identity),
		UNIT(a_pid_that_nobody_has_is_gone),
		UNIT(tells_what_proc_knows),
	};

	return UNIT_RUN(tests);
}
