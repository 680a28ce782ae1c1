#include "rootwrap/pattern.h"

#include <stddef.h>

#include "unit.h"

static bool
matches(const char *text, const char *argument, bool exact)
{
	struct pattern pattern;
	bool found;

	pattern_init(&pattern, text, exact);
	found = pattern_match(&pattern, argument);
	pattern_done(&pattern);
	return found;
}

static void
a_pattern_is_for_the_whole_argument(void)
{
	CHECK(matches("a|b", "b", false) && !matches("a|b", "axx", false));
	CHECK(!matches("/etc/a", "/etc/a\n", false) && !matches(".*", "a\nb", false));
	CHECK(!matches("[^/]*", "a\n", false) && !matches("\\d+", "\u0663", false));
	CHECK(matches("^[/]*([^/\\0]+(/+)?)*$", "/a/b", false));
	CHECK(matches("(?!\\.\\.).*", ".a", false) && !matches("(?!\\.\\.).*", "..", false));
}

static void
exact_is_as_weak_as_python(void)
{
	CHECK(matches("a|b", "axx", true) && matches("/etc/a", "/etc/a\n", true));
	CHECK(matches("[^/]*", "a\nb", true) && matches("\\d+", "\u0663", true));
	CHECK(!matches("a.b", "a\nb", true) && matches("a.b",
						       "a\xff"
						       "b",
						       true));
	CHECK(matches("x{2}", "xx", true) && matches("x{", "x{", true));
}

static void
what_differs_between_the_languages_is_refused(void)
{
	static const char *const bad[] = { "a++",    "(?>a)", "(?P<n>a)",  "(a)\\1",	  "\\Z",
					   "\\K",    "\\Qa",  "(*ACCEPT)", "[[:alpha:]]", "[",
					   "(",	     ")",     "*",	   "a**",	  "\\",
					   "(?<=a)", "(?#x)", "a{1001}",   "[a\\R]",	  "x(?i)" };
	struct pattern pattern;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(pattern_init(&pattern, bad[i], i % 2 == 0) != NULL);
		CHECK(!pattern_match(&pattern, bad[i]));
	}
}

static void
one_that_takes_for_ever_matches_nothing(void)
{
	CHECK(!matches("(a+)+b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac",
		       true));
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(a_pattern_is_for_the_whole_argument),
		UNIT(exact_is_as_weak_as_python),
		UNIT(what_differs_between_the_languages_is_refused),
		UNIT(one_that_takes_for_ever_matches_nothing),
	};

	return UNIT_RUN(tests);
}
