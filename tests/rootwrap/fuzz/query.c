/* query.c - any filters and any words: strict mode allows nothing that exact mode does not. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "rootwrap/query.h"

enum { WORDS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
has_program(void *ctx, const char *path)
{
	(void)ctx;
	return strstr(path, "missing") == NULL;
}

static const char *
resolve(void *ctx, struct arena *arena, const char *path)
{
	(void)ctx;
	return arena_copy(arena, path, strlen(path));
}

static bool
hold(void *ctx, struct arena *arena, int64_t pid, bool strict, struct target *ret_target)
{
	(void)ctx;
	(void)arena;
	(void)strict;
	*ret_target = (struct target){ .fd = -1, .pid = pid, .program = "/bin/sleep" };
	return pid % 2 == 0;
}

static bool
is_program(void *ctx, const struct target *held, const char *path)
{
	(void)ctx;
	(void)held;
	(void)path;
	return true;
}

static const char *
configures(void *ctx, struct arena *arena, const char *path, bool directory)
{
	(void)ctx;
	(void)arena;
	(void)directory;
	return path;
}

/* Lines of filters, an empty line, and the words, a line each. */
static enum verdict_kind
decide(const char *text, enum config_mode mode)
{
	static const struct machine machine = {
		.can_execute = has_program,
		.resolve = resolve,
		.hold = hold,
		.is_program = is_program,
		.configures = configures,
		.path = "/bin",
	};
	struct config config = { .mode = mode };
	struct arena arena = { 0 };
	struct words lines = words_split(&arena, text, '\n', WORDS_NOT_TRIMMED);
	struct filters filters;
	struct query query;
	enum verdict_kind kind = VERDICT_NOTHING;
	size_t i;

	config.exec_dirs = words_split(&arena, "/bin", ',', WORDS_TRIMMED);
	config.contexts = words_split(&arena, "neutron.", ',', WORDS_TRIMMED);
	filters_init(&filters);
	for (i = 0; i < lines.count && i < WORDS_MAX && lines.list[i][0] != '\0'; i++) {
		struct filter *filter;
		const char *why;
		enum filter_made made = filter_make(&arena, "f", lines.list[i],
						    mode == CONFIG_EXACT, &filter, &why);

		if (made == FILTER_MADE || made == FILTER_NEVER || made == FILTER_NO_USER)
			filters_add(&filters, filter);
	}
	filters_add(&filters, filter_make_privsep(&arena, mode == CONFIG_EXACT));
	if (i + 1 < lines.count) {
		query_begin(&query, &arena, &config, &filters, &machine,
			    words_of(lines.list + i + 1, lines.count - i - 1));
		kind = query_decide(&query).kind;
		query_end(&query);
	}
	filters_done(&filters);
	arena_done(&arena);
	return kind;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	enum verdict_kind strict;
	enum verdict_kind exact;

	memcpy(text, data, size);
	text[size] = '\0';
	strict = decide(text, CONFIG_STRICT);
	exact = decide(text, CONFIG_EXACT);
	/* "\," is a comma only here, and "env" is lost only there */
	if ((strict == VERDICT_RUN || strict == VERDICT_SIGNAL) && exact == VERDICT_NOTHING &&
	    strstr(text, "\\,") == NULL && strstr(text, "env") == NULL)
		abort();
	free(text);
	return 0;
}
