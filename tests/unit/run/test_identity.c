/* Who the program is, and what it may: as the kernel tells it in /proc. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runs.h"
#include "unit.h"

enum { UID = 54321, GID = 65432 }; /* in no database */

static const struct writ_creds other = { .uid = UID, .gid = GID };

/* A run in which the program prints what the kernel says of it. */
static void
begin_as_root(struct run *run)
{
	if (geteuid() != 0)
		SKIP("only root may do what this test does");
	run_begin(run);
}

/* The rest of the line behind "NAME:" and a tab. */
static const char *
line_of(const struct run *run, const char *name, char *buf, size_t size)
{
	size_t len = strlen(name);
	const char *at = run->res.out.data;

	for (; at != NULL; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, name, len) != 0 || at[len] != ':')
			continue;
		snprintf(buf, size, "%.*s", (int)strcspn(at + len + 2, "\n"), at + len + 2);
		return buf;
	}
	return "no such line";
}

static void
check_line(const struct run *run, const char *name, const char *expected)
{
	char text[512];

	CHECK_TEXT(line_of(run, name, text, sizeof(text)), expected);
}

static void
look(struct run *run)
{
	RUN(run, "/bin/cat", "/proc/self/status");
	CHECK_INT(run->res.exit_code, 0);
}

static void
all_ids_are_those_given(void)
{
	struct run run;

	begin_as_root(&run);
	run.cmd.creds = &other;
	look(&run);
	check_line(&run, "Uid", "54321\t54321\t54321\t54321");
	check_line(&run, "Gid", "65432\t65432\t65432\t65432");
	check_line(&run, "CapInh", "0000000000000000");
	check_line(&run, "CapPrm", "0000000000000000");
	check_line(&run, "CapEff", "0000000000000000");
	check_line(&run, "CapAmb", "0000000000000000");
	run_end(&run);
}

static void
no_groups_means_none(void)
{
	const uint32_t groups[] = { 7, 3, 7, 99999 };
	struct writ_creds creds = other;
	struct run run;

	begin_as_root(&run);
	run.cmd.creds = &creds;
	creds.groups = groups;
	creds.group_count = 1;
	look(&run);
	check_line(&run, "Groups", "7 ");
	creds.group_count = 4;
	look(&run);
	check_line(&run, "Groups", "3 7 99999 ");
	creds.group_count = 0;
	look(&run);
	check_line(&run, "Groups", " ");
	run_end(&run);
}

static void
thousands_of_groups_are_set_and_read_back(void)
{
	static uint32_t groups[WRIT_CREDS_GROUPS_MAX];
	struct writ_creds creds = { UID, GID, groups, WRIT_CREDS_GROUPS_MAX };
	struct run run;
	char text[512];

	for (uint32_t i = 0; i < WRIT_CREDS_GROUPS_MAX; i++)
		groups[i] = 100000 - i * 3;
	begin_as_root(&run);
	run.cmd.creds = &creds;
	look(&run);
	CHECK(strncmp(line_of(&run, "Groups", text, sizeof(text)), "75427 75430 75433 ", 18) == 0);
	run_end(&run);
}

static void
root_can_be_given_without_groups(void)
{
	struct writ_creds creds = { 0 };
	struct run run;

	begin_as_root(&run);
	run.cmd.creds = &creds;
	look(&run);
	check_line(&run, "Uid", "0\t0\t0\t0");
	check_line(&run, "Groups", " ");
	run_end(&run);
}

static void
ambient_capabilities_are_all_that_another_user_has(void)
{
	struct run run;

	begin_as_root(&run);
	run.cmd.creds = &other;
	run.cmd.ambient_caps = WRIT_CAP_BIT(CAP_NET_ADMIN) | WRIT_CAP_BIT(CAP_SYSLOG);
	look(&run);
	check_line(&run, "Uid", "54321\t54321\t54321\t54321");
	check_line(&run, "CapInh", "0000000400001000");
	check_line(&run, "CapPrm", "0000000400001000");
	check_line(&run, "CapEff", "0000000400001000");
	check_line(&run, "CapAmb", "0000000400001000");
	run_end(&run);
}

static void
the_bounding_set_is_dropped_to_what_is_given(void)
{
	struct run run;

	begin_as_root(&run);
	run.cmd.creds = &other;
	run.cmd.ambient_caps = WRIT_CAP_BIT(CAP_NET_RAW);
	run.cmd.set_bounding_caps = true;
	run.cmd.bounding_caps = WRIT_CAP_BIT(CAP_NET_RAW) | WRIT_CAP_BIT(CAP_CHOWN);
	look(&run);
	check_line(&run, "CapBnd", "0000000000002001");
	check_line(&run, "CapEff", "0000000000002000");
	run_end(&run);
}

