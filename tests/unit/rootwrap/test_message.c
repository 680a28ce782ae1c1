#include "rootwrap/message.h"

#include <stdlib.h>
#include <string.h>

#include "unit.h"

static struct arena arena;
static struct request request;

static bool
reads(const char *text)
{
	arena_done(&arena);
	return message_read(&arena, text, strlen(text), &request);
}

static void
a_command_is_read(void)
{
	CHECK(reads("[\"x\", \"run_one_command\", [[\"echo\", \"h\\u00e9\\udcff\"], null], {}]"));
	CHECK(request.has_argv && request.bad == NULL && request.input == NULL);
	CHECK_TEXT(request.argv.list[1], "h\xc3\xa9\xff");
	CHECK(reads("[\"x\",\"run_one_command\",[],{\"userargs\":[\"a\"],\"stdin\":{\"__bytes__\":"
		    "\"AP8=\"}}]"));
	CHECK(request.input_len == 2 && memcmp(request.input, "\0\xff", 2) == 0);
	arena_done(&arena);
}

static void
the_mark_of_ours_is_a_text_like_any_other(void)
{
	CHECK(reads("[\"x\",\"run_one_command\",[[\"\\ufdd0\\u0180\", \"\xef\xb7\x90\\udc80\", "
		    "\"\\\\udc80\", \"\\ud83d\\ude00\"]],{}]"));
	CHECK_TEXT(request.argv.list[0], "\xef\xb7\x90\xc6\x80");
	CHECK_TEXT(request.argv.list[1], "\xef\xb7\x90\x80");
	CHECK_TEXT(request.argv.list[2], "\\udc80");
	CHECK_TEXT(request.argv.list[3], "\xf0\x9f\x98\x80");
	arena_done(&arena);
}

static void
what_is_no_command_says_why(void)
{
	static const char *const bad[] = { "[]",
					   "[[]]",
					   "[\"a\"]",
					   "[[1]]",
					   "[[\"a\\u0000b\"]]",
					   "[[\"a\"], 1]",
					   "[[\"a\"], {\"__bytes__\": \"*\"}]" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[128] = "[\"x\",\"run_one_command\",";

		strcat(strcat(text, bad[i]), ",{}]");
		CHECK(reads(text));
		CHECK(request.bad != NULL);
	}
	arena_done(&arena);
}

static void
what_is_no_request_is_refused(void)
{
	static const char *const bad[] = { "",
					   "x",
					   "{}",
					   "[]",
					   "[null]",
					   "[1,\"a\",[],{}]",
					   "[null,1,[],{}]",
					   "[null,\"a\",[]]",
					   "[null,\"\\ud800\",[],{}]",
					   "[null,\"\\udc00\",[],{}]",
					   "[null,\"\xff\",[],{}]",
					   "\\u",
					   "\"\\" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!reads(bad[i]));
	arena_done(&arena);
}

static void
a_reply_is_ascii(void)
{
	size_t len;
	char *text =
		message_result(-9, "h\xc3\xa9\"\\\n\x01\x7f", 8, "\xff\xf0\x9f\x98\x80", 5, &len);

	CHECK_TEXT(text, "[\"#RETURN\", [-9, \"h\\u00e9\\\"\\\\\\n\\u0001\\u007f\", "
			 "\"\\udcff\\ud83d\\ude00\"]]");
	CHECK_INT(strlen(text), len);
	free(text);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(a_command_is_read),
		UNIT(the_mark_of_ours_is_a_text_like_any_other),
		UNIT(what_is_no_command_says_why),
		UNIT(what_is_no_request_is_refused),
		UNIT(a_reply_is_ascii),
	};

	return UNIT_RUN(tests);
}
