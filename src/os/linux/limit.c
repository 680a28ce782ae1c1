#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/fail.h"
#include "base/num.h"
#include "os/os_child.h"
#include "writ/text.h"

static const struct {
	const char *name;
	int resource;
	bool bytes; /* may be written with a unit */
} limits[] = {
	{ "as", RLIMIT_AS, true },
	{ "core", RLIMIT_CORE, true },
	{ "cpu", RLIMIT_CPU, false },
	{ "data", RLIMIT_DATA, true },
	{ "fsize", RLIMIT_FSIZE, true },
	{ "locks", RLIMIT_LOCKS, false },
	{ "memlock", RLIMIT_MEMLOCK, true },
	{ "msgqueue", RLIMIT_MSGQUEUE, true },
	{ "nice", RLIMIT_NICE, false },
	{ "nofile", RLIMIT_NOFILE, false },
	{ "nproc", RLIMIT_NPROC, false },
	{ "rss", RLIMIT_RSS, true },
	{ "rtprio", RLIMIT_RTPRIO, false },
	{ "rttime", RLIMIT_RTTIME, false },
	{ "sigpending", RLIMIT_SIGPENDING, false },
	{ "stack", RLIMIT_STACK, true },
};

enum { LIMIT_COUNT = sizeof(limits) / sizeof(limits[0]) };

const char *
os_limit_name(int resource)
{
	for (int i = 0; i < LIMIT_COUNT; i++)
		if (limits[i].resource == resource)
			return limits[i].name;
	return "?";
}

static bool
read_value(const char *text, bool bytes, uint64_t *ret_value)
{
	if (strcmp(text, "unlimited") == 0 || strcmp(text, "infinity") == 0) {
		*ret_value = RLIM_INFINITY;
		return true;
	}
	if (bytes)
		return writ_size_parse(text, ret_value, NULL) == 0;
	return num_parse(text, INT64_MAX, ret_value);
}

static int
find_limit(const char *text, size_t len)
{
	for (int i = 0; i < LIMIT_COUNT; i++)
		if (strlen(limits[i].name) == len && memcmp(limits[i].name, text, len) == 0)
			return i;
	return -1;
}

int
os_limit_parse(const char *text, struct os_limit *ret_limit, struct writ_error *err)
{
	size_t name_len = strcspn(text, "=");
	const char *colon = strchr(text, ':');
	char soft[32] = "";
	const char *value = text + name_len + 1;
	struct os_limit limit;
	int i = find_limit(text, name_len);

	if (text[name_len] == '\0' || i < 0) {
		writ_fail(err, WRIT_E_SYNTAX, WRIT_STAGE_LIMIT, 0, "not a limit", "%s", text);
		return writ_hint(err, WRIT_E_SYNTAX,
				 "write NAME=SOFT[:HARD]; names: as core cpu data fsize memlock "
				      "nofile nproc rss stack ... as in getrlimit(2)");
	}
	/* what does not fit is no number either, and is refused below */
	snprintf(soft, sizeof(soft), "%.*s", (int)strcspn(value, ":"), value);

	limit.resource = limits[i].resource;
	if (!read_value(soft, limits[i].bytes, &limit.soft) ||
	    !read_value(colon != NULL ? colon + 1 : soft, limits[i].bytes, &limit.hard)) {
		writ_fail(err, WRIT_E_SYNTAX, WRIT_STAGE_LIMIT, 0, "not a limit's value", "%s",
			  text);
		return writ_hint(err, WRIT_E_SYNTAX, "write a number, or unlimited%s",
				 limits[i].bytes ? "; 512K, 16M, 2G are bytes" : "");
	}
	if (limit.soft > limit.hard)
		return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_LIMIT, 0,
				 "the soft limit is above the hard one", "%s", text);
	*ret_limit = limit;
	return 0;
}

/* A quarter of the stack, between 128 KiB and 6 MiB (fs/exec.c of Linux). */
uint64_t
os_args_max(const struct os_limit *limits_set, size_t limit_count)
{
	const uint64_t least = 128 * 1024;
	const uint64_t most = 6 * 1024 * 1024;
	struct rlimit stack = { most * 4, 0 };

	getrlimit(RLIMIT_STACK, &stack);
	for (size_t i = 0; i < limit_count; i++)
		if (limits_set[i].resource == RLIMIT_STACK)
			stack.rlim_cur = (rlim_t)limits_set[i].soft;
	if (stack.rlim_cur / 4 > most)
		return most;
	return stack.rlim_cur / 4 < least ? least : stack.rlim_cur / 4;
}
