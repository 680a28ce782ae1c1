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

static void
what_takes_a_privilege_comes_before_it_goes(void)
{
	static const uint32_t places[] = { STEP_NETNS,	   STEP_MOUNTS,	     STEP_BIND,
					   STEP_BOUNDING,  STEP_KEEP_CAPS,   STEP_GROUPS,
					   STEP_GID,	   STEP_UID,	     STEP_CAPS,
					   STEP_NO_NEW_PRIVS, STEP_DEATH,    STEP_BENEATH,
					   STEP_FCHDIR,	   STEP_CLOSE,	     STEP_EXEC };
	static char files[] = "/etc/netns/n/a\0/etc/netns/n/bc";
	struct os_creds creds = { .uid = 1000, .gid = 100, .groups = (uint32_t[]){ 7 } };
	struct os_netns netns = { "n", files, sizeof(files), 2 };
	struct os_beneath beneath = { 3, 1, "/srv", "sub/a" };
	struct os_start start = { .exe = "/bin/true",
				  .creds = &creds,
				  .set_caps = true,
				  .ambient_caps = 4,
				  .bounding_caps = 12,
				  .no_new_privs = true,
				  .netns = &netns,
				  .beneath = &beneath,
				  .beneath_count = 1,
				  .set_cwd_fd = true,
				  .cwd_fd = 9 };
	struct order *order = NULL;
	const char *text;

	CHECK_INT(order_rest(&start, true, &order, NULL), 0);
	text = (const char *)order;
	for (size_t i = 1; i < sizeof(places) / sizeof(places[0]); i++)
		CHECK(find(order, places[i - 1]) >= 0 &&
		      find(order, places[i - 1]) < find(order, places[i]));
	const struct step *step = &order->steps[find(order, STEP_BIND)];

	CHECK_TEXT(text + step[0].at, "/etc/netns/n/a");
	CHECK_TEXT(text + step[1].at, "/etc/netns/n/bc");
	step = &order->steps[find(order, STEP_BENEATH)];
	CHECK_TEXT(text + step->at, "/srv");
	CHECK_TEXT(text + step->at + sizeof("/srv"), "sub/a");
	CHECK_INT(order->steps[find(order, STEP_FCHDIR)].a, 4); /* 3 is the file's */
	CHECK_INT(order->steps[find(order, STEP_MOUNTS)].a, 4);
	free(order);
}

static void
an_open_directory_has_the_same_number_in_both_orders(void)
{
	for (int i = 0; i < 2000; i++) {
		struct table before = random_table();
		struct order_extra extra = { random_open(&before, TABLE), -1,
					     random_open(&before, TABLE) };
		struct os_beneath beneath = { .fd = 12, .base = "/", .path = "a" };
		struct order *boot = NULL;
		struct order *rest = NULL;
		struct os_start start;
		struct table after;
		int at;

		before.closes[extra.launcher] = true;
		random_map(&start, &before, 12);
		start.set_cwd_fd = true;
		start.cwd_fd = random_open(&before, TABLE);
		start.beneath = &beneath;
		start.beneath_count = (size_t)i % 2;
		CHECK_INT(order_boot(&start, &extra, &boot, NULL), 0);
		CHECK_INT(order_rest(&start, false, &rest, NULL), 0);
		at = (int)rest->steps[find(rest, STEP_FCHDIR)].a;
		after = play(boot, &before);
		int more[] = { extra.socket_at, extra.launcher_at, at };

		check_map(&after, &start, more, 3);
		CHECK_INT(after.open[at], start.cwd_fd);
		CHECK(!after.closes[at] && (start.beneath_count == 0 || after.open[12] == CLOSED));
		free(boot);
		boot = NULL;
		CHECK_INT(order_direct(&start, extra.socket, &boot, NULL), 0);
		after = play(boot, &before);
		CHECK_INT(after.open[boot->steps[find(boot, STEP_FCHDIR)].a], start.cwd_fd);
		free(boot);
		free(rest);
	}
}

static void
refuses_what_no_datagram_holds(void)
{
	static char path[4000];
	struct os_beneath beneath[16];
	struct os_creds creds = { .groups = calloc(8192, 4), .group_count = 8192 };
	struct os_start start = { .exe = "/bin/true", .creds = &creds, .beneath = beneath };
	struct order *order = NULL;
	struct writ_error err = { 0 };

	memset(path, 'p', sizeof(path) - 1);
	for (int i = 0; i < 16; i++)
		beneath[i] = (struct os_beneath){ .fd = 3 + i, .base = path, .path = path };
	start.beneath_count = 4;
	CHECK_INT(order_rest(&start, false, &order, NULL), 0);
	CHECK(order->size <= STEP_BYTES_MAX);
	free(order);
	order = NULL;
	start.beneath_count = 16;
	CHECK_INT(order_rest(&start, false, &order, &err), WRIT_E_LIMIT);
	CHECK(order == NULL && err.subject[0] != '\0');
	free(creds.groups);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(descriptors_arrive_where_they_should_whatever_the_map),
		UNIT(all_changing_places_in_one_circle_works),
		UNIT(the_launcher_gets_its_own_beside_the_programs),
		UNIT(privileges_go_in_the_right_order),
		UNIT(what_takes_a_privilege_comes_before_it_goes),
		UNIT(an_open_directory_has_the_same_number_in_both_orders),
		UNIT(refuses_what_no_datagram_holds),
	};

	return UNIT_RUN(tests);
}
