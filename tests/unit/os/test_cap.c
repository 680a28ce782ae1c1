#include <string.h>

#include "unit.h"
#include "writ/cap.h"

static void
every_name_has_its_number(void)
{
	int count = 0;

	while (writ_cap_name(count) != NULL) {
		const char *name = writ_cap_name(count);

		CHECK_INT(writ_cap_by_name(name, NULL), count);
		CHECK_INT(writ_cap_by_name(name + strlen("cap_"), NULL), count);
		count++;
	}
	CHECK_INT(count, 41); /* up to CAP_CHECKPOINT_RESTORE */
	CHECK(writ_cap_name(-1) == NULL && writ_cap_name(64) == NULL);
	CHECK_TEXT(writ_cap_name(12), "cap_net_admin");
	CHECK_TEXT(writ_cap_name(40), "cap_checkpoint_restore");
}

static void
a_name_may_be_written_as_in_the_manual(void)
{
	CHECK_INT(writ_cap_by_name("CAP_SYS_ADMIN", NULL), 21);
	CHECK_INT(writ_cap_by_name("Sys_Admin", NULL), 21);
}

static void
refuses_what_is_no_capability(void)
{
	static const char *const bad[] = { "",	   "cap_", "net",    "cap_cap_chown", " chown",
					   "12",   "all",  "chown ", "cap_net_admin,", "sys-admin" };
	struct writ_error err = { 0 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK_INT(writ_cap_by_name(bad[i], &err), WRIT_E_SYNTAX);
		CHECK_INT(err.stage, WRIT_STAGE_CAPABILITY);
		CHECK_TEXT(err.subject, bad[i]);
		CHECK(err.hint[0] != '\0');
	}
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(every_name_has_its_number),
		UNIT(a_name_may_be_written_as_in_the_manual),
		UNIT(refuses_what_is_no_capability),
	};

	return UNIT_RUN(tests);
}
