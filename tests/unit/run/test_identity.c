/* Who the program is, and what it may: as the kernel tells it in /proc. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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
		UNIT(the_plan_tells_the_numbers),
		UNIT(an_ordinary_user_is_refused),
	};

	return UNIT_RUN(tests);
}
