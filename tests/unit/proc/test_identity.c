#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "proc/check.h"
#include "unit.h"
#include "writ.h"

static struct writ_error err;

/* Refused before anything is looked up. */
static void
check_refused(const struct writ_cmd *cmd, int code, int stage, const char *subject)
{
	struct writ_cmd checked;

	err = (struct writ_error){ 0 };
	CHECK_INT(check_cmd(cmd, &checked, &err), code);
	CHECK_INT(err.stage, stage);
	CHECK(strstr(err.subject, subject) != NULL);
}

static void
refuses_an_id_that_the_kernel_would_take_for_another(void)
{
	static const int64_t bad[] = { -1, UINT32_MAX, INT64_C(1) << 32, INT64_MIN, INT64_MAX, -2 };
	struct writ_cmd cmd = WRIT_CMD("/bin/true");
	const uint32_t groups[] = { 1, UINT32_MAX };
	struct writ_creds creds = { 0 };
	struct writ_cmd checked;

	cmd.creds = &creds;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		creds = (struct writ_creds){ .uid = bad[i] };
		check_refused(&cmd, WRIT_E_INVAL, WRIT_STAGE_IDENTITY, ":0");
		creds = (struct writ_creds){ .gid = bad[i] };
		check_refused(&cmd, WRIT_E_INVAL, WRIT_STAGE_IDENTITY, "0:");
	}
	creds = (struct writ_creds){ .groups = groups, .group_count = 2 };
	check_refused(&cmd, WRIT_E_INVAL, WRIT_STAGE_IDENTITY, "groups[1]");
	creds = (struct writ_creds){ UINT32_MAX - 1, UINT32_MAX - 1, groups, 1 };
	CHECK_INT(check_cmd(&cmd, &checked, NULL), 0);
}

static void
refuses_groups_without_end_and_two_identities(void)
{
	static uint32_t groups[WRIT_CREDS_GROUPS_MAX + 1];
	struct writ_cmd cmd = WRIT_CMD("/bin/true");
	struct writ_creds creds = { 1, 1, groups, WRIT_CREDS_GROUPS_MAX + 1 };

	cmd.creds = &creds;
	check_refused(&cmd, WRIT_E_LIMIT, WRIT_STAGE_IDENTITY, "8193");
	creds.groups = NULL;
	check_refused(&cmd, WRIT_E_INVAL, WRIT_STAGE_IDENTITY, "groups");
	creds.group_count = 0;
	cmd.user = "root";
	check_refused(&cmd, WRIT_E_INVAL, WRIT_STAGE_IDENTITY, "creds");
}

static void
refuses_ambient_capabilities_outside_the_bounding_set(void)
{
	struct writ_cmd cmd = WRIT_CMD("/bin/true");

	cmd.ambient_caps = 6;
	cmd.set_bounding_caps = true;
	cmd.bounding_caps = 2;
	check_refused(&cmd, WRIT_E_INVAL, WRIT_STAGE_CAPABILITY, "ambient_caps");
}

static void
refuses_what_is_no_directory_and_two_of_them(void)
{
	struct writ_cmd cmd = WRIT_CMD("/bin/true");
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int dir = open("/", O_PATH | O_CLOEXEC);

	cmd.set_cwd_fd = true;
	cmd.cwd_fd = -1;
	check_refused(&cmd, WRIT_E_INVAL, WRIT_STAGE_CHDIR, "cwd_fd");
	cmd.cwd_fd = file;
	check_refused(&cmd, WRIT_E_INVAL, WRIT_STAGE_CHDIR, "cwd_fd");
	cmd.cwd_fd = dir;
	cmd.cwd = "/";
	check_refused(&cmd, WRIT_E_INVAL, WRIT_STAGE_CHDIR, "cwd_fd");
	close(file);
	close(dir);
}

static void
refuses_what_is_no_name_of_a_namespace(void)
{
	static const char *const bad[] = { "", ".", "..", "a/b", "/", "../net", "/run/netns/a" };
	struct writ_cmd cmd = WRIT_CMD("/bin/true");
	char text[300] = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cmd.netns = bad[i];
		check_refused(&cmd, WRIT_E_INVAL, WRIT_STAGE_NAMESPACE, bad[i]);
	}
	memset(text, 'n', sizeof(text) - 1);
	cmd.netns = text;
	check_refused(&cmd, WRIT_E_INVAL, WRIT_STAGE_NAMESPACE, "nnn");
}

static void
a_request_of_an_older_library_asks_for_none_of_it(void)
{
	struct writ_cmd cmd = WRIT_CMD("/bin/true");
	struct writ_cmd checked;

	cmd.size = offsetof(struct writ_cmd, creds);
	memset((char *)&cmd + cmd.size, 0xff, sizeof(cmd) - cmd.size);
	CHECK_INT(check_cmd(&cmd, &checked, NULL), 0);
	CHECK(checked.creds == NULL && checked.netns == NULL && !checked.no_new_privs);
	CHECK(checked.beneath_count == 0 && !checked.set_cwd_fd && !checked.set_bounding_caps);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(refuses_an_id_that_the_kernel_would_take_for_another),
		UNIT(refuses_groups_without_end_and_two_identities),
		UNIT(refuses_ambient_capabilities_outside_the_bounding_set),
		UNIT(refuses_what_is_no_directory_and_two_of_them),
		UNIT(refuses_what_is_no_name_of_a_namespace),
		UNIT(a_request_of_an_older_library_asks_for_none_of_it),
	};

	return UNIT_RUN(tests);
}
