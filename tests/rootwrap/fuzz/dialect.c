/* dialect.c - any bytes as a configuration file and as a filter file. */
#include <stdint.h>
#include <string.h>

#include "rootwrap/config.h"
#include "rootwrap/filter.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
make_filters(struct arena *arena, const struct ini *ini, bool exact)
{
	const struct ini_option *option;
	struct filters filters;
	struct filter *filter;
	const char *why;

	filters_init(&filters);
	if (!ini_items(arena, ini, "Filters", &option))
		return;
	for (; option != NULL; option = option->next) {
		enum filter_made made =
			filter_make(arena, option->name, option->value, exact, &filter, &why);

		if (made != FILTER_UNKNOWN && made != FILTER_BAD)
			filters_add(&filters, filter);
	}
	filters_done(&filters);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	for (int strict = 0; strict < 2; strict++) {
		struct arena arena = { 0 };
		struct ini_fault fault;
		struct config config;
		const char *detail;
		struct ini ini;

		if (ini_parse(&arena, (const char *)data, size, strict, &ini, &fault) == INI_GOOD) {
			make_filters(&arena, &ini, strict);
			config_read(&arena, &ini, "/bin", &config, &detail);
		}
		arena_done(&arena);
	}
	return 0;
}
