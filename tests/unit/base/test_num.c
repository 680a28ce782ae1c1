#include <string.h>

#include "base/num.h"
#include "unit.h"

static void
reads_digits_and_stops_behind_them(void)
{
	const char *text = "0123x";
	uint64_t value = 0;

	CHECK(num_read(&text, UINT64_MAX, &value));
	CHECK_INT(value, 123);
	CHECK_TEXT(text, "x");
	CHECK(!num_read(&text, UINT64_MAX, &value));
	CHECK_INT(value, 123); /* untouched */
	CHECK_TEXT(text, "x");
}

static void
refuses_signs_blanks_and_nothing(void)
{
	static const char *const bad[] = { "", "-1", "+1", " 1", "1 ", "1x", "0x10", "1.0" };
	uint64_t value = 7;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!num_parse(bad[i], UINT64_MAX, &value));
	CHECK_INT(value, 7);
}

static void
refuses_what_is_past_the_bound(void)
{
	uint64_t value = 0;

	CHECK(num_parse("255", 255, &value) && value == 255);
	CHECK(!num_parse("256", 255, &value));
	CHECK(num_parse("0", 0, &value) && value == 0);
	CHECK(!num_parse("1", 0, &value));
	CHECK(num_parse("18446744073709551615", UINT64_MAX, &value) && value == UINT64_MAX);
	CHECK(!num_parse("18446744073709551616", UINT64_MAX, &value));
	CHECK(!num_parse("99999999999999999999999", UINT64_MAX, &value));
	CHECK(num_parse("000000000000000000000000005", 5, &value) && value == 5);
	for (uint64_t max = 0; max < 30; max++)
		for (uint64_t n = 0; n < 40; n++) {
			char text[3] = { (char)('0' + n / 10), (char)('0' + n % 10), '\0' };

			CHECK(num_parse(text, max, &value) == (n <= max));
		}
}

static void
reads_small_hexadecimal_digits(void)
{
	const char *text = "ff0.";
	uint64_t value = 0;

	CHECK(num_read_hex(&text, &value));
	CHECK_INT(value, 0xff0);
	CHECK_TEXT(text, ".");
	text = "ffffffffffffffff";
	CHECK(num_read_hex(&text, &value) && value == UINT64_MAX);
	text = "10000000000000000";
	CHECK(!num_read_hex(&text, &value));
	text = "FF";
	CHECK(!num_read_hex(&text, &value));
}

static void
sums_stop_at_the_ends(void)
{
	CHECK_INT(num_add(1, 2), 3);
	CHECK_INT(num_add(INT64_MAX, 1), INT64_MAX);
	CHECK_INT(num_add(INT64_MIN, -1), INT64_MIN);
	CHECK_INT(num_add(INT64_MAX, INT64_MIN), -1);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(reads_digits_and_stops_behind_them),
		UNIT(refuses_signs_blanks_and_nothing),
		UNIT(refuses_what_is_past_the_bound),
		UNIT(reads_small_hexadecimal_digits),
		UNIT(sums_stop_at_the_ends),
	};

	return UNIT_RUN(tests);
}
