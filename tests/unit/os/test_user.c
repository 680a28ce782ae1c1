#include <grp.h>
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

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(finds_users_by_name_and_by_number),
		UNIT(a_group_that_is_named_is_the_first),
		UNIT(a_number_without_an_entry_needs_a_group),
		UNIT(refuses_what_is_no_user),
	};

	return UNIT_RUN(tests);
}