static void
root_keeps_what_the_bounding_set_has(void)
{
	static const struct writ_creds root = { 0 };
	struct run run;

	begin_as_root(&run);
	run.cmd.set_bounding_caps = true;
	run.cmd.bounding_caps = WRIT_CAP_BIT(CAP_NET_RAW) | WRIT_CAP_BIT(CAP_CHOWN);
	for (int i = 0; i < 2; i++) { /* of the caller's identity, and changed to it */
		look(&run);
		check_line(&run, "CapBnd", "0000000000002001");
		check_line(&run, "CapPrm", "0000000000002001");
		check_line(&run, "CapEff", "0000000000002001");
		check_line(&run, "CapInh", "0000000000000000");
		run.cmd.creds = &root;
	}
	run.cmd.bounding_caps = 0; /* none is none */
	look(&run);
	check_line(&run, "CapBnd", "0000000000000000");
	check_line(&run, "CapEff", "0000000000000000");
	run_end(&run);
}

static void
with_inheritable_ones(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct caps[2];
	struct run run;

	CHECK(syscall(SYS_capget, &head, caps) == 0);
	caps[0].inheritable = 1 << CAP_NET_RAW | 1 << CAP_CHOWN;
	CHECK(syscall(SYS_capset, &head, caps) == 0);
	CHECK(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_RAW, 0, 0) == 0);
	run_begin(&run);
	look(&run);
	check_line(&run, "CapInh", "0000000000002001"); /* asked for nothing: as it was */
	run.cmd.creds = &other;
	look(&run);
	check_line(&run, "CapInh", "0000000000000000");
	check_line(&run, "CapAmb", "0000000000000000");
	run.cmd.creds = NULL;
	run.cmd.set_bounding_caps = true;
	run.cmd.bounding_caps = WRIT_CAP_BIT(CAP_NET_RAW);
	look(&run);
	check_line(&run, "CapInh", "0000000000000000");
	check_line(&run, "CapAmb", "0000000000000000");
	check_line(&run, "CapEff", "0000000000002000");
	run_end(&run);
}

static void
what_the_caller_inherits_is_not_passed_on(void)
{
	if (geteuid() != 0)
		SKIP("only root may do what this test does");
	unit_fork(with_inheritable_ones);
}

static void
no_new_privs_is_set_and_said(void)
{
	struct writ_cmd cmd = WRIT_CMD("/bin/true");
	struct run run;
	char *text = NULL;

	run_begin(&run);
	run.cmd.no_new_privs = true;
	look(&run);
	check_line(&run, "NoNewPrivs", "1");
	run.cmd.no_new_privs = false;
	look(&run);
	check_line(&run, "NoNewPrivs", "0");
	run_end(&run);
	cmd.no_new_privs = true;
	CHECK_INT(writ_plan_text(NULL, &cmd, false, &text, NULL), 0);
	CHECK(strstr(text, "no-new-privs ") != NULL);
	free(text);
}

/* It is the rights of the program that count, and no path is needed. */
static void
starts_in_a_directory_that_is_open(void)
{
	const char *dir = unit_dir();
	struct run run;
	char cwd[4096];
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	CHECK(fd >= 0);
	run_begin(&run);
	run.cmd.set_cwd_fd = true;
	run.cmd.cwd_fd = fd;
	run.cmd.no_new_privs = true;
	RUN(&run, CHILD("facts"));
	CHECK_TEXT(told(&run.res.out, "cwd", cwd, sizeof(cwd)), dir);
	CHECK_TEXT(told(&run.res.out, "fds", cwd, sizeof(cwd)), "0 1 2 ");
	if (geteuid() == 0) {
		run.cmd.creds = &other;
		run_refused(&run, WRIT_LIST("/bin/true"), WRIT_E_SYS, WRIT_STAGE_CHDIR);
		CHECK_INT(run.err.err_no, EACCES); /* made with mode 0700 */
		CHECK(chmod(dir, 0755) == 0);
		RUN(&run, CHILD("facts"));
		CHECK_TEXT(told(&run.res.out, "cwd", cwd, sizeof(cwd)), dir);
		CHECK_TEXT(told(&run.res.out, "fds", cwd, sizeof(cwd)), "0 1 2 ");
	}
	close(fd);
	run_end(&run);
}

/* A descriptor of ours is of our mounts: it is made one of those of the namespace. */
static void
an_open_directory_is_in_the_mounts_of_the_namespace(void)
{
	char name[64];
	char cwd[4096];
	const char *dir = unit_dir();
	struct run run;
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	begin_as_root(&run);
	snprintf(name, sizeof(name), "writ-unit-%d", (int)getpid());
	run.cmd.argv = WRIT_LIST("ip", "netns", "add", name);
	if (writ_run(run.host, &run.cmd, &run.res, NULL) < 0 || run.res.exit_code != 0) {
		run_end(&run);
		close(fd);
		SKIP("ip(8) makes no network namespace here");
	}
	run.cmd.netns = name;
	run.cmd.set_cwd_fd = true;
	run.cmd.cwd_fd = fd;
	RUN(&run, CHILD("facts"));
	CHECK_TEXT(told(&run.res.out, "cwd", cwd, sizeof(cwd)), dir);
	CHECK_TEXT(told(&run.res.out, "fds", cwd, sizeof(cwd)), "0 1 2 ");
	run.cmd.creds = &other; /* whose rights count here as well */
	run_refused(&run, WRIT_LIST("/bin/true"), WRIT_E_SYS, WRIT_STAGE_CHDIR);
	CHECK_INT(run.err.err_no, EACCES);
	run.cmd.creds = NULL;
	run.cmd.netns = NULL;
	RUN(&run, "ip", "netns", "del", name);
	close(fd);
	run_end(&run);
}

