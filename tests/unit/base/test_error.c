#include <errno.h>
#include <string.h>

#include "base/fail.h"
#include "unit.h"

static void
says_what_failed_and_why(void)
{
	struct writ_error err = { 0 };
	char text[600];

	CHECK_INT(writ_fail(&err, WRIT_E_NOT_FOUND, WRIT_STAGE_SEARCH, ENOENT, "not there", "%s-%d",
			    "prog", 1),
		  WRIT_E_NOT_FOUND);
	CHECK_INT(err.code, WRIT_E_NOT_FOUND);
	CHECK_INT(err.err_no, ENOENT);
	CHECK_TEXT(writ_error_text(&err, text, sizeof(text)),
		   "cannot find the program: prog-1: not there");
	CHECK_INT(writ_hint(&err, WRIT_E_NOT_FOUND, "try %s", "this"), WRIT_E_NOT_FOUND);
	CHECK_TEXT(err.hint, "try this");
	writ_fail_sys(&err, WRIT_STAGE_OPEN, EACCES, "/x");
	CHECK_TEXT(writ_error_text(&err, text, sizeof(text)), "cannot open: /x: Permission denied");
	CHECK_TEXT(err.hint, ""); /* of the one before */
}

static void
nobody_needs_to_want_it(void)
{
	CHECK_INT(writ_fail(NULL, WRIT_E_SYS, 0, EIO, NULL, "%s", "x"), WRIT_E_SYS);
	CHECK_INT(writ_fail_nomem(NULL, 0), WRIT_E_NOMEM);
	CHECK_INT(writ_hint(NULL, WRIT_E_SYS, "x"), WRIT_E_SYS);
}

static void
control_bytes_do_not_reach_a_terminal(void)
{
	struct writ_error err = { 0 };
	char text[600];

	writ_fail(&err, WRIT_E_INVAL, WRIT_STAGE_ENV, 0, "bad", "%s", "a\033[31m\n\x7f");
	CHECK_TEXT(writ_error_text(&err, text, sizeof(text)),
		   "cannot make the environment: a?[31m??: bad");
}

static void
is_cut_to_the_room_there_is(void)
{
	struct writ_error err = { 0 };
	char text[10];
	char longer[1000];

	memset(longer, 'x', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	writ_fail(&err, WRIT_E_INVAL, WRIT_STAGE_ENV, 0, longer, "%s", longer);
	CHECK_INT(strlen(err.subject), sizeof(err.subject) - 1);
	CHECK_INT(strlen(err.why), sizeof(err.why) - 1);
	CHECK_TEXT(writ_error_text(&err, text, sizeof(text)), "cannot ma");
	CHECK(writ_error_text(&err, text, 0) == text);
}

static void
every_code_and_stage_has_a_name(void)
{
	for (int code = WRIT_E_NOMEM; code <= 0; code++)
		CHECK(strcmp(writ_code_name(code), "E_UNKNOWN") != 0);
	CHECK_TEXT(writ_code_name(1), "E_UNKNOWN");
	CHECK_TEXT(writ_code_name(-1000), "E_UNKNOWN");
	for (int stage = 0; stage < WRIT_STAGE_COUNT_; stage++)
		CHECK(writ_stage_name(stage) != NULL && writ_stage_name(stage)[0] != '\0');
	CHECK_TEXT(writ_stage_name(-1), "unknown");
	CHECK_TEXT(writ_stage_name(WRIT_STAGE_COUNT_), "unknown");
	CHECK_TEXT(writ_version(), WRIT_VERSION);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(says_what_failed_and_why),
		UNIT(nobody_needs_to_want_it),
		UNIT(control_bytes_do_not_reach_a_terminal),
		UNIT(is_cut_to_the_room_there_is),
		UNIT(every_code_and_stage_has_a_name),
	};

	return UNIT_RUN(tests);
}
