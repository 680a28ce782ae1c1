#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>

#include "os/os_user.h"
#include "unit.h"

static bool
has_group(const struct os_creds *creds, uint32_t gid)
{
	for (size_t i = 0; i < creds->group_count; i++)
		if (creds->groups[i] == gid)
			return true;
	return false;
}

static void
finds_users_by_name_and_by_number(void)
{
	static const char *const roots[] = { "root", "0", "root:root", "0:0", "root:0", "0:root" };

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		struct os_creds creds = { 0 };

		CHECK_INT(os_creds_find(roots[i], &creds, NULL), 0);
		CHECK_INT(creds.uid, 0);
		CHECK_INT(creds.gid, 0);
		CHECK(has_group(&creds, 0));
		os_creds_done(&creds);
		CHECK(creds.groups == NULL);
		os_creds_done(&creds);
	}
}

static void
a_group_that_is_named_is_the_first(void)
{
	struct group *daemon = getgrnam("daemon");
	struct os_creds creds = { 0 };

	if (daemon == NULL)
		SKIP("there is no group \"daemon\"");
	CHECK_INT(os_creds_find("root:daemon", &creds, NULL), 0);
	CHECK_INT(creds.uid, 0);
	CHECK_INT(creds.gid, daemon->gr_gid);
	CHECK(has_group(&creds, daemon->gr_gid));
	os_creds_done(&creds);
}

static void
a_number_without_an_entry_needs_a_group(void)
{
	struct writ_error err = { 0 };
	struct os_creds creds = { 0 };

	CHECK_INT(os_creds_find("54321", &creds, &err), WRIT_E_NOT_FOUND);
	CHECK(strstr(err.hint, "54321:") != NULL);
	CHECK_INT(os_creds_find("54321:65432", &creds, &err), 0);
	CHECK_INT(creds.uid, 54321);
	CHECK_INT(creds.gid, 65432);
	CHECK_INT(creds.group_count, 1);
	CHECK_INT(creds.groups[0], 65432);
	os_creds_done(&creds);
}

static void
refuses_what_is_no_user(void)
{
	static const char *const bad[] = { "",
					   ":",
					   ":root",
					   "root:",
					   "no-such-user",
					   "root:no-such-group",
					   "4294967295:0",
					   "root:4294967295",
					   "-1:0",
					   /* getent(1) takes these for 0 */
					   "4294967296",
					   "4294967296:0",
					   "+0",
					   " 0",
					   "root:4294967296",
					   "root:+0",
					   "root:root:root" };
	char longer[400];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct os_creds creds = { .uid = 77 };
		struct writ_error err = { 0 };

		CHECK(os_creds_find(bad[i], &creds, &err) < 0);
		CHECK(os_creds_find(bad[i], &creds, NULL) < 0);
		CHECK_INT(err.stage, WRIT_STAGE_USER);
		CHECK(creds.uid == 77 && creds.groups == NULL);
	}
	memset(longer, 'u', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	CHECK_INT(os_creds_find(longer, &(struct os_creds){ 0 }, NULL), WRIT_E_SYNTAX);
}

/* What libc's own modules say in this process is what getent(1) says in another. */
static void
every_user_has_the_groups_that_libc_gives(void)
{
	gid_t expected[256];
	int users = 0;

	setpwent();
	for (struct passwd *entry; users < 5 && (entry = getpwent()) != NULL; users++) {
		struct os_creds creds = { 0 };
		int count = 256;

		CHECK(getgrouplist(entry->pw_name, entry->pw_gid, expected, &count) > 0);
		CHECK_INT(os_creds_find(entry->pw_name, &creds, NULL), 0);
		CHECK_INT(creds.uid, entry->pw_uid);
		CHECK_INT(creds.gid, entry->pw_gid);
		CHECK_INT(creds.group_count, count);
		for (int i = 0; i < count; i++)
			CHECK(has_group(&creds, expected[i]));
		os_creds_done(&creds);
	}
	endpwent();
	CHECK(users > 0);
}

static void
ask_with_sigchld_ignored(void)
{
	struct os_creds creds = { 0 };

	signal(SIGCHLD, SIG_IGN);
	CHECK_INT(os_creds_find("root", &creds, NULL), 0);
	os_creds_done(&creds);
	CHECK_INT(os_creds_find("no-such-user", &creds, NULL), WRIT_E_NOT_FOUND);
}

static void
an_ignored_sigchld_is_no_missing_user(void)
{
	unit_fork(ask_with_sigchld_ignored);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(finds_users_by_name_and_by_number),
		UNIT(a_group_that_is_named_is_the_first),
		UNIT(a_number_without_an_entry_needs_a_group),
		UNIT(refuses_what_is_no_user),
		UNIT(every_user_has_the_groups_that_libc_gives),
		UNIT(an_ignored_sigchld_is_no_missing_user),
	};

	return UNIT_RUN(tests);
}
