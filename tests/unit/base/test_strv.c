#include <string.h>

#include "base/strv.h"
#include "unit.h"

static void
counts_lists_and_no_list(void)
{
	CHECK_INT(strv_count(NULL), 0);
	CHECK_INT(strv_count((const char *const[]){ NULL }), 0);
	CHECK_INT(strv_count((const char *const[]){ "a", "", "b", NULL }), 3);
}

/* The definition, with all its ways to be slow. */
static bool
fits(const char *pattern, const char *text)
{
	if (*pattern == '*')
		return fits(pattern + 1, text) || (*text != '\0' && fits(pattern, text + 1));
	if (*pattern == '\0' || *text == '\0')
		return *pattern == *text;
	return (*pattern == '?' || *pattern == *text) && fits(pattern + 1, text + 1);
}

static void
matches_as_the_definition_says(void)
{
	int hits = 0;

	for (int i = 0; i < 50000; i++) {
		char pattern[8] = "";
		char text[10] = "";
		size_t pattern_len = unit_random(7);
		size_t text_len = unit_random(9);

		for (size_t k = 0; k < pattern_len; k++)
			pattern[k] = "ab*?"[unit_random(4)];
		for (size_t k = 0; k < text_len; k++)
			text[k] = "ab"[unit_random(2)];
		CHECK(glob_match(pattern, text, text_len) == fits(pattern, text));
		hits += fits(pattern, text);
	}
	CHECK(hits > 1000);
}

static void
looks_no_further_than_the_length(void)
{
	CHECK(glob_match("LC_*", "LC_ALL=x", 6));
	CHECK(glob_match("PATH", "PATH=/bin", 4));
	CHECK(!glob_match("PATH", "PATHEXT=/bin", 7));
	CHECK(!glob_match("PATH", "PAT", 3));
}

static void
many_stars_take_no_time(void)
{
	char text[2000];

	memset(text, 'a', sizeof(text));
	CHECK(!glob_match("a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", text, sizeof(text)));
	CHECK(glob_match("a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*", text, sizeof(text)));
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(counts_lists_and_no_list),
		UNIT(matches_as_the_definition_says),
		UNIT(looks_no_further_than_the_length),
		UNIT(many_stars_take_no_time),
	};

	return UNIT_RUN(tests);
}
