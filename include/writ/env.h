/* env.h - what the program may see of the environment.
 *
 * The child's environment is built from nothing: a preset, names kept from the
 * source, names set. Set beats kept beats preset.
 *
 * Names are [A-Za-z_][A-Za-z0-9_]*. Variables that make the loader or an
 * interpreter run other code (LD_*, PYTHON*, BASH_ENV, PERL5*, GCONV_PATH ...)
 * are never taken by a preset or by a pattern: they pass only when named one
 * by one, in `keep` or `set`.
 *
 * Threads: any; with `from` NULL the caller must not change its own
 * environment meanwhile.
 */
#ifndef WRIT_ENV_H
#define WRIT_ENV_H

#include "error.h"

#ifdef __cplusplus
extern "C" {
#endif

enum writ_env_preset {
	WRIT_ENV_NONE = 0,
	WRIT_ENV_MINIMAL, /* PATH HOME USER LOGNAME SHELL LANG LANGUAGE LC_* TZ TERM TMPDIR */
	WRIT_ENV_ALL,	  /* all, without loader and interpreter variables */
};

struct writ_env {
	int preset;		      /* enum writ_env_preset */
	const char *const *keep;      /* names or patterns ('*' and '?'), NULL-ended */
	const char *const *set;	      /* NAME=VALUE, NULL-ended; a name twice is refused */
	const char *const *set_secret; /* the same, but the value is shown nowhere */
	const char *const *from;      /* the source; NULL: the caller's environment */
};

/* Does a variable of this name make a loader or an interpreter run other code? */
WRIT_API bool writ_env_is_loader(const char *name);

#ifdef __cplusplus
}
#endif

#endif
