#include "policy/reading.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/list.h"
#include "writ/error.h"

void
reading_wrong(struct reading *reading, const char *format, ...)
{
	char why[512];
	va_list args;

	va_start(args, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_start is above */
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	found_fatal(reading->found, reading->file, reading->line, "%s=: %s", reading->key, why);
}

void
reading_keep(struct reading *reading, const char *value, const char **ret_text)
{
	rule_keep(reading->policy, reading->found, value, ret_text);
}

const char *const *
reading_split(struct reading *reading, const char *value)
{
	const char *const *list = NULL;
	const char *why;
	int count = list_split(&reading->policy->arena, value, &list, &why);

	if (count == WRIT_E_SYNTAX)
		reading_wrong(reading, "%s", why);
	else if (count < 0)
		reading->found->no_memory = true;
	return count < 0 ? NULL : list;
}

bool
reading_yes(struct reading *reading, const char *value)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		reading_wrong(reading, "neither yes nor no: %s", value);
	return strcmp(value, "yes") == 0;
}

int
reading_choice(struct reading *reading, const char *value, const char *const *choices)
{
	for (int i = 0; choices[i] != NULL; i++)
		if (strcmp(choices[i], value) == 0)
			return i;
	reading_wrong(reading, "neither %s nor %s: %s", choices[0], choices[1], value);
	return -1;
}
