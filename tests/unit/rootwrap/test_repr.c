#include "rootwrap/repr.h"

#include "unit.h"

static struct arena arena;

static void
texts_are_quoted_as_python_does(void)
{
	CHECK_TEXT(repr_text(&arena, "a b"), "'a b'");
	CHECK_TEXT(repr_text(&arena, "q'"), "\"q'\"");
	CHECK_TEXT(repr_text(&arena, "q'\""), "'q\\'\"'");
	CHECK_TEXT(repr_text(&arena, "\\\n\t\r\x1b\x7f"), "'\\\\\\n\\t\\r\\x1b\\x7f'");
	CHECK_TEXT(repr_text(&arena, "\xc3\xa9\xff\xc2\x80"), "'\xc3\xa9\\udcff\\x80'");
	arena_done(&arena);
}

static void
a_line_has_nothing_that_moves_the_cursor(void)
{
	CHECK_TEXT(repr_line(&arena, "a\nb\x1b[2J\xff\xc2\x9b"
				     "c\xc3\xa9"),
		   "a?b?[2J???c\xc3\xa9");
	arena_done(&arena);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(texts_are_quoted_as_python_does),
		UNIT(a_line_has_nothing_that_moves_the_cursor),
	};

	return UNIT_RUN(tests);
}
