#include "check.h"

#include <stdio.h>
#include <string.h>

#include "classes.h"
#include "repr.h"
#include "setup.h"
#include "status.h"

enum { STATUS_DENIED_BY_CHECK = 1 };

/* What changes for a filter, one clause each. */
struct changes {
	const char *list[8];
	size_t count;
};

static void
add(struct changes *changes, const char *text)
{
	if (changes->count < sizeof(changes->list) / sizeof(changes->list[0]))
		changes->list[changes->count++] = text;
}

/* "a|b" outside of any group: for stock only the last alternative ends with the argument. */
static bool
has_alternatives(const char *pattern)
{
	int depth = 0;

	for (; *pattern != '\0'; pattern++) {
		if (*pattern == '\\' && pattern[1] != '\0')
			pattern++;
		else if (*pattern == '(' || *pattern == '[')
			depth++;
		else if (*pattern == ')' || *pattern == ']')
			depth--;
		else if (*pattern == '|' && depth <= 0)
			return true;
	}
	return false;
}

/* The first pattern, from `first` on, of which that is so. */
static bool
any_pattern(const struct filter *filter, size_t first, bool (*is_so)(const char *pattern))
{
	for (size_t i = first; i < filter->args.count; i++)
		if (is_so(filter->args.list[i]))
			return true;
	return false;
}

static bool
has_digits(const char *pattern)
{
	return strstr(pattern, "\\d") != NULL || strstr(pattern, "\\w") != NULL;
}

static void
tell_regexp(const struct filter *filter, struct changes *changes)
{
	add(changes, "an argument that ends with a newline, or has one, no longer matches");
	if (any_pattern(filter, 0, has_alternatives))
		add(changes, "each alternative of a|b must be the whole argument");
	if (any_pattern(filter, 0, has_digits))
		add(changes, "\\d and \\w are ASCII only");
	if (filter->args.count == 0 ||
	    !pattern_match(&filter->patterns[0], words_base(filter->exec_path)))
		add(changes, "the first word must name the program, or nothing matches");
}

static void
tell_chain(const struct filter *filter, struct changes *changes)
{
	if (filter->class == &class_chaining_regexp)
		tell_regexp(filter, changes);
	add(changes,
	    "the inner command runs the program of the filter that matched it, not the path "
	    "that was given");
}

static void
tell_env(const struct filter *filter, struct changes *changes)
{
	for (size_t i = 0; i < filter->env_count; i++)
		if (strchr(filter->args.list[i], '=')[1] != '\0') {
			add(changes, "a value behind NAME= is demanded; stock admits any");
			break;
		}
	if (filter->patterns_at < filter->args.count)
		add(changes,
		    "arguments behind the command must match one by one; stock counts them");
	add(changes, "a leading env is not lost to the filters that follow");
}

static void
tell_path(const struct filter *filter, struct changes *changes)
{
	for (size_t i = 0; i < filter->args.count; i++)
		if (filter->args.list[i][0] == '/') {
			add(changes,
			    "a path counts as below a directory, not as beginning with its "
			    "letters; it is resolved once");
			return;
		}
}

static void
tell_class(const struct filter *filter, struct changes *changes)
{
	const struct filter_class *class = filter->class;

	if (class == &class_regexp)
		tell_regexp(filter, changes);
	else if (class->chains && class != &class_chaining)
		tell_chain(filter, changes);
	else if (class == &class_env)
		tell_env(filter, changes);
	else if (class == &class_path)
		tell_path(filter, changes);
	else if (class == &class_ip)
		add(changes, "-batch, vrf exec, and netns exec behind options are refused");
	else if (class == &class_kill)
		add(changes,
		    "the program must be that file (device and inode), the pid plain digits; "
		    "the signal goes through a pidfd");
	else if (class == &class_privsep)
		add(changes,
		    "stock allows any arguments; here (--config-file F|--config-dir D)... "
		    "--privsep_context NAME --privsep_sock_path P, with F and D below /etc "
		    "or /usr/share and not the caller's");
	if (strcmp(filter->run_as, "root") != 0)
		add(changes, "the user's own groups go with it, and a session of its own");
}

