#include "rootwrap/dialect.h"

#include <string.h>

#include "unit.h"

static struct arena arena;
static struct ini ini;
static struct ini_fault fault;

static int
parse(const char *text, bool strict)
{
	arena_done(&arena);
	return ini_parse(&arena, text, strlen(text), strict, &ini, &fault);
}

/* "name=value;name=value;" of the section [Filters]. */
static const char *
items(const char *text)
{
	static char told[512];
	const struct ini_option *option;

	CHECK_INT(parse(text, false), INI_GOOD);
	told[0] = '\0';
	CHECK(ini_items(&arena, &ini, "Filters", &option));
	for (; option != NULL; option = option->next) {
		strncat(told, option->name, 100);
		strcat(told, "=");
		strncat(told, option->value, 100);
		strcat(told, ";");
	}
	return told;
}

static void
a_name_ends_at_the_first_delimiter(void)
{
	CHECK_TEXT(items("[Filters]\nA b : x = y\nc=d:e\nhttp://x: C\n"),
		   "a b=x = y;c=d:e;http=//x: C;");
	arena_done(&arena);
}

static void
a_deeper_line_goes_on_with_the_value(void)
{
	CHECK_TEXT(items("[Filters]\na: x,\n  --file, y,\n\n  z\nb: 1\n"),
		   "a=x,\n--file, y,\n\nz;b=1;");
	CHECK_TEXT(items("[Filters]\n  a: x\n  b: y\n    c\n"), "a=x;b=y\nc;");
	arena_done(&arena);
}

static void
comments_are_whole_lines(void)
{
	CHECK_TEXT(items("# x\n[Filters]\n; y\na: X ; c\n  # inside\n  more\n"), "a=X ; c\nmore;");
	arena_done(&arena);
}

static void
what_is_given_twice_has_the_first_place_and_the_last_value(void)
{
	CHECK_TEXT(items("[Filters]\na: 1\nb: 2\nA: 3\n[Other]\nx: y\n[Filters]\nc: 4\n"),
		   "a=3;b=2;c=4;");
	CHECK_INT(parse("[a]\nx: 1\nx: 2\n", true), INI_NOT_ONE);
	CHECK_INT(fault.line, 3);
	CHECK_INT(parse("[a]\n[a]\n", true), INI_NOT_ONE);
	CHECK_INT(parse("[DEFAULT]\nx: 1\n[DEFAULT]\ny: 1\n", true), INI_GOOD);
	arena_done(&arena);
}

static void
defaults_come_first(void)
{
	CHECK_TEXT(items("[DEFAULT]\nd: 0\na: 9\n[Filters]\nb: 2\na: 1\n"), "d=0;a=1;b=2;");
	arena_done(&arena);
}

static void
headers_and_line_ends_are_taken_as_python_does(void)
{
	CHECK_TEXT(items("[Filters] junk\r\na: b\r\nc: d\re: f"), "a=b;c=d;e=f;");
	CHECK(!ini_items(&arena, &ini, "filters", &(const struct ini_option *){ NULL }));
	arena_done(&arena);
}

static void
what_is_none_is_refused_with_its_line(void)
{
	CHECK_INT(parse("a: b\n", false), INI_NOT_ONE);
	CHECK_INT(parse("[a]\nx\n", false), INI_NOT_ONE);
	CHECK_INT(fault.line, 2);
	CHECK_INT(parse("[a]\n= x\n", false), INI_NOT_ONE);
	CHECK_INT(parse("\xEF\xBB\xBF[a]\n", false), INI_NOT_ONE);
	CHECK_INT(parse("[a]\nx: \xff\n", false), INI_NOT_TEXT);
	CHECK_INT(ini_parse(&arena, "[a]\0", 4, false, &ini, &fault), INI_NOT_TEXT);
	arena_done(&arena);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(a_name_ends_at_the_first_delimiter),
		UNIT(a_deeper_line_goes_on_with_the_value),
		UNIT(comments_are_whole_lines),
		UNIT(what_is_given_twice_has_the_first_place_and_the_last_value),
		UNIT(defaults_come_first),
		UNIT(headers_and_line_ends_are_taken_as_python_does),
		UNIT(what_is_none_is_refused_with_its_line),
	};

	return UNIT_RUN(tests);
}