static void
the_plan_tells_the_capabilities(void)
{
	struct writ_cmd cmd = WRIT_CMD("/bin/true");
	struct writ_error err = { 0 };
	char *text = NULL;

	if (geteuid() != 0)
		SKIP("only root has capabilities to give");
	cmd.set_bounding_caps = true;
	cmd.bounding_caps = WRIT_CAP_BIT(CAP_NET_RAW) | WRIT_CAP_BIT(CAP_NET_ADMIN);
	CHECK_INT(writ_plan_text(NULL, &cmd, false, &text, NULL), 0);
	CHECK(strstr(text, "bounding     cap_net_admin cap_net_raw\n") != NULL);
	CHECK(strstr(text, "capabilities ambient none\n") != NULL);
	free(text);
	cmd.ambient_caps = WRIT_CAP_BIT(CAP_NET_RAW);
	CHECK_INT(writ_plan_text(NULL, &cmd, false, &text, &err), WRIT_E_INVAL);
	CHECK_INT(err.stage, WRIT_STAGE_CAPABILITY);
	cmd.creds = &other;
	CHECK_INT(writ_plan_text(NULL, &cmd, false, &text, NULL), 0);
	CHECK(strstr(text, "keep-caps") != NULL);
	CHECK(strstr(text, "capabilities ambient cap_net_raw\n") != NULL);
	free(text);
	cmd.set_bounding_caps = false;
	cmd.ambient_caps = WRIT_CAP_BIT(63);
	CHECK_INT(writ_plan_text(NULL, &cmd, false, &text, &err), WRIT_E_UNSUPPORTED);
	CHECK_INT(err.stage, WRIT_STAGE_CAPABILITY);
}

static void
the_plan_tells_the_numbers(void)
{
	const uint32_t groups[] = { 9, 8 };
	const struct writ_creds creds = { UID, GID, groups, 2 };
	struct writ_cmd cmd = WRIT_CMD("/bin/true");
	char *text = NULL;

	cmd.creds = &creds;
	CHECK_INT(writ_plan_text(NULL, &cmd, false, &text, NULL), 0);
	CHECK(strstr(text, "groups       8 9\n") != NULL);
	CHECK(strstr(text, "group        65432\n") != NULL);
	CHECK(strstr(text, "user         54321\n") != NULL);
	free(text);
}

/* Who is not root is told so, and the program does not run. */
static void
as_nobody(void)
{
	struct run run;

	CHECK(setgid(65534) == 0 && setuid(65534) == 0);
	run_begin(&run);
	run.cmd.creds = &other;
	run_refused(&run, WRIT_LIST("/bin/true"), WRIT_E_SYS, WRIT_STAGE_IDENTITY);
	CHECK_INT(run.err.err_no, EPERM);
	CHECK(strstr(run.err.hint, "privilege") != NULL);
	run.cmd.creds = NULL;
	run.cmd.ambient_caps = WRIT_CAP_BIT(CAP_NET_RAW);
	run_refused(&run, WRIT_LIST("/bin/true"), WRIT_E_SYS, WRIT_STAGE_CAPABILITY);
	CHECK_INT(run.err.err_no, EPERM);
	CHECK_TEXT(run.err.subject, "cap_net_raw");
	run.cmd.ambient_caps = 0;
	run.cmd.set_bounding_caps = true;
	run_refused(&run, WRIT_LIST("/bin/true"), WRIT_E_SYS, WRIT_STAGE_CAPABILITY);
	CHECK_INT(run.err.err_no, EPERM);
	run_end(&run);
}

static void
an_ordinary_user_is_refused(void)
{
	if (geteuid() != 0)
		SKIP("only root can become an ordinary user");
	if (runs_level() == WRIT_LEVEL_CGROUP)
		SKIP("an ordinary user has no control group here");
	unit_fork(as_nobody);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(all_ids_are_those_given),
		UNIT(no_groups_means_none),
		UNIT(thousands_of_groups_are_set_and_read_back),
		UNIT(root_can_be_given_without_groups),
		UNIT(ambient_capabilities_are_all_that_another_user_has),
		UNIT(the_bounding_set_is_dropped_to_what_is_given),
		UNIT(root_keeps_what_the_bounding_set_has),
		UNIT(what_the_caller_inherits_is_not_passed_on),
		UNIT(no_new_privs_is_set_and_said),
		UNIT(starts_in_a_directory_that_is_open),
		UNIT(an_open_directory_is_in_the_mounts_of_the_namespace),
		UNIT(the_plan_tells_the_capabilities),
		UNIT(the_plan_tells_the_numbers),
		UNIT(an_ordinary_user_is_refused),
	};

	return UNIT_RUN(tests);
}
