/* load.h - the configuration and its filter files, from the file system. */
#ifndef WRIT_ROOTWRAP_LOAD_H
#define WRIT_ROOTWRAP_LOAD_H

#include "config.h"
#include "filter.h"

/* What is told while loading: files that are skipped, filters that are. */
enum load_told {
	LOAD_SKIPPED, /* a file, a directory or a filter is not used */
	LOAD_WARNED,  /* it is used, but somebody should look at it */
	LOAD_UNKNOWN, /* a filter of an unknown class, in the words of stock */
};

struct loading {
	struct arena *arena;
	void (*tell)(void *ctx, enum load_told told, const char *text);
	void *ctx;
	bool thorough; /* exec_dirs are looked at now, and not each when it is needed */
};

/* CONF. Returns 0, or -1 with the line that stock has for it in `*ret_why`, and one that
 * says more in `*ret_more`, or NULL. */
int load_config(const struct loading *loading, const char *path, struct config *ret_config,
		const char **ret_why, const char **ret_more);

/* All filters, the built-in one last. In strict mode in the order of their names, and
 * neither files that others could have written nor left-overs of editors and packages. Leaves
 * `config` without the exec_dirs that cannot be trusted. */
void load_filters(const struct loading *loading, struct config *config,
		  struct filters *ret_filters);

#endif
