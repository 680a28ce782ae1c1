#include "unit.h"
#include "writ/text.h"

static void
understands_durations(void)
{
	static const struct {
		const char *text;
		int64_t ms;
	} good[] = {
		{ "0", 0 },	      { "10", 10000 },
		{ "500ms", 500 },     { "1.5s", 1500 },
		{ "1.5", 1500 },      { "0.001", 1 },
		{ "2m", 120000 },     { "1h30m", 5400000 },
		{ "1d", 86400000 },   { "1d2h3m4s5ms", 93784005 },
		{ "0.5h", 1800000 },  { "0s", 0 },
		{ "1m0.25s", 60250 },
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		int64_t ms = -1;

		CHECK_INT(writ_duration_parse(good[i].text, &ms, NULL), 0);
		CHECK_INT(ms, good[i].ms);
	}
}

static void
refuses_what_is_no_duration(void)
{
	static const char *const bad[] = {
		"",
		"s",
		"-1",
		"1x",
		"1 s",
		" 1",
		"1s ",
		"1.s",
		".5s",
		"1.2.3",
		"1m1h",
		"1s1s",
		"1h30",
		"0.5ms",
		"1.2345s",
		"1e3",
		"1ms1s",
		"inf",
		"99999999999999999999",
		"9999999999999d",
		"0x10",
		"1S",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct writ_error err = { 0 };
		int64_t ms = 77;

		CHECK(writ_duration_parse(bad[i], &ms, &err) < 0);
		CHECK(writ_duration_parse(bad[i], &ms, NULL) < 0);
		CHECK_INT(ms, 77);
		CHECK(err.code < 0 && err.hint[0] != '\0');
		CHECK_TEXT(err.subject, bad[i]);
	}
}

static void
understands_sizes(void)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{ "0", 0 },
		{ "4096", 4096 },
		{ "512K", 512 << 10 },
		{ "16M", 16 << 20 },
		{ "2G", 2ULL << 30 },
		{ "1T", 1ULL << 40 },
		{ "9223372036854775807", INT64_MAX },
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		uint64_t bytes = 1;

		CHECK_INT(writ_size_parse(good[i].text, &bytes, NULL), 0);
		CHECK(bytes == good[i].bytes);
	}
}

static void
refuses_what_is_no_size(void)
{
	static const char *const bad[] = { "",
					   "K",
					   "-1",
					   "1k",
					   "1KB",
					   "1KiB",
					   "1.5M",
					   "1 M",
					   "1MM",
					   " 1",
					   "9223372036854775808",
					   "9007199254740992K",
					   "8388608T",
					   "99999999999999999999T" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct writ_error err = { 0 };
		uint64_t bytes = 77;

		CHECK(writ_size_parse(bad[i], &bytes, &err) < 0);
		CHECK(writ_size_parse(bad[i], &bytes, NULL) < 0);
		CHECK_INT(bytes, 77);
		CHECK_TEXT(err.subject, bad[i]);
	}
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(understands_durations),
		UNIT(refuses_what_is_no_duration),
		UNIT(understands_sizes),
		UNIT(refuses_what_is_no_size),
	};

	return UNIT_RUN(tests);
}
