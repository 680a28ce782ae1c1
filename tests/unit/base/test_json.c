#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "unit.h"

/* The JSON of one string. */
static void
check_text(const char *text, const char *expected)
{
	struct buf buf = { 0 };
	struct json json = { .buf = &buf };
	char *out;

	json_text(&json, NULL, text);
	out = buf_take(&buf);
	CHECK_TEXT(out, expected);
	free(out);
}

static void
escapes_what_json_and_a_terminal_cannot_bear(void)
{
	check_text("", "\"\"");
	check_text("plain", "\"plain\"");
	check_text("a\"b\\c/d", "\"a\\\"b\\\\c/d\"");
	check_text("\n\t\r\x01\x1f\x7f", "\"\\n\\t\\u000d\\u0001\\u001f\\u007f\"");
	check_text(NULL, "null");
}

static void
passes_well_formed_utf8(void)
{
	check_text("\xc3\xa4", "\"\xc3\xa4\"");
	check_text("\xe2\x82\xac", "\"\xe2\x82\xac\"");
	check_text("\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"");
	check_text("\xf4\x8f\xbf\xbf", "\"\xf4\x8f\xbf\xbf\"");
	check_text("\xed\x9f\xbf", "\"\xed\x9f\xbf\"");
}

static void
writes_all_else_as_base64(void)
{
	check_text("\xff", "{\"base64\": \"/w==\"}");
	check_text("\xff\xfe", "{\"base64\": \"//4=\"}");
	check_text("\xff\xfe\xfd", "{\"base64\": \"//79\"}");
	check_text("a\xff"
		   "bcd",
		   "{\"base64\": \"Yf9iY2Q=\"}");
	check_text("\xc0\xaf", "{\"base64\": \"wK8=\"}");	      /* overlong */
	check_text("\xe0\x80\xaf", "{\"base64\": \"4ICv\"}");	      /* overlong */
	check_text("\xed\xa0\x80", "{\"base64\": \"7aCA\"}");	      /* a surrogate */
	check_text("\xf4\x90\x80\x80", "{\"base64\": \"9JCAgA==\"}"); /* past U+10FFFF */
	check_text("\xf5\x80\x80\x80", "{\"base64\": \"9YCAgA==\"}");
	check_text("\xc3", "{\"base64\": \"ww==\"}"); /* cut short */
	check_text("\xe2\x82", "{\"base64\": \"4oI=\"}");
	check_text("\x80", "{\"base64\": \"gA==\"}");
}

static void
commas_are_its_own_care(void)
{
	struct buf buf = { 0 };
	struct json json = { .buf = &buf };
	char *out;

	json_begin(&json, NULL, '{');
	json_int(&json, "a", -5);
	json_begin(&json, "b", '[');
	json_end(&json, ']');
	json_list(&json, "c", (const char *const[]){ "x", "y", NULL });
	json_list(&json, "none", NULL);
	json_begin(&json, "d", '{');
	json_bool(&json, "t", true);
	json_bool(&json, "f", false);
	json_end(&json, '}');
	json_count(&json, "e", -1);
	json_count(&json, "g", INT64_MAX);
	json_null(&json, "h\"");
	json_end(&json, '}');
	out = buf_take(&buf);
	CHECK_TEXT(out, "{\"a\": -5, \"b\": [], \"c\": [\"x\", \"y\"], \"none\": [], "
			"\"d\": {\"t\": true, \"f\": false}, \"e\": null, "
			"\"g\": 9223372036854775807, \"h\\\"\": null}");
	free(out);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(escapes_what_json_and_a_terminal_cannot_bear),
		UNIT(passes_well_formed_utf8),
		UNIT(writes_all_else_as_base64),
		UNIT(commas_are_its_own_care),
	};

	return UNIT_RUN(tests);
}