/* A program that strict mode would not run, though it is there. */
static void
tell_program(struct setup *setup, struct filter *filter, struct changes *changes)
{
	struct arena arena = { 0 };
	struct machine_own own = { .strict = false };
	struct machine machine = machine_own(&own);
	struct query stock;
	struct query ours;

	query_begin(&stock, &arena, &setup->config, &setup->filters, &machine,
		    words_room(&arena, 0));
	query_begin(&ours, &arena, &setup->config, &setup->filters, &setup->machine,
		    words_room(&arena, 0));
	if (query_find_program(&stock, filter) != NULL && query_find_program(&ours, filter) == NULL)
		add(changes, "its program is not used: others than root could change it");
	arena_done(&arena);
}

static void
print_filters(struct setup *setup)
{
	for (struct filter *filter = setup->filters.first; filter != NULL; filter = filter->next) {
		struct changes changes = { .count = 0 };

		tell_class(filter, &changes);
		tell_program(setup, filter, &changes);
		for (size_t i = 0; i < changes.count; i++)
			printf("%s:%d: %s: %s: %s\n", filter->file, filter->line, filter->name,
			       filter->class->name, changes.list[i]);
	}
}

static const char *
verdict_text(struct arena *arena, const struct verdict *verdict)
{
	switch (verdict->kind) {
	case VERDICT_RUN:
		return arena_print(arena, "allowed by %s (%s:%d): %s%s%s", verdict->filter->name,
				   verdict->filter->file, verdict->filter->line,
				   repr_list(arena, &verdict->command.argv),
				   verdict->command.env.count > 0 ? " with " : "",
				   verdict->command.env.count > 0
					   ? repr_list(arena, &verdict->command.env)
					   : "");
	case VERDICT_SIGNAL:
		return arena_print(arena, "allowed by %s (%s:%d): signal %d", verdict->filter->name,
				   verdict->filter->file, verdict->filter->line, verdict->signal);
	case VERDICT_MISSING:
		return arena_print(arena, "allowed by %s (%s:%d), but there is no %s",
				   verdict->filter->name, verdict->filter->file,
				   verdict->filter->line, verdict->filter->exec_path);
	case VERDICT_NOTHING:
	default:
		return "denied";
	}
}

/* The filters of the same program, and the first argument that keeps each from matching. */
static void
print_nearest(struct query *query)
{
	const struct words *argv = &query->argv;

	for (struct filter *filter = query->filters->first; filter != NULL; filter = filter->next) {
		size_t i = 0;

		if (argv->count == 0 || !class_is_named(filter, argv->list[0]))
			continue;
		printf("near: %s (%s:%d): %s", filter->name, filter->file, filter->line,
		       filter->class->name);
		if (filter->class == &class_regexp && filter->args.count != argv->count) {
			printf(": takes %zu words, not %zu\n", filter->args.count, argv->count);
			continue;
		}
		while (filter->class == &class_regexp && i < argv->count &&
		       pattern_match(&filter->patterns[i], argv->list[i]))
			i++;
		if (filter->class == &class_regexp && i < argv->count)
			printf(": word %zu, %s, is not %s", i,
			       repr_text(query->arena, argv->list[i]), filter->args.list[i]);
		printf("\n");
	}
}

static struct verdict
ask(struct setup *setup, struct arena *arena, const struct words *argv)
{
	struct query query;
	struct verdict verdict;

	query_begin(&query, arena, &setup->config, &setup->filters, &setup->machine, *argv);
	verdict = query_decide(&query);
	if (verdict.kind == VERDICT_NOTHING)
		print_nearest(&query);
	query_end(&query);
	return verdict;
}

static int
explain(struct setup *setup, const struct words *argv)
{
	struct arena arena = { 0 };
	struct verdict verdict = ask(setup, &arena, argv);
	bool allowed = verdict.kind == VERDICT_RUN || verdict.kind == VERDICT_SIGNAL;

	printf("%s: %s\n", setup->config.mode == CONFIG_EXACT ? "exact" : "strict",
	       verdict_text(&arena, &verdict));
	arena_done(&arena);
	return allowed ? 0 : STATUS_DENIED_BY_CHECK;
}

int
check_run(const char *name, const char *conf, char **argv, size_t count)
{
	struct words words = words_of((const char *const *)argv, count);
	struct setup setup;
	int status = setup_load(&setup, name, conf, true);

	if (status == 0) {
		if (count > 0)
			status = explain(&setup, &words);
		else
			print_filters(&setup);
	}
	setup_done(&setup);
	if (fflush(stdout) != 0 || ferror(stdout))
		status = STATUS_NOT_DONE;
	return status;
}
