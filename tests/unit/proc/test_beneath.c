#include <stdlib.h>
#include <string.h>

#include "proc/beneath.h"
#include "proc/check.h"
#include "unit.h"
#include "writ.h"

static int
check(const char *arg, const struct writ_beneath *beneath, struct writ_error *err)
{
	struct writ_cmd cmd = WRIT_CMD("/bin/cat", arg);
	struct writ_cmd checked;

	cmd.beneath = beneath;
	cmd.beneath_count = 1;
	return check_cmd(&cmd, &checked, err);
}

static void
a_path_begins_with_the_directory_or_is_relative(void)
{
	static const struct {
		const char *arg;
		const char *base;
		int kind;
		size_t offset;
	} good[] = {
		{ "/srv/x/a", "/srv/x", WRIT_BENEATH_READ, 0 },
		{ "/srv/x/a", "/srv/x/", WRIT_BENEATH_PARENT, 0 },
		{ "/srv/x//a/b", "/srv/x", WRIT_BENEATH_PARENT, 0 },
		{ "/srv/x/../y", "/srv/x", WRIT_BENEATH_READ, 0 }, /* openat2(2) says no */
		{ "/a", "/", WRIT_BENEATH_READ, 0 },
		{ "/srv/x", "/srv/x", WRIT_BENEATH_DIR, 0 },
		{ "a/b", "/srv/x", WRIT_BENEATH_READ, 0 },
		{ "if=a", "/srv/..x", WRIT_BENEATH_WRITE, 3 },
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct writ_beneath file = { 1, good[i].offset, good[i].base, good[i].kind };

		CHECK_INT(check(good[i].arg, &file, NULL), 0);
	}
}

static void
refuses_what_would_be_another_path_than_it_seems(void)
{
	static const struct {
		const char *arg;
		const char *base;
		int kind;
		size_t offset;
		size_t index;
	} bad[] = {
		{ "/srv/xy/a", "/srv/x", WRIT_BENEATH_READ, 0, 1 },
		{ "/srv/a", "/srv/x", WRIT_BENEATH_READ, 0, 1 },
		{ "//srv/x/a", "/srv/x", WRIT_BENEATH_READ, 0, 1 },
		{ "", "/srv/x", WRIT_BENEATH_READ, 0, 1 },
		{ "if=", "/srv/x", WRIT_BENEATH_READ, 3, 1 },
		{ "if=", "/srv/x", WRIT_BENEATH_READ, 400, 1 },
		{ "/srv/x/a", "/srv/x", WRIT_BENEATH_READ, 0, 0 }, /* the program's own name */
		{ "/srv/x/a", "/srv/x", WRIT_BENEATH_READ, 0, 2 },
		{ "/srv/x/a", "srv/x", WRIT_BENEATH_READ, 0, 1 },
		{ "/srv/x/a", "", WRIT_BENEATH_READ, 0, 1 },
		{ "/srv/x/a", NULL, WRIT_BENEATH_READ, 0, 1 },
		{ "/srv/x/a", "/srv/../srv/x", WRIT_BENEATH_READ, 0, 1 },
		{ "/srv/x/a", "/srv/x/..", WRIT_BENEATH_READ, 0, 1 },
		{ "/srv/x/a", "/srv/x", -1, 0, 1 },
		{ "/srv/x/a", "/srv/x", WRIT_BENEATH_PARENT + 1, 0, 1 },
		{ "a", "/srv/x", WRIT_BENEATH_PARENT, 0, 1 },
		{ "/srv/x", "/srv/x", WRIT_BENEATH_PARENT, 0, 1 },
		{ "/srv/x/", "/srv/x", WRIT_BENEATH_PARENT, 0, 1 },
		{ "/srv/x/a/", "/srv/x", WRIT_BENEATH_PARENT, 0, 1 },
		{ "/srv/x/a/..", "/srv/x", WRIT_BENEATH_PARENT, 0, 1 },
		{ "/srv/x/.", "/srv/x", WRIT_BENEATH_PARENT, 0, 1 },
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct writ_beneath file = { bad[i].index, bad[i].offset, bad[i].base,
					     bad[i].kind };
		struct writ_error err = { 0 };

		CHECK_INT(check(bad[i].arg, &file, &err), WRIT_E_INVAL);
		CHECK_INT(err.stage, WRIT_STAGE_PATH);
	}
}

static void
refuses_too_many_too_long_and_twice_in_one(void)
{
	struct writ_beneath files[WRIT_BENEATH_MAX + 1] = { { 1, 0, "/a", 0 }, { 1, 0, "/a", 0 } };
	struct writ_cmd cmd = WRIT_CMD("/bin/cat", "x");
	struct writ_cmd checked;
	char text[5000] = { 0 };

	cmd.beneath = files;
	cmd.beneath_count = 2;
	CHECK_INT(check_cmd(&cmd, &checked, NULL), WRIT_E_INVAL);
	cmd.beneath_count = WRIT_BENEATH_MAX + 1;
	CHECK_INT(check_cmd(&cmd, &checked, NULL), WRIT_E_LIMIT);
	cmd.beneath = NULL;
	CHECK_INT(check_cmd(&cmd, &checked, NULL), WRIT_E_INVAL);
	memset(text, 'a', sizeof(text) - 1);
	CHECK_INT(check(text, &files[0], NULL), WRIT_E_LIMIT);
	text[0] = '/';
	files[0].base = text;
	CHECK_INT(check("x", &files[0], NULL), WRIT_E_LIMIT);
}

static void
the_numbers_are_the_lowest_that_are_free(void)
{
	const struct writ_beneath files[] = { { 2, 2, "/srv", 0 },
					      { 1, 0, "/srv", WRIT_BENEATH_PARENT },
					      { 3, 0, "/srv", WRIT_BENEATH_DIR } };
	const struct writ_pass pass[] = { { 0, 4 }, { 0, 3 }, { 0, 6 } };
	struct writ_cmd cmd = WRIT_CMD("/bin/cat", "/srv/p", "o=q", "/srv");
	struct plan plan = { 0 };

	cmd.beneath = files;
	cmd.beneath_count = 3;
	cmd.pass = pass;
	cmd.pass_count = 3;
	CHECK_INT(beneath_plan(&cmd, &plan, NULL), 0);
	CHECK_TEXT(plan.argv[0], "/bin/cat");
	CHECK_TEXT(plan.argv[1], "/srv/p");
	CHECK_TEXT(plan.argv[2], "o=/proc/self/fd/5");
	CHECK_TEXT(plan.argv[3], "/proc/self/fd/7");
	CHECK(plan.argv[4] == NULL);
	CHECK_TEXT(plan.beneath[0].path, "q");
	CHECK_TEXT(plan.beneath[1].path, "p");
	CHECK_TEXT(plan.beneath[2].path, ".");
	plan_done(&plan);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(a_path_begins_with_the_directory_or_is_relative),
		UNIT(refuses_what_would_be_another_path_than_it_seems),
		UNIT(refuses_too_many_too_long_and_twice_in_one),
		UNIT(the_numbers_are_the_lowest_that_are_free),
	};

	return UNIT_RUN(tests);
}
