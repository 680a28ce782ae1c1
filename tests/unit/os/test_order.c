/* The steps that set up descriptors, run in a model against what was asked. */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "os/linux/order.h"
#include "unit.h"

enum {
	TABLE = 80, /* descriptors of the model */
	CLOSED = -1,
};

struct table {
	int open[TABLE]; /* what it is: the number it had at first */
	bool closes[TABLE];
};

static void
take(struct table *table, const struct step *step)
{
	switch (step->op) {
	case STEP_DUP:
		CHECK(step->a != step->b && step->a < TABLE && step->b < TABLE);
		CHECK(table->open[step->a] != CLOSED);
		table->open[step->b] = table->open[step->a];
		table->closes[step->b] = step->c == O_CLOEXEC;
		break;
	case STEP_KEEP:
		CHECK(table->open[step->a] != CLOSED);
		table->closes[step->a] = false;
		break;
	case STEP_CLOSE:
		CHECK(step->a <= step->b);
		for (int64_t fd = step->a; fd <= step->b && fd < TABLE; fd++)
			table->open[fd] = CLOSED;
		break;
	default:
		break;
	}
}

/* As it was at first, then all steps. */
static struct table
play(const struct order *order, const struct table *before)
{
	struct table table = *before;

	CHECK(order->steps[order->count - 1].op == STEP_EXEC);
	for (uint32_t i = 0; i < order->count; i++)
		take(&table, &order->steps[i]);
	return table;
}

static void
check_map(const struct table *after, const struct os_start *start, const int *more, int more_count)
{
	bool wanted[TABLE] = { false };

	for (size_t i = 0; i < start->map_count; i++) {
		const struct os_map *map = &start->map[i];

		wanted[map->to] = true;
		CHECK_INT(after->open[map->to], map->from);
		CHECK(!after->closes[map->to]);
	}
	for (int i = 0; i < more_count; i++)
		wanted[more[i]] = true;
	for (int fd = 0; fd < TABLE; fd++)
		CHECK(wanted[fd] || after->open[fd] == CLOSED);
}

/* Some of 0, 1, 2 closed; others open, some of them close-on-exec. */
static struct table
random_table(void)
{
	struct table table;

	for (int fd = 0; fd < TABLE; fd++) {
		table.open[fd] = unit_random(3) == 0 ? CLOSED : fd;
		table.closes[fd] = unit_random(2) == 0;
	}
	table.open[5] = 5;
	return table;
}

static int
random_open(const struct table *table, int below)
{
	for (;;) {
		int fd = (int)unit_random((uint32_t)below);

		if (table->open[fd] != CLOSED)
			return fd;
	}
}

/* Few numbers, so that circles and chains are common. */
static void
random_map(struct os_start *start, const struct table *table, int below)
{
	*start = (struct os_start){ .exe = "/bin/true" };
	for (int to = 0; to < below; to++) {
		if (to < 3 || unit_random(2) == 0)
			start->map[start->map_count++] =
				(struct os_map){ random_open(table, below), to };
	}
}

static void
descriptors_arrive_where_they_should_whatever_the_map(void)
{
	for (int i = 0; i < 20000; i++) {
		struct table before = random_table();
		struct order *order = NULL;
		struct os_start start;
		struct table after;

		random_map(&start, &before, i % 2 == 0 ? 7 : 20);
		CHECK_INT(order_direct(&start, -1, &order, NULL), 0);
		after = play(order, &before);
		check_map(&after, &start, NULL, 0);
		free(order);
	}
}

static void
all_changing_places_in_one_circle_works(void)
{
	for (int count = 3; count <= OS_MAP_MAX; count++) {
		struct os_start start = { .exe = "/bin/true", .map_count = (size_t)count };
		struct table before;
		struct table after;
		struct order *order = NULL;

		for (int fd = 0; fd < TABLE; fd++)
			before.open[fd] = fd < count ? fd : CLOSED;
		for (int fd = 0; fd < count; fd++)
			start.map[fd] = (struct os_map){ (fd + 1) % count, fd };
		CHECK_INT(order_direct(&start, -1, &order, NULL), 0);
		after = play(order, &before);
		check_map(&after, &start, NULL, 0);
		free(order);
	}
}

