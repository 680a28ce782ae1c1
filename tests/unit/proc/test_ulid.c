#include <string.h>

#include "os/os_clock.h"
#include "proc/ulid.h"
#include "unit.h"

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; /* Crockford's */

static void
is_made_of_26_letters_that_sort_by_time(void)
{
	char before[27];
	char after[27];
	int64_t ms = 0;
	int64_t now;

	ulid_make(before);
	now = os_clock_real_ns() / NS_PER_MS;
	CHECK_INT(strlen(before), 26);
	CHECK_INT(strspn(before, digits), 26);
	for (int i = 0; i < 10; i++)
		ms = ms * 32 + (strchr(digits, before[i]) - digits);
	CHECK(ms <= now && ms > now - 60000);
	os_sleep_ms(2);
	ulid_make(after);
	CHECK(strcmp(before, after) < 0);
}

static void
does_not_repeat(void)
{
	char ids[500][27];

	for (int i = 0; i < 500; i++) {
		ulid_make(ids[i]);
		for (int k = 0; k < i; k++)
			CHECK(strcmp(ids[i] + 10, ids[k] + 10) != 0); /* the chance of it */
	}
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(is_made_of_26_letters_that_sort_by_time),
		UNIT(does_not_repeat),
	};

	return UNIT_RUN(tests);
}
