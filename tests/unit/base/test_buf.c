#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "unit.h"

static void
grows_as_needed(void)
{
	struct buf buf = { 0 };
	char *text;

	for (int i = 0; i < 1000; i++) {
		buf_add(&buf, "ab", 2);
		buf_add_text(&buf, "c");
		buf_printf(&buf, "%d,", i % 10);
	}
	text = buf_take(&buf);
	CHECK_INT(strlen(text), 5000);
	for (int i = 0; i < 1000; i++)
		CHECK(memcmp(text + (size_t)i * 5, "abc", 3) == 0 &&
		      text[i * 5 + 3] == '0' + i % 10);
	CHECK(buf.data == NULL && buf.len == 0);
	free(text);
}

static void
an_empty_text_is_a_text(void)
{
	struct buf buf = { 0 };
	char *text = buf_take(&buf);

	CHECK_TEXT(text, "");
	free(text);
	buf_add(&buf, NULL, 0);
	buf_done(&buf);
	buf_done(&buf);
}

static void
a_failure_is_told_at_the_end(void)
{
	struct buf buf = { 0 };

	buf_add_text(&buf, "something");
	buf.failed = true;
	buf_add_text(&buf, "more");
	buf_printf(&buf, "%s", "more");
	CHECK(buf_take(&buf) == NULL);
	CHECK(!buf.failed);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(grows_as_needed),
		UNIT(an_empty_text_is_a_text),
		UNIT(a_failure_is_told_at_the_end),
	};

	return UNIT_RUN(tests);
}
