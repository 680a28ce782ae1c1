/* config.h - rootwrap.conf: what its section [DEFAULT] says. */
#ifndef WRIT_ROOTWRAP_CONFIG_H
#define WRIT_ROOTWRAP_CONFIG_H

#include <stdint.h>

#include "dialect.h"
#include "words.h"

enum config_mode {
	CONFIG_STRICT = 0, /* the weaknesses of docs/rootwrap.md are closed */
	CONFIG_EXACT,	   /* the stock verdict, also where it is weak */
};

/* Of Python's logging; what is below the level is not sent. */
enum config_level {
	CONFIG_DEBUG = 10,
	CONFIG_INFO = 20,
	CONFIG_WARNING = 30,
	CONFIG_ERROR = 40,
	CONFIG_CRITICAL = 50,
};

struct config {
	struct words filters_path;
	struct words exec_dirs;
	int facility;
	int level;
	bool use_syslog;
	int64_t daemon_timeout; /* seconds */
	int64_t rlimit_nofile;

	/* ours; stock ignores them */
	enum config_mode mode;	    /* writ_mode=strict|exact */
	bool refuse_paths;	    /* writ_paths=warn|refuse */
	struct words contexts;	    /* writ_privsep_contexts=PREFIX,... */
	int64_t command_timeout_ms; /* writ_command_timeout=DURATION; 0: none */
};

enum { CONFIG_TIMEOUT_MAX_S = 10 * 365 * 24 * 3600 };

enum { CONFIG_NOT_ONE = -1, CONFIG_BAD_VALUE = -2 };

/* Reads it; `path` is $PATH, or NULL. CONFIG_NOT_ONE: there is no filters_path.
 * CONFIG_BAD_VALUE: `*ret_detail` says which, in the words of Python; the first that is
 * bad is told. */
int config_read(struct arena *arena, const struct ini *ini, const char *path,
		struct config *ret_config, const char **ret_detail);

/* Python's int(): blanks around, a sign, single underscores between digits. */
bool config_int(const char *text, int64_t *ret_number);

#endif
