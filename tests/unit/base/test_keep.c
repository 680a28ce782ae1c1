#include <stdlib.h>
#include <string.h>

#include "base/keep.h"
#include "unit.h"

/* What the rule says, over all bytes at once. */
static void
check_against_model(struct keep *keep, const char *all, size_t len, size_t max, size_t head)
{
	size_t kept_len = 99;
	size_t cut_at = 99;
	char *kept = keep_take(keep, &kept_len, &cut_at);
	size_t tail = max - head;

	if (len <= max) {
		CHECK_INT(kept_len, len);
		CHECK_INT(cut_at, len);
		CHECK(len == 0 || memcmp(kept, all, len) == 0);
	} else {
		CHECK_INT(kept_len, max);
		CHECK_INT(cut_at, head);
		CHECK(memcmp(kept, all, head) == 0);
		CHECK(memcmp(kept + head, all + len - tail, tail) == 0);
	}
	CHECK((kept == NULL) == (len == 0 || max == 0));
	CHECK(kept == NULL || kept[kept_len] == '\0');
	free(kept);
	CHECK(keep->data == NULL); /* emptied */
}

static void
feed_random_pieces(size_t max, size_t head, size_t total, size_t piece_max)
{
	struct keep keep;
	char *all = malloc(total + 1);
	size_t done = 0;

	CHECK(all != NULL);
	for (size_t i = 0; i < total; i++)
		all[i] = (char)unit_random(256);
	keep_init(&keep, max, head);
	while (done < total) {
		size_t piece = 1 + unit_random((uint32_t)piece_max);

		if (piece > total - done)
			piece = total - done;
		CHECK(keep_add(&keep, all + done, piece));
		CHECK(keep.size <= max + 1); /* memory is bounded too */
		done += piece;
	}
	check_against_model(&keep, all, total, max, head);
	free(all);
}

static void
keeps_what_the_rule_says_whatever_the_pieces(void)
{
	for (int i = 0; i < 4000; i++) {
		size_t max = 1 + unit_random(50);
		size_t head = unit_random((uint32_t)max + 1);

		feed_random_pieces(max, head, unit_random(200), 1 + unit_random(80));
	}
}

static void
keeps_what_the_rule_says_past_the_first_allocation(void)
{
	for (int i = 0; i < 60; i++) {
		size_t max = 1 + unit_random(20000);
		size_t heads[] = { 0, max / 2, max };

		feed_random_pieces(max, heads[i % 3], unit_random(60000), 1 + unit_random(9000));
	}
}

static void
allocates_only_what_is_kept(void)
{
	struct keep keep;

	keep_init(&keep, 1 << 30, 1 << 29);
	CHECK(keep.data == NULL && keep.size == 0);
	CHECK(keep_add(&keep, "abc", 3));
	CHECK(keep.size <= 4096);
	keep_done(&keep);
	CHECK(keep.data == NULL);
	keep_done(&keep);
}

static void
nothing_in_gives_nothing_out(void)
{
	struct keep keep;
	size_t len = 9;
	size_t cut_at = 9;

	keep_init(&keep, 10, 5);
	CHECK(keep_add(&keep, "", 0));
	CHECK(keep_take(&keep, &len, &cut_at) == NULL);
	CHECK_INT(len, 0);
	CHECK_INT(cut_at, 0);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(keeps_what_the_rule_says_whatever_the_pieces),
		UNIT(keeps_what_the_rule_says_past_the_first_allocation),
		UNIT(allocates_only_what_is_kept),
		UNIT(nothing_in_gives_nothing_out),
	};

	return UNIT_RUN(tests);
}
