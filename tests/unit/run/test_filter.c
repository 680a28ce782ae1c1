/* Old kernels and filters: some system calls are refused, with EPERM as a
 * sandbox does, or ENOSYS as a kernel that has none. The runs stay right. */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "os/linux/sys.h"
#include "runs.h"
#include "unit.h"

static const unsigned all[] = { SYS_clone3, SYS_close_range, SYS_pidfd_open,
				SYS_pidfd_send_signal };
static unsigned refused[8];
static int refused_count;
static int answer;

/* From now on, for this process and all it starts. */
static void
refuse(void)
{
	struct sock_filter code[20];
	unsigned short n = 0;

	code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
						 offsetof(struct seccomp_data, nr));
	for (int i = 0; i < refused_count; i++) {
		code[n++] =
			(struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, refused[i], 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
							 SECCOMP_RET_ERRNO | (unsigned)answer);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog program = { n, code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		SKIP("no seccomp filter can be set here");
}

static void
run_filtered(void)
{
	struct run run;
	char text[256];

	refuse();
	run_begin(&run);
	run.cmd.in = (struct writ_in){ .kind = WRIT_IN_DATA, .data = "12345", .len = 5 };
	RUN(&run, CHILD("both"));
	CHECK_TEXT(run.res.out.data, "12345");
	CHECK_TEXT(run.res.err.data, "12345");
	CHECK_INT(run.res.cause, WRIT_EXITED);
	CHECK_INT(run.res.exit_code, 0);
	run.cmd.in = (struct writ_in){ 0 };
	int spare = dup(1); /* must not reach the child */

	RUN(&run, CHILD("facts"));
	CHECK_TEXT(told(&run.res.out, "fds", text, sizeof(text)), "0 1 2 ");
	CHECK_TEXT(told(&run.res.out, "blocked", text, sizeof(text)), "0");
	close(spare);
	run_sh(&run, "sleep 1000 >&- 2>&- & echo pid=$!; exit 3");
	CHECK_INT(run.res.exit_code, 3);
	CHECK_INT(run.res.left_behind.count, 1);
	CHECK(has_ended(told_number(&run.res.out, "pid")));
	run.cmd.timeout_ms = 50;
	run.cmd.teardown = runs_impatient;
	run_sh(&run, "trap '' TERM; sleep 1000 & echo pid=$!; while :; do sleep 1000; done");
	CHECK_INT(run.res.cause, WRIT_TIMEOUT);
	CHECK(run.res.forced);
	CHECK(has_ended(told_number(&run.res.out, "pid")));
	run.cmd.timeout_ms = 0;
	run_refused(&run, WRIT_LIST("/no/such/program"), WRIT_E_NOT_FOUND, WRIT_STAGE_SEARCH);
	run_crowd(&run, 100);
	run.cmd.cwd = "/no/such/directory";
	run_refused(&run, WRIT_LIST("/bin/true"), WRIT_E_SYS, WRIT_STAGE_CHDIR);
	run_end(&run);
}

static void
filter(int err_no, const unsigned *calls, int count)
{
	answer = err_no;
	refused_count = count;
	for (int i = 0; i < count; i++)
		refused[i] = calls[i];
	unit_fork(run_filtered);
}

static void
runs_without_clone3(void)
{
	filter(ENOSYS, &all[0], 1);
	filter(EPERM, &all[0], 1);
}

static void
runs_without_close_range(void)
{
	filter(ENOSYS, &all[1], 1);
	filter(EPERM, &all[1], 1);
}

static void
runs_without_pidfd_open(void)
{
	filter(ENOSYS, &all[2], 1);
	filter(EPERM, &all[2], 1);
}

static void
runs_without_pidfd_send_signal(void)
{
	filter(ENOSYS, &all[3], 1);
	filter(EPERM, &all[3], 1);
}

static void
runs_without_any_of_them(void)
{
	filter(ENOSYS, all, 4);
	filter(EPERM, all, 4);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(runs_without_clone3),	UNIT(runs_without_close_range),
		UNIT(runs_without_pidfd_open),	UNIT(runs_without_pidfd_send_signal),
		UNIT(runs_without_any_of_them),
	};

	return UNIT_RUN(tests);
}
