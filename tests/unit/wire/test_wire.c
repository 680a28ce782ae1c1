#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "wire/wire.h"

static char frame[WIRE_FRAME_MAX];
static const char *words[WIRE_WORDS_ROOM];

static size_t
write_request(void)
{
	const char *const argv[] = { "ip", "", "link", "\xff\xfe", NULL };
	const char *const env[] = { "A=1", "B=", NULL };
	const struct wire_ask ask = { .timeout_ms = 5000, .flags = WIRE_HAS_OUT | WIRE_HAS_ERR };

	return wire_write_ask(frame, 7, &ask, argv, env);
}

static void
a_request_arrives_as_it_was_sent(void)
{
	struct wire_frame read;
	struct wire_ask ask;
	size_t len = write_request();

	CHECK(wire_read(frame, len, &read) == NULL);
	CHECK_INT(read.head.kind, WIRE_ASK);
	CHECK_INT(read.head.id, 7);
	CHECK(wire_read_ask(&read, &ask, words) == NULL);
	CHECK_INT(ask.timeout_ms, 5000);
	CHECK_INT(wire_fd_count(ask.flags), 2);
	CHECK_INT(ask.argc, 4);
	CHECK_TEXT(words[1], "");
	CHECK_TEXT(words[3], "\xff\xfe");
	CHECK(words[4] == NULL);
	CHECK_TEXT(words[5], "A=1");
	CHECK_TEXT(words[6], "B=");
	CHECK(words[7] == NULL);
}

/* Is it read as a request, wherever it may end? */
static bool
is_request(size_t len)
{
	char *exact = malloc(len); /* so that reading past its end is seen */
	struct wire_frame read;
	struct wire_ask ask;
	bool is;

	memcpy(exact, frame, len);
	is = wire_read(exact, len, &read) == NULL && wire_read_ask(&read, &ask, words) == NULL;
	free(exact);
	return is;
}

static void
a_cut_request_is_none(void)
{
	size_t len = write_request();

	for (size_t cut = 1; cut < len; cut++) {
		uint32_t size = (uint32_t)cut;

		write_request();
		CHECK(!is_request(cut));
		memcpy(frame + 4, &size, sizeof(size)); /* and one that admits it */
		CHECK(!is_request(cut));
	}
	write_request();
	CHECK(is_request(len));
}

static void
counts_that_lie_are_seen(void)
{
	static const uint32_t lies[] = { 0, 1, 3, 5, 4096, 4097, 0x7fffffff, 0xffffffff };
	const size_t argc_at = sizeof(struct wire_head) + 12;

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		size_t len = write_request();

		memcpy(frame + argc_at, &lies[i], sizeof(lies[i]));
		/* one word less or more is still as many in all only if the other count agrees */
		CHECK(!is_request(len));
		len = write_request();
		memcpy(frame + argc_at + 4, &lies[i], sizeof(lies[i]));
		CHECK(!is_request(len));
		len = write_request();
		memcpy(frame + argc_at + 8, &lies[i], sizeof(lies[i]));
		CHECK(!is_request(len));
	}
}

static void
any_bytes_are_read_or_refused(void)
{
	for (int i = 0; i < 200000; i++) {
		size_t len = write_request();
		unsigned changes = 1 + unit_random(4);

		for (unsigned n = 0; n < changes; n++)
			frame[unit_random((unsigned)len)] = (char)unit_random(256);
		is_request(len); /* a sanitizer, or the exact block, would tell */
	}
}

static void
a_frame_has_its_size_its_kind_and_its_id(void)
{
	struct wire_frame read;
	size_t len = wire_write(frame, WIRE_ACCEPTED, 1, NULL, 0);

	CHECK_INT(len, 16);
	CHECK(wire_read(frame, len, &read) == NULL);
	CHECK(wire_read(frame, len - 1, &read) != NULL);
	CHECK(wire_read(frame, len + 1, &read) != NULL);
	CHECK(wire_read(frame, 0, &read) != NULL);
	frame[0] ^= 1;
	CHECK(wire_read(frame, len, &read) != NULL);
	len = wire_write(frame, WIRE_ACCEPTED, 0, NULL, 0);
	CHECK(wire_read(frame, len, &read) != NULL);
	len = wire_write(frame, WIRE_HELLO, 1, NULL, 0);
	CHECK(wire_read(frame, len, &read) != NULL);
}

static void
what_is_too_large_is_not_written(void)
{
	char *large = malloc(WIRE_FRAME_MAX);
	const char *const argv[] = { large, NULL };
	const struct wire_ask ask = { 0 };
	const struct wire_refusal refusal = { .code = WIRE_CANNOT };

	memset(large, 'x', WIRE_FRAME_MAX - 1);
	large[WIRE_FRAME_MAX - 1] = '\0';
	CHECK_INT(wire_write_ask(frame, 1, &ask, argv, NULL), 0);
	CHECK_INT(wire_write_refusal(frame, 1, &refusal, large), 0);
	CHECK_INT(wire_write(frame, WIRE_RECORD, 1, large, WIRE_FRAME_MAX), 0);
	large[WIRE_FRAME_MAX - 1 - 16 - 24] = '\0'; /* with its NUL, what is left of a frame */
	CHECK_INT(wire_write_ask(frame, 1, &ask, argv, NULL), WIRE_FRAME_MAX);
	free(large);
}

static void
other_bodies_are_as_long_as_they_should_be(void)
{
	struct wire_result result = { .id = "01J", .cause = 1, .exit_code = 3 };
	struct wire_refusal refusal = { .code = WIRE_RULE_BUSY, .err_no = 11 };
	struct wire_signal signal = { .number = 15 };
	struct wire_hello hello = { .version = WIRE_VERSION };
	struct wire_frame read;
	const char *text;
	size_t text_len;
	unsigned number;

	wire_read(frame, wire_write(frame, WIRE_ENDED, 1, &result, sizeof(result)), &read);
	CHECK(wire_read_result(&read, &result) == NULL);
	CHECK_INT(result.exit_code, 3);
	memset(result.id, 'x', sizeof(result.id));
	wire_read(frame, wire_write(frame, WIRE_ENDED, 1, &result, sizeof(result)), &read);
	CHECK(wire_read_result(&read, &result) != NULL);
	wire_read(frame, wire_write_refusal(frame, 1, &refusal, "why"), &read);
	CHECK(wire_read_refusal(&read, &refusal, &text, &text_len) == NULL);
	CHECK_INT(text_len, 3);
	wire_read(frame, wire_write(frame, WIRE_SIGNAL, 1, &signal, sizeof(signal)), &read);
	CHECK(wire_read_signal(&read, &number) == NULL);
	CHECK_INT(number, 15);
	wire_read(frame, wire_write(frame, WIRE_SIGNAL, 1, &signal, 4), &read);
	CHECK(wire_read_signal(&read, &number) != NULL);
	hello.version++;
	wire_read(frame, wire_write(frame, WIRE_HELLO, 0, &hello, sizeof(hello)), &read);
	CHECK(wire_read_hello(&read, &hello) != NULL);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(a_request_arrives_as_it_was_sent),
		UNIT(a_cut_request_is_none),
		UNIT(counts_that_lie_are_seen),
		UNIT(any_bytes_are_read_or_refused),
		UNIT(a_frame_has_its_size_its_kind_and_its_id),
		UNIT(what_is_too_large_is_not_written),
		UNIT(other_bodies_are_as_long_as_they_should_be),
	};

	return UNIT_RUN(tests);
}
