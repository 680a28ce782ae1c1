#include "filter.h"

#include <string.h>

#include "users.h"

static const struct filter_class *const classes[] = {
	&class_command,	      &class_regexp,
	&class_path,	      &class_kill,
	&class_read_file,     &class_ip,
	&class_env,	      &class_chaining,
	&class_ip_netns_exec, &class_chaining_regexp,
};

enum { CLASS_COUNT = sizeof(classes) / sizeof(classes[0]) };

void
filters_init(struct filters *filters)
{
	*filters = (struct filters){ 0 };
	filters->end = &filters->first;
}

void
filters_add(struct filters *filters, struct filter *filter)
{
	*filters->end = filter;
	filters->end = &filter->next;
	filters->count++;
}

void
filters_done(struct filters *filters)
{
	for (struct filter *filter = filters->first; filter != NULL; filter = filter->next)
		for (size_t i = 0; filter->patterns != NULL && i < filter->args.count; i++)
			pattern_done(&filter->patterns[i]);
	filters_init(filters);
}

static const struct filter_class *
find_class(const char *name)
{
	for (int i = 0; i < CLASS_COUNT; i++)
		if (strcmp(classes[i]->name, name) == 0)
			return classes[i];
	return NULL;
}

static size_t
count_names(const struct words *args)
{
	size_t count = 0;

	while (count < args->count && strchr(args->list[count], '=') != NULL)
		count++;
	return count;
}

/* "env NAME=... PROGRAM": the program is what stands behind the names. */
static void
find_env_program(struct filter *filter)
{
	filter->env_count = count_names(&filter->args);
	filter->patterns_at = filter->env_count;
	if (strstr(filter->exec_path, "env") != NULL && filter->env_count < filter->args.count)
		filter->exec_path = filter->args.list[filter->patterns_at++];
}

static const char *
make_patterns(struct arena *arena, struct filter *filter, size_t first, bool exact)
{
	const char *why = NULL;

	filter->patterns = arena_array(arena, filter->args.count + 1, sizeof(struct pattern));
	for (size_t i = first; i < filter->args.count; i++) {
		const char *bad = pattern_init(&filter->patterns[i], filter->args.list[i], exact);

		if (bad != NULL && why == NULL)
			why = arena_print(arena, "%s: %s", filter->args.list[i], bad);
	}
	return why;
}

static enum filter_made
fill(struct arena *arena, struct filter *filter, struct words args, bool exact,
     const char **ret_why)
{
	const struct filter_class *class = filter->class;
	size_t taken = 0;

	if (args.count < class->args_min) {
		*ret_why = "too few arguments for its class";
		return FILTER_BAD;
	}
	filter->exec_path = class->has_path ? args.list[taken++] : class->path;
	filter->run_as = class->has_user ? args.list[taken++] : "root";
	filter->args = words_of(args.list + taken, args.count - taken);
	if (*filter->exec_path == '\0') {
		*ret_why = "a program without a name";
		return FILTER_BAD;
	}
	if (class == &class_env)
		find_env_program(filter);
	if (class->has_patterns)
		*ret_why = make_patterns(arena, filter, filter->patterns_at, exact);
	if (*ret_why == NULL && !users_is_name(filter->run_as)) {
		*ret_why = arena_print(arena, "not the name of a user: %s", filter->run_as);
		return FILTER_NO_USER;
	}
	return *ret_why == NULL ? FILTER_MADE : FILTER_NEVER;
}

enum filter_made
filter_make(struct arena *arena, const char *name, const char *value, bool exact,
	    struct filter **ret_filter, const char **ret_why)
{
	int how = WORDS_TRIMMED | (exact ? 0 : WORDS_ESCAPED);
	struct words words = words_split(arena, value, ',', how);
	const struct filter_class *class = find_class(words.list[0]);
	struct filter *filter;

	*ret_why = NULL;
	if (class == NULL)
		return FILTER_UNKNOWN;
	filter = arena_take(arena, sizeof(*filter));
	*filter = (struct filter){ .class = class, .name = name };
	*ret_filter = filter;
	return fill(arena, filter, words_of(words.list + 1, words.count - 1), exact, ret_why);
}

struct filter *
filter_make_privsep(struct arena *arena, bool exact)
{
	struct filter *filter = arena_take(arena, sizeof(*filter));

	*filter = (struct filter){
		.class = exact ? &class_command : &class_privsep,
		.name = "privsep-helper",
		.exec_path = "privsep-helper",
		.run_as = "root",
		.args = words_room(arena, 0),
		.file = "(built in)",
	};
	return filter;
}

const char *
filter_class_name(struct arena *arena, const char *value)
{
	return words_split(arena, value, ',', WORDS_TRIMMED).list[0];
}
