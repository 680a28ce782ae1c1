#include <stdio.h>
#include <string.h>

#include "audit/line.h"
#include "unit.h"

#define HASH "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
#define TIME "2026-01-02T03:04:05.000000006Z"

static bool
is_read(const char *text)
{
	struct line line;

	return line_read(text, strlen(text), &line);
}

static void
is_read_as_it_was_written(void)
{
	struct line line = { .n = UINT64_MAX, .prev = HASH, .event = "accepted" };
	struct line read = { 0 };
	char buf[512];
	size_t len = line_write(buf, sizeof(buf), &line, 1767323045000000006);

	CHECK(len > 0);
	CHECK_TEXT(buf, "{\"writ\": \"audit/1\", \"n\": 18446744073709551615, \"time\": \"" TIME
			"\", \"prev\": \"" HASH "\", \"event\": \"accepted\"");
	CHECK(line_read(buf, len, &read));
	CHECK(read.n == UINT64_MAX);
	CHECK_TEXT(read.prev, HASH);
	CHECK_TEXT(read.event, "accepted");
	CHECK_INT(read.len, len);
	CHECK_INT(line_write(buf, len, &line, 0), 0);
}

static void
a_text_that_is_not_of_this_form_is_none(void)
{
#define HEAD "{\"writ\": \"audit/1\", \"n\": "
#define MORE ", \"time\": \"" TIME "\", \"prev\": \"" HASH "\", \"event\": "
	CHECK(is_read(HEAD "7" MORE "\"note\"}"));
	CHECK(is_read(HEAD "7" MORE "\"note\", \"a\": 1}"));
	CHECK(!is_read(""));
	CHECK(!is_read(HEAD));
	CHECK(!is_read(HEAD "0" MORE "\"note\"}"));
	CHECK(!is_read(HEAD "07" MORE "\"note\"}"));
	CHECK(!is_read(HEAD "-7" MORE "\"note\"}"));
	CHECK(!is_read(HEAD "18446744073709551616" MORE "\"note\"}"));
	CHECK(!is_read(HEAD "7" MORE "\"\"}"));
	CHECK(!is_read(HEAD "7" MORE "\"Note\"}"));
	CHECK(!is_read(HEAD "7" MORE "\"an-event-too-long\"}"));
	CHECK(!is_read(HEAD "7" MORE "\"note\" \"a\": 1}"));
	CHECK(!is_read("{\"writ\": \"audit/2\", \"n\": 7" MORE "\"note\"}"));
	CHECK(!is_read(HEAD "7, \"time\": \"now\", \"prev\": \"" HASH "\", \"event\": \"note\"}"));
	CHECK(!is_read(HEAD "7, \"time\": \"" TIME "\", \"prev\": \"0011\", \"event\": \"note\"}"));
}

static void
a_torn_line_tells_bytes_and_digest(void)
{
	struct line line = { .n = 1, .prev = HASH, .event = "torn" };
	char text[512];
	char hash[DIGEST_TEXT_MAX];
	uint64_t bytes;
	size_t len = line_write(text, sizeof(text), &line, 0);

	line.len = len;
	memcpy(text + len, ", ", 3);
	line_write_torn(text + len + 2, sizeof(text) - len - 2, 42, HASH);
	snprintf(text + strlen(text), 8, "}\n");
	CHECK(line_read_torn(text, strlen(text), &line, &bytes, hash));
	CHECK_INT(bytes, 42);
	CHECK_TEXT(hash, HASH);
	CHECK(!line_read_torn(text, strlen(text) - 1, &line, &bytes, hash));
	snprintf(text + strlen(text) - 2, 8, " }\n");
	CHECK(!line_read_torn(text, strlen(text), &line, &bytes, hash));
}

static void
the_digest_is_that_of_sha256sum(void)
{
	char hash[DIGEST_TEXT_MAX];

	digest_of("abc", 3, hash);
	CHECK_TEXT(hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	digest_of("", 0, hash);
	CHECK_TEXT(hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(is_read_as_it_was_written),
		UNIT(a_text_that_is_not_of_this_form_is_none),
		UNIT(a_torn_line_tells_bytes_and_digest),
		UNIT(the_digest_is_that_of_sha256sum),
	};

	return UNIT_RUN(tests);
}
