#include <sys/resource.h>

#include "os/os_child.h"
#include "unit.h"

static void
understands_limits(void)
{
	static const struct {
		const char *text;
		struct os_limit limit;
	} good[] = {
		{ "nofile=10", { RLIMIT_NOFILE, 10, 10 } },
		{ "nofile=10:20", { RLIMIT_NOFILE, 10, 20 } },
		{ "core=0", { RLIMIT_CORE, 0, 0 } },
		{ "fsize=1M", { RLIMIT_FSIZE, 1 << 20, 1 << 20 } },
		{ "as=1G:unlimited", { RLIMIT_AS, 1 << 30, RLIM_INFINITY } },
		{ "cpu=infinity", { RLIMIT_CPU, RLIM_INFINITY, RLIM_INFINITY } },
		{ "nice=19:20", { RLIMIT_NICE, 19, 20 } },
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct os_limit limit;

		CHECK_INT(os_limit_parse(good[i].text, &limit, NULL), 0);
		CHECK_INT(limit.resource, good[i].limit.resource);
		CHECK(limit.soft == good[i].limit.soft && limit.hard == good[i].limit.hard);
	}
}

static void
refuses_what_is_no_limit(void)
{
	static const char *const bad[] = { "",
					   "nofile",
					   "nofile=",
					   "=1",
					   "files=1",
					   "NOFILE=1",
					   "nofile=-1",
					   "nofile=1:",
					   "nofile=:1",
					   "nofile=1K",
					   "nofile=1:2:3",
					   "core=1k",
					   "nofile= 1",
					   "nofile=99999999999999999999",
					   "nofile=20:10",
					   "as=111111111111111111111111111111111111" };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct os_limit limit = { .resource = 77 };
		struct writ_error err = { 0 };

		CHECK(os_limit_parse(bad[i], &limit, &err) < 0);
		CHECK(os_limit_parse(bad[i], &limit, NULL) < 0);
		CHECK_INT(err.stage, WRIT_STAGE_LIMIT);
		CHECK_INT(limit.resource, 77);
	}
}

static void
knows_each_resource_by_name(void)
{
	CHECK_TEXT(os_limit_name(RLIMIT_NOFILE), "nofile");
	CHECK_TEXT(os_limit_name(RLIMIT_STACK), "stack");
	CHECK_TEXT(os_limit_name(9999), "?");
	for (int resource = 0; resource < (int)RLIM_NLIMITS; resource++)
		CHECK(os_limit_name(resource)[0] != '?');
}

static void
the_room_for_arguments_follows_the_stack(void)
{
	struct os_limit stack = { RLIMIT_STACK, 8 << 20, 8 << 20 };

	CHECK_INT(os_args_max(&stack, 1), 2 << 20);
	stack.soft = 1;
	CHECK_INT(os_args_max(&stack, 1), 128 << 10);
	stack.soft = RLIM_INFINITY;
	CHECK_INT(os_args_max(&stack, 1), 6 << 20);
	CHECK(os_args_max(NULL, 0) >= 128 << 10);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(understands_limits),
		UNIT(refuses_what_is_no_limit),
		UNIT(knows_each_resource_by_name),
		UNIT(the_room_for_arguments_follows_the_stack),
	};

	return UNIT_RUN(tests);
}
