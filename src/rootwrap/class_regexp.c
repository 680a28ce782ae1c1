/* class_regexp.c - RegExpFilter and ChainingRegExpFilter. */
#include "classes.h"

static bool
match_each(struct filter *filter, const struct words *argv)
{
	for (size_t i = 0; i < filter->args.count; i++)
		if (!pattern_match(&filter->patterns[i], argv->list[i]))
			return false;
	return true;
}

/* In strict mode the word that names the program must name the one that would run. */
static bool
match_regexp(struct query *query, struct filter *filter, struct words *argv)
{
	return filter->args.count == argv->count &&
	       (!query_is_strict(query) || class_is_named(filter, argv->list[0])) &&
	       match_each(filter, argv);
}

static bool
match_chaining(struct query *query, struct filter *filter, struct words *argv)
{
	return filter->args.count <= argv->count &&
	       (!query_is_strict(query) || class_is_named(filter, argv->list[0])) &&
	       match_each(filter, argv);
}

struct words
class_inner_from(struct query *query, const struct words *argv, size_t at)
{
	struct words words = words_room(query->arena, argv->count);

	for (size_t i = at; i < argv->count; i++)
		words_add(&words, i == at ? words_base(argv->list[i]) : argv->list[i]);
	return words;
}

static struct words
inner_of_chaining(struct query *query, const struct filter *filter, const struct words *argv)
{
	return class_inner_from(query, argv, filter->args.count);
}

const struct filter_class class_regexp = {
	.name = "RegExpFilter",
	.args_min = 2,
	.has_path = true,
	.has_user = true,
	.has_patterns = true,
	.match = match_regexp,
	.make = class_make_plain,
};

const struct filter_class class_chaining_regexp = {
	.name = "ChainingRegExpFilter",
	.args_min = 2,
	.has_path = true,
	.has_user = true,
	.has_patterns = true,
	.chains = true,
	.match = match_chaining,
	.inner = inner_of_chaining,
	.make = class_make_plain,
};

static struct words
inner_of_none(struct query *query, const struct filter *filter, const struct words *argv)
{
	(void)filter;
	(void)argv;
	return words_room(query->arena, 0);
}

static bool
match_base(struct query *query, struct filter *filter, struct words *argv)
{
	return class_command.match(query, filter, argv);
}

/* It exists in stock as what the others are made of, and never grants anything. */
const struct filter_class class_chaining = {
	.name = "ChainingFilter",
	.args_min = 2,
	.has_path = true,
	.has_user = true,
	.chains = true,
	.match = match_base,
	.inner = inner_of_none,
	.make = class_make_plain,
};
