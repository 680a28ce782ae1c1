#include "policy/limit.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/strv.h"
#include "writ/text.h"

static const struct {
	const char *key;
	const char *name; /* as writ_cmd.limits has it */
	bool bytes;
} limits[] = {
	{ "LimitAS", "as", true },
	{ "LimitCORE", "core", true },
	{ "LimitCPU", "cpu", false },
	{ "LimitDATA", "data", true },
	{ "LimitFSIZE", "fsize", true },
	{ "LimitLOCKS", "locks", false },
	{ "LimitMEMLOCK", "memlock", true },
	{ "LimitMSGQUEUE", "msgqueue", true },
	{ "LimitNICE", "nice", false },
	{ "LimitNOFILE", "nofile", false },
	{ "LimitNPROC", "nproc", false },
	{ "LimitRSS", "rss", true },
	{ "LimitRTPRIO", "rtprio", false },
	{ "LimitRTTIME", "rttime", false },
	{ "LimitSIGPENDING", "sigpending", false },
	{ "LimitSTACK", "stack", true },
};

_Static_assert(sizeof(limits) / sizeof(limits[0]) == LIMIT_COUNT, "one each");

const char *
limit_key(size_t n)
{
	return n < LIMIT_COUNT ? limits[n].key : NULL;
}

static bool
is_value(const char *text, size_t len, bool bytes)
{
	char copy[32];
	uint64_t value;

	if (len == 0 || len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (strcmp(copy, "infinity") == 0)
		return true;
	return bytes ? writ_size_parse(copy, &value, NULL) == 0
		     : num_parse(copy, INT64_MAX, &value);
}

void
limit_take(struct reading *reading, size_t limit, const char *value)
{
	const char *colon = strchr(value, ':');
	size_t head = colon != NULL ? (size_t)(colon - value) : strlen(value);
	const char **list = (const char **)(uintptr_t)reading->rule->settings.limits;
	size_t count = strv_count(list);
	char text[128];

	if (!is_value(value, head, limits[limit].bytes) ||
	    (colon != NULL && !is_value(colon + 1, strlen(colon + 1), limits[limit].bytes))) {
		reading_wrong(reading, "neither LIMIT nor SOFT:HARD, numbers or \"infinity\": %s", value);
		return;
	}
	if (list == NULL)
		list = arena_take(&reading->policy->arena, LIMIT_COUNT + 1, sizeof(*list));
	if (list == NULL) {
		reading->found->no_memory = true;
		return;
	}
	snprintf(text, sizeof(text), "%s=%s", limits[limit].name, value);
	reading_keep(reading, text, &list[count]);
	reading->rule->settings.limits = list;
}
