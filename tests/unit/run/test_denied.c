/* A step towards another identity fails, or is only said to be done: the program is
 * never executed, and the caller is told which step it was. */
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "deny.h"
#include "runs.h"
#include "unit.h"

static const uint32_t groups[] = { 7 };
static const struct writ_creds other = { 54321, 65432, groups, 1 };

/* A call, what it is to answer, and what is to be heard of it. */
static struct step {
	long number;
	long first; /* argument; -1: any */
	int stage;
} step;
static int answer;

static void
run_denied(void)
{
	struct run run;
	char path[256];

	snprintf(path, sizeof(path), "%s/executed", unit_dir());
	run_begin(&run);
	run_sh(&run, "exit 0"); /* the second goes a shorter way */
	run.cmd.creds = &other;
	run.cmd.ambient_caps = WRIT_CAP_BIT(CAP_NET_RAW);
	run.cmd.set_bounding_caps = true;
	run.cmd.bounding_caps = WRIT_CAP_BIT(CAP_NET_RAW) | WRIT_CAP_BIT(CAP_CHOWN);
	run.cmd.no_new_privs = true;
	deny(step.number, step.first, answer);
	run_refused(&run, WRIT_LIST("/bin/touch", path), WRIT_E_SYS, step.stage);
	CHECK_INT(run.err.err_no, answer != 0 ? answer : EOPNOTSUPP);
	CHECK(run.err.subject[0] != '\0');
	CHECK(answer == EAGAIN || run.err.hint[0] != '\0');
	CHECK(access(path, F_OK) < 0);
	run_end(&run);
}

static void
deny_each(int err_no)
{
	static const struct step steps[] = {
		{ SYS_setgroups, -1, WRIT_STAGE_IDENTITY },
		{ SYS_setresgid, -1, WRIT_STAGE_IDENTITY },
		{ SYS_setresuid, -1, WRIT_STAGE_IDENTITY },
		{ SYS_capset, -1, WRIT_STAGE_CAPABILITY },
		{ SYS_prctl, PR_CAPBSET_DROP, WRIT_STAGE_CAPABILITY },
		{ SYS_prctl, PR_CAP_AMBIENT, WRIT_STAGE_CAPABILITY },
		{ SYS_prctl, PR_SET_KEEPCAPS, WRIT_STAGE_CAPABILITY },
		{ SYS_prctl, PR_SET_NO_NEW_PRIVS, WRIT_STAGE_CAPABILITY },
	};

	if (geteuid() != 0)
		SKIP("only root may do what this test does");
	answer = err_no;
	CHECK(chmod(unit_dir(), 0777) == 0); /* whoever it would be could write there */
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		step = steps[i];
		unit_fork(run_denied);
	}
}

static void
what_is_not_permitted_is_told(void)
{
	deny_each(EPERM);
}

static void
what_is_not_to_be_had_now_is_told(void)
{
	deny_each(EAGAIN);
}

static void
what_is_only_said_to_be_done_is_seen(void)
{
	deny_each(0);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(what_is_not_permitted_is_told),
		UNIT(what_is_not_to_be_had_now_is_told),
		UNIT(what_is_only_said_to_be_done_is_seen),
	};

	return UNIT_RUN(tests);
}