static void
the_launcher_gets_its_own_beside_the_programs(void)
{
	for (int i = 0; i < 5000; i++) {
		struct table before = random_table();
		struct order_extra extra = { .socket = random_open(&before, TABLE),
					     .launcher = random_open(&before, TABLE),
					     .owner = i % 2 == 0 ? -1
								 : random_open(&before, TABLE) };
		struct order *order = NULL;
		struct os_start start;
		struct table after;

		before.closes[extra.launcher] = true; /* as it is born */
		random_map(&start, &before, 12);
		CHECK_INT(order_boot(&start, &extra, &order, NULL), 0);
		after = play(order, &before);
		int more[] = { extra.socket_at, extra.launcher_at, extra.owner_at };

		check_map(&after, &start, more, extra.owner < 0 ? 2 : 3);
		CHECK_INT(after.open[extra.socket_at], extra.socket);
		CHECK_INT(after.open[extra.launcher_at], extra.launcher);
		CHECK(after.closes[extra.launcher_at]);
		if (extra.owner >= 0)
			CHECK_INT(after.open[extra.owner_at], extra.owner);
		free(order);
	}
}

/* Where a step is, or -1. */
static int
find(const struct order *order, uint32_t op)
{
	for (uint32_t i = 0; i < order->count; i++)
		if (order->steps[i].op == op)
			return (int)i;
	return -1;
}

static void
privileges_go_in_the_right_order(void)
{
	uint32_t groups[] = { 7, 8 };
	struct os_creds creds = { 1000, 100, groups, 2 };
	struct os_limit limits[] = { { 7, 10, 20 } };
	struct os_start start = { .exe = "/bin/true",
				  .cwd = "/tmp",
				  .creds = &creds,
				  .limits = limits,
				  .limit_count = 1,
				  .set_nice = true,
				  .nice = -5,
				  .set_umask = true,
				  .umask = 077,
				  .map = { { 5, 0 }, { 6, 1 }, { 6, 2 } },
				  .map_count = 3 };
	struct order *order = NULL;

	CHECK_INT(order_direct(&start, -1, &order, NULL), 0);
	CHECK(find(order, STEP_LIMIT) < find(order, STEP_GROUPS));
	CHECK(find(order, STEP_NICE) < find(order, STEP_GROUPS));
	CHECK(find(order, STEP_GROUPS) < find(order, STEP_GID));
	CHECK(find(order, STEP_GID) < find(order, STEP_UID));
	CHECK(find(order, STEP_UID) < find(order, STEP_CHDIR));
	CHECK(find(order, STEP_CHDIR) < find(order, STEP_EXEC));
	CHECK_INT(find(order, STEP_SIGNALS), 0);
	CHECK(find(order, STEP_SESSION) > 0);
	const struct step *step = &order->steps[find(order, STEP_GROUPS)];

	CHECK_INT(step->a, 2);
	CHECK(memcmp((char *)order + step->at, groups, sizeof(groups)) == 0);
	step = &order->steps[find(order, STEP_CHDIR)];
	CHECK_TEXT((char *)order + step->at, "/tmp");
	step = &order->steps[find(order, STEP_EXEC)];
	CHECK_TEXT((char *)order + step->at, "/bin/true");
	free(order);
	start.on_terminal = true;
	CHECK_INT(order_direct(&start, -1, &order, NULL), 0);
	CHECK_INT(find(order, STEP_SESSION), -1);
	free(order);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(descriptors_arrive_where_they_should_whatever_the_map),
		UNIT(all_changing_places_in_one_circle_works),
		UNIT(the_launcher_gets_its_own_beside_the_programs),
		UNIT(privileges_go_in_the_right_order),
	};

	return UNIT_RUN(tests);
}
