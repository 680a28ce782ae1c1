#include "policy/variable.h"

#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "policy/bytes.h"
#include "writ/error.h"

enum { VARIABLE_BYTES_MAX = 4096 };

/* A variable's name as a shell has it; of programs that have others, few need
 * them from a peer. */
static size_t
name_length(const char *text)
{
	size_t len = 0;

	while (byte_is(BYTE_ALNUM, text[len]) || text[len] == '_')
		len++;
	return byte_is(BYTE_DIGIT, text[0]) || len > VARIABLE_BYTES_MAX ? 0 : len;
}

static bool
is_set_before(const char *const *list, const char *const *end, size_t len)
{
	for (; list < end; list++)
		if (strncmp(*list, *end, len) == 0 && ((*list)[len] == '=' || (*list)[len] == '\0'))
			return true;
	return false;
}

/* "NAME={capture}" */
static bool
is_assigned(const char *item, size_t len)
{
	size_t end = strlen(item);

	return item[len] == '=' && item[len + 1] == '{' && item[end - 1] == '}' && end > len + 3;
}

/* Parts the list: what is written as it is, and what captures say. */
static void
part_environment(struct reading *reading, const char *const *list)
{
	struct arena *arena = &reading->policy->arena;
	struct policy_settings *set = &reading->rule->settings;
	size_t count = strv_count(list);
	const char **plain = arena_take(arena, count + 1, sizeof(*plain));
	struct policy_assigned *assigned = arena_take(arena, count + 1, sizeof(*assigned));

	for (size_t i = 0; i < count && plain != NULL && assigned != NULL; i++) {
		size_t len = name_length(list[i]);
		struct policy_assigned *one = &assigned[set->assigned_count];

		if (!is_assigned(list[i], len)) {
			*plain++ = list[i];
			continue;
		}
		one->name = arena_text(arena, list[i], len);
		one->capture = arena_text(arena, list[i] + len + 2, strlen(list[i]) - len - 3);
		if (one->name == NULL || one->capture == NULL)
			reading->found->no_memory = true;
		set->assigned_count++;
	}
	if (plain == NULL || assigned == NULL) {
		reading->found->no_memory = true;
		return;
	}
	set->environment = plain - (count - set->assigned_count);
	set->assigned = assigned;
}

void
variable_take_environment(struct reading *reading, const char *value)
{
	const char *const *list = reading_split(reading, value);

	if (list == NULL)
		return;
	for (const char *const *item = list; *item != NULL; item++) {
		size_t len = name_length(*item);

		if (len == 0 || (*item)[len] != '=')
			reading_wrong(reading, "not NAME=VALUE: %s", *item);
		else if (is_set_before(list, item, len))
			reading_wrong(reading, "set twice: %.*s", (int)len, *item);
	}
	part_environment(reading, list);
}

void
variable_take_passed(struct reading *reading, const char *value)
{
	const char *const *list = reading_split(reading, value);
	size_t count = strv_count(list);
	struct passed *passed = arena_take(&reading->policy->arena, count + 1, sizeof(*passed));
	char why[160];

	if (passed == NULL)
		reading->found->no_memory = true;
	for (size_t i = 0; passed != NULL && i < count; i++) {
		size_t len = name_length(list[i]);
		int r = WRIT_E_SYNTAX;

		snprintf(why, sizeof(why), "not NAME:TYPE: %.60s", list[i]);
		if (len > 0 && list[i][len] == ':')
			r = type_parse(&reading->policy->arena, list[i] + len + 1,
				       strlen(list[i]) - len - 1, &passed[i].type, why);
		if (r == 0 && passed[i].type.base != NULL)
			reading_wrong(reading, "a path cannot be passed as a variable: %s", list[i]);
		if (r == WRIT_E_SYNTAX)
			reading_wrong(reading, "%s", why);
		passed[i].name = arena_text(&reading->policy->arena, list[i], len);
		passed[i].text = list[i] + len;
		if (r == WRIT_E_NOMEM || passed[i].name == NULL)
			reading->found->no_memory = true;
		reading->rule->passed_count++;
	}
	reading->rule->passed = passed;
}

static bool
is_variable_of(const char *const *list, const char *name)
{
	size_t len = strlen(name);

	for (; list != NULL && *list != NULL; list++)
		if (strncmp(*list, name, len) == 0 && (*list)[len] == '=')
			return true;
	return false;
}

static bool
is_assigned_by(const struct policy_settings *set, const char *name)
{
	for (size_t i = 0; i < set->assigned_count; i++)
		if (strcmp(set->assigned[i].name, name) == 0)
			return true;
	return false;
}

void
variable_check(struct reading *reading)
{
	const struct policy_rule *rule = reading->rule;

	for (size_t i = 0; i < rule->passed_count; i++) {
		if (is_variable_of(rule->settings.environment, rule->passed[i].name) ||
		    is_assigned_by(&rule->settings, rule->passed[i].name))
			rule_fatal(reading->found, rule,
				   "PassEnvironment=: set by Environment=: %s",
				   rule->passed[i].name);
		for (size_t k = 0; k < i; k++)
			if (strcmp(rule->passed[k].name, rule->passed[i].name) == 0)
				rule_fatal(reading->found, rule,
					   "PassEnvironment=: named twice: %s",
					   rule->passed[i].name);
	}
}
