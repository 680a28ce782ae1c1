#include "rootwrap/frame.h"

#include <string.h>

#include "unit.h"

static void
feed(struct frame_in *in, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		size_t room;
		char *at = frame_room(in, &room);

		CHECK(at != NULL && room > 0);
		*at = bytes[i];
		in->len++;
	}
}

static void
a_frame_comes_in_pieces(void)
{
	struct frame_in in = { 0 };
	const char *text = NULL;
	size_t len = 0;

	feed(&in, "\0\0\0\0\0\0\0\5hel", 11);
	CHECK_INT(frame_look(&in, 10, &text, &len), FRAME_MORE);
	feed(&in, "lo\0\0\0\0\0\0\0\0", 10);
	CHECK_INT(frame_look(&in, 10, &text, &len), FRAME_WHOLE);
	CHECK(len == 5 && memcmp(text, "hello", 5) == 0);
	frame_drop(&in);
	CHECK_INT(frame_look(&in, 10, &text, &len), FRAME_WHOLE);
	CHECK_INT(len, 0);
	frame_drop(&in);
	CHECK_INT(frame_look(&in, 10, &text, &len), FRAME_MORE);
	frame_in_done(&in);
}

static void
a_length_past_the_bound_is_refused_at_once(void)
{
	struct frame_in in = { 0 };
	const char *text;
	size_t len;

	feed(&in, "\x80\0\0\0\0\0\0\0", 8);
	CHECK_INT(frame_look(&in, FRAME_BYTES_MAX, &text, &len), FRAME_TOO_LONG);
	frame_in_done(&in);
	feed(&in, "\0\0\0\0\0\0\1\1", 8);
	CHECK_INT(frame_look(&in, FRAME_STRANGER_BYTES_MAX, &text, &len), FRAME_TOO_LONG);
	CHECK(in.size < 64 * 1024);
	frame_in_done(&in);
}

static void
what_is_added_waits_behind_what_was(void)
{
	struct frame_out out = { 0 };

	CHECK(frame_add_text(&out, "ab"));
	out.at = 9;
	CHECK(frame_add(&out, "c", 1, "de", 2));
	CHECK(out.at == 0 && out.len == 1 + 11);
	CHECK(memcmp(out.bytes, "b\0\0\0\0\0\0\0\3cde", 12) == 0);
	frame_out_done(&out);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(a_frame_comes_in_pieces),
		UNIT(a_length_past_the_bound_is_refused_at_once),
		UNIT(what_is_added_waits_behind_what_was),
	};

	return UNIT_RUN(tests);
}
