#include "query.h"

#include <string.h>
#include <unistd.h>

#include "killing.h"

void
query_begin(struct query *query, struct arena *arena, const struct config *config,
	    const struct filters *filters, const struct machine *machine, struct words argv)
{
	*query = (struct query){ .arena = arena,
				 .config = config,
				 .filters = filters,
				 .machine = machine,
				 .argv = argv,
				 .target.fd = -1 };
}

void
query_end(struct query *query)
{
	if (query->target.fd >= 0)
		close(query->target.fd);
	query->target.fd = -1;
}

bool
query_matches(struct query *query, struct filter *filter, struct words *argv)
{
	return argv->count > 0 && filter->class->match(query, filter, argv);
}

const char *
query_resolve(struct query *query, const char *value)
{
	const struct machine *machine = query->machine;
	struct resolved *resolved;

	if (!query_is_strict(query))
		return machine->resolve(machine->ctx, query->arena, value);
	for (resolved = query->resolved; resolved != NULL; resolved = resolved->next)
		if (strcmp(resolved->value, value) == 0)
			return resolved->path;
	resolved = arena_take(query->arena, sizeof(*resolved));
	*resolved = (struct resolved){
		.value = value,
		.path = machine->resolve(machine->ctx, query->arena, value),
		.next = query->resolved,
	};
	query->resolved = resolved;
	return resolved->path;
}

const struct target *
query_hold(struct query *query, int64_t pid)
{
	const struct machine *machine = query->machine;

	if (!query->target_known) {
		query->target_known = true;
		query->target = (struct target){ .fd = -1 };
		if (!machine->hold(machine->ctx, query->arena, pid, query_is_strict(query),
				   &query->target))
			query->target.program = NULL;
	}
	return query->target.program != NULL && query->target.pid == pid ? &query->target : NULL;
}

/* Each time anew: what was fine may have been replaced. In strict mode not in a relative
 * directory, which would be one of the caller's choice. */
const char *
query_find_program(struct query *query, struct filter *filter)
{
	const struct machine *machine = query->machine;
	const struct words *dirs = &query->config->exec_dirs;
	bool strict = query_is_strict(query);

	if (*filter->exec_path == '/')
		return machine->can_execute(machine->ctx, filter->exec_path) ? filter->exec_path
									     : NULL;
	for (size_t i = 0; i < dirs->count; i++) {
		const char *dir = dirs->list[i];
		size_t len = strlen(dir);
		const char *path =
			arena_print(query->arena, "%s%s%s", dir,
				    len > 0 && dir[len - 1] != '/' ? "/" : "", filter->exec_path);

		if ((!strict || *dir == '/') && machine->can_execute(machine->ctx, path))
			return path;
	}
	return NULL;
}

/* Which filters are looked at: all, or what a chain may lead to. */
struct choice {
	const char *run_as; /* NULL: all */
};

static bool
is_open_to(const struct choice *choice, const struct filter *filter)
{
	return choice->run_as == NULL ||
	       (!filter->class->chains && strcmp(filter->run_as, choice->run_as) == 0);
}

static struct verdict choose(struct query *query, struct choice choice, struct words *argv);

static struct words
joined(struct query *query, const struct words *a, const struct words *b)
{
	struct words words = words_room(query->arena, a->count + b->count);

	for (size_t i = 0; i < a->count; i++)
		words_add(&words, a->list[i]);
	for (size_t i = 0; i < b->count; i++)
		words_add(&words, b->list[i]);
	return words;
}

/* What a filter that matched runs. In strict mode the inner command of a chain is what the
 * inner filter makes of it: what was matched is what runs. */
static bool
make(struct query *query, struct filter *filter, const struct words *argv,
     const struct verdict *inner, struct verdict *verdict)
{
	struct command command;
	struct words prefix;

	*verdict =
		(struct verdict){ .kind = VERDICT_RUN, .filter = filter, .run_as = filter->run_as };
	if (inner->kind == VERDICT_NOTHING || !query_is_strict(query)) {
		if (filter->class == &class_kill && query_is_strict(query)) {
			verdict->kind = VERDICT_SIGNAL;
			return killing_signal(argv, &verdict->signal);
		}
		filter->class->make(query, filter, argv, &verdict->command);
		return true;
	}
	if (inner->kind == VERDICT_SIGNAL) {
		verdict->kind = VERDICT_SIGNAL;
		verdict->signal = inner->signal;
		return true;
	}
	filter->class->make(query, filter, argv, &command);
	prefix = words_of(command.argv.list,
			  argv->count - filter->class->inner(query, filter, argv).count);
	verdict->command.argv = joined(query, &prefix, &inner->command.argv);
	verdict->command.env = inner->command.env;
	return true;
}

/* A chain needs a filter for its inner command too. False: not this one. */
static bool
look_inside(struct query *query, struct filter *filter, const struct words *argv,
	    struct verdict *ret_inner)
{
	struct words words;

	*ret_inner = (struct verdict){ 0 };
	if (!filter->class->chains)
		return true;
	words = filter->class->inner(query, filter, argv);
	if (words.count == 0)
		return false;
	*ret_inner = choose(query, (struct choice){ .run_as = filter->run_as }, &words);
	return ret_inner->kind == VERDICT_RUN || ret_inner->kind == VERDICT_SIGNAL;
}

static struct verdict
choose(struct query *query, struct choice choice, struct words *argv)
{
	struct filter *missing = NULL;

	for (struct filter *filter = query->filters->first; filter != NULL; filter = filter->next) {
		struct verdict verdict;
		struct verdict inner;

		if (!is_open_to(&choice, filter) || !query_matches(query, filter, argv) ||
		    !look_inside(query, filter, argv, &inner))
			continue;
		if (filter->class != &class_kill || !query_is_strict(query)) {
			filter->found = query_find_program(query, filter);
			if (filter->found == NULL) {
				missing = missing != NULL ? missing : filter;
				continue;
			}
		}
		if (make(query, filter, argv, &inner, &verdict))
			return verdict;
	}
	return (struct verdict){ .kind = missing != NULL ? VERDICT_MISSING : VERDICT_NOTHING,
				 .filter = missing };
}

struct verdict
query_decide(struct query *query)
{
	return choose(query, (struct choice){ 0 }, &query->argv);
}
