/* class_env.c - EnvFilter: a command with variables before it. */
#include <stdint.h>
#include <string.h>

#include "classes.h"

static size_t
name_length(const char *word)
{
	return (size_t)(strchrnul(word, '=') - word);
}

static bool
has_equals(const char *word)
{
	return strchr(word, '=') != NULL;
}

static size_t
count_settings(const struct words *words)
{
	size_t count = 0;

	while (count < words->count && has_equals(words->list[count]))
		count++;
	return count;
}

/* The setting of the same name among the first `count`; NULL: none. */
static const char *
same_name(const char *const *list, size_t count, const char *setting)
{
	size_t len = name_length(setting);

	for (size_t i = 0; i < count; i++)
		if (name_length(list[i]) == len && memcmp(list[i], setting, len) == 0)
			return list[i];
	return NULL;
}

/* How many names, each counted once. */
static size_t
count_names(const struct words *words, size_t settings)
{
	size_t count = 0;

	for (size_t i = 0; i < settings; i++)
		count += same_name(words->list, i, words->list[i]) == NULL;
	return count;
}

/* "NAME=VALUE" of a filter demands the value, "NAME=" admits any. */
static bool
value_fits(const char *wanted, const char *given)
{
	return wanted[name_length(wanted) + 1] == '\0' || strcmp(wanted, given) == 0;
}

static bool
settings_fit(const struct query *query, const struct filter *filter, const struct words *argv,
	     size_t settings)
{
	size_t wanted = filter->env_count;

	for (size_t i = 0; i < settings; i++) {
		const char *own = same_name(filter->args.list, wanted, argv->list[i]);

		if (own == NULL || (query_is_strict(query) && !value_fits(own, argv->list[i])))
			return false;
	}
	for (size_t i = 0; i < wanted; i++)
		if (same_name(argv->list, settings, filter->args.list[i]) == NULL)
			return false;
	return wanted > 0;
}

/* What the filter says behind its command: stock counts it, and looks at none of it. */
static bool
arguments_fit(struct filter *filter, const struct words *argv, size_t command_at)
{
	size_t first = filter->patterns_at;
	size_t count = filter->args.count - first;

	if (count == 0)
		return true;
	if (argv->count - command_at - 1 != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!pattern_match(&filter->patterns[first + i], argv->list[command_at + 1 + i]))
			return false;
	return true;
}

/* Stock takes a leading "env" away from the caller's argv for good, whether the filter
 * matches or not: filters that come later see another command. */
static struct words
without_env(struct query *query, struct words *argv)
{
	struct words rest = *argv;

	if (rest.count > 0 && strcmp(rest.list[0], "env") == 0)
		rest = words_of(rest.list + 1, rest.count - 1);
	if (!query_is_strict(query))
		*argv = rest;
	return rest;
}

static bool
match_env(struct query *query, struct filter *filter, struct words *argv)
{
	struct words rest = without_env(query, argv);
	size_t settings = count_settings(&rest);
	size_t names = count_names(&rest, settings);

	/* stock looks for the command behind as many words as there are names */
	if (rest.count < filter->args.count || names >= rest.count ||
	    !class_is_named(filter, rest.list[names]) ||
	    !settings_fit(query, filter, &rest, settings))
		return false;
	return !query_is_strict(query) ||
	       (names == settings && arguments_fit(filter, &rest, settings));
}

static void
make_env(struct query *query, struct filter *filter, const struct words *argv,
	 struct command *ret_command)
{
	struct words copy = *argv;
	struct words rest = without_env(query, &copy);
	size_t settings = count_settings(&rest);
	struct words env = words_room(query->arena, settings);
	struct words after = words_of(rest.list + settings, rest.count - settings);

	/* of a name given twice the last value counts; without a name or a value nothing is
	 * set */
	for (size_t i = 0; i < settings; i++) {
		const char *setting = rest.list[i];
		size_t len = name_length(setting);

		if (len > 0 && setting[len + 1] != '\0' &&
		    same_name(rest.list + i + 1, settings - i - 1, setting) == NULL)
			words_add(&env, setting);
	}
	class_make_plain(query, filter, &after, ret_command);
	ret_command->env = env;
}

const struct filter_class class_env = {
	.name = "EnvFilter",
	.args_min = 2,
	.has_path = true,
	.has_user = true,
	.has_patterns = true,
	.match = match_env,
	.make = make_env,
};
