#include "proc/envp.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fail.h"
#include "base/strv.h"

extern char **environ;

static const char *const minimal_names[] = {
	"PATH", "HOME", "USER",	    "LOGNAME", "SHELL",	 "LANG",
	"LC_*", "TZ",	"LANGUAGE", "TERM",    "TMPDIR", NULL,
};

/* Variables by which a loader, libc, a shell or an interpreter runs code, or
 * reads files, of the setter's choice. ld.so(8), bash(1), and each manual. */
static const char *const loader_names[] = {
	"LD_*", "DYLD_*", "GLIBC_TUNABLES", "GCONV_PATH", "GETCONF_DIR", "HOSTALIASES",
	"LOCALDOMAIN", "LOCPATH", "MALLOC_*", "NIS_PATH", "NLSPATH", "RESOLV_HOST_CONF",
	"RES_OPTIONS", "TZDIR", "BASH_ENV", "BASH_FUNC_*", "BASHOPTS", "CDPATH", "ENV", "IFS",
	"PROMPT_COMMAND", "PS4", "SHELLOPTS", "ZDOTDIR", "PYTHON*", "PERL5*", "PERLLIB",
	"PERLIO_DEBUG", "RUBYLIB", "RUBYOPT", "RUBYSHELL", "GEM_HOME", "GEM_PATH", "NODE_OPTIONS",
	"NODE_PATH", "NODE_EXTRA_CA_CERTS", "JAVA_TOOL_OPTIONS", "_JAVA_OPTIONS",
	"JDK_JAVA_OPTIONS", "CLASSPATH", "LUA_*", "PHPRC", "PHP_INI_SCAN_DIR", "TCLLIBPATH",
	"TCL_LIBRARY", "R_PROFILE*", "R_ENVIRON*", "GUILE_LOAD_*", "ERL_*FLAGS", "GOFLAGS",
	"GCC_EXEC_PREFIX", "COMPILER_PATH", "LIBRARY_PATH", "MAKEFLAGS", "GNUMAKEFLAGS",
	"OPENSSL_CONF", "OPENSSL_ENGINES", "OPENSSL_MODULES", "GIT_SSH", "GIT_SSH_COMMAND",
	"GIT_EXEC_PATH", "GIT_EXTERNAL_DIFF", "GIT_PROXY_COMMAND", "GIT_ASKPASS", "GIT_CONFIG*",
	"GIT_TEMPLATE_DIR", "LESSOPEN", "LESSCLOSE", "TERMINFO*", "TERMPATH", "KRB5_CONFIG",
	"TC_LIB_DIR", "IP_LIB_DIR", "XTABLES_LIBDIR", "LVM_SYSTEM_DIR", NULL,
};

static size_t
name_length(const char *text)
{
	size_t len =
		strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

	return *text >= '0' && *text <= '9' ? 0 : len;
}

static bool
fits_one(const char *const *patterns, const char *name, size_t len)
{
	for (size_t i = 0; patterns != NULL && patterns[i] != NULL; i++) {
		char first = *patterns[i];

		/* most differ in the first letter already */
		if ((first == *name || first == '*' || first == '?') &&
		    glob_match(patterns[i], name, len))
			return true;
	}
	return false;
}

static bool
is_loader(const char *name, size_t len)
{
	return fits_one(loader_names, name, len);
}

bool
writ_env_is_loader(const char *name)
{
	return is_loader(name, strlen(name));
}

static bool
is_exact(const char *const *keep, const char *name, size_t len)
{
	for (size_t i = 0; keep != NULL && keep[i] != NULL; i++)
		if (strlen(keep[i]) == len && memcmp(keep[i], name, len) == 0)
			return true;
	return false;
}

/* Does the preset or the list take this variable of the source? */
static bool
is_taken(const struct writ_env *env, const char *name, size_t len)
{
	if (is_exact(env->keep, name, len))
		return true;
	if (env->preset == WRIT_ENV_NONE && env->keep == NULL)
		return false;
	if (env->preset == WRIT_ENV_MINIMAL && fits_one(minimal_names, name, len))
		return true;
	if (env->preset == WRIT_ENV_ALL || fits_one(env->keep, name, len))
		return !is_loader(name, len);
	return false;
}

static bool
has_name(const char **list, size_t count, const char *text, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (strncmp(list[i], text, len + 1) == 0) /* with the '=' */
			return true;
	return false;
}

static int
check_pattern(const char *pattern, struct writ_error *err)
{
	size_t len = strspn(pattern,
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_*?");

	if (len > 0 && pattern[len] == '\0' && (*pattern < '0' || *pattern > '9'))
		return 0;
	writ_fail(err, WRIT_E_SYNTAX, WRIT_STAGE_ENV, 0, "not the name of a variable", "%s",
		  pattern);
	return writ_hint(err, WRIT_E_SYNTAX,
			 "names are made of letters, digits and '_'; '*' and '?' make a pattern");
}

/* "NAME=VALUE": the value is never shown, it may be a secret. */
static int
check_setting(const char *const *set, size_t i, struct writ_error *err)
{
	size_t len = name_length(set[i]);

	if (len > 0 && set[i][len] == '=')
		return 0;
	writ_fail(err, WRIT_E_SYNTAX, WRIT_STAGE_ENV, 0,
		  "not NAME=VALUE, with letters, digits and '_' in the name", "%.*s",
		  (int)strcspn(set[i], "="), set[i]);
	return WRIT_E_SYNTAX;
}

static int
check_settings(const char *const *set, struct writ_error *err)
{
	for (size_t i = 0; set != NULL && set[i] != NULL; i++) {
		size_t len;
		int r = check_setting(set, i, err);

		if (r < 0)
			return r;
		len = name_length(set[i]);
		if (has_name((const char **)(uintptr_t)set, i, set[i], len))
			return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_ENV, 0, "set twice", "%.*s",
					 (int)len, set[i]);
	}
	return 0;
}

static int
check(const struct writ_env *env, struct writ_error *err)
{
	int r = 0;

	if (env->preset < WRIT_ENV_NONE || env->preset > WRIT_ENV_ALL)
		return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_ENV, 0, "not a preset", "%d",
				 env->preset);
	for (size_t i = 0; env->keep != NULL && env->keep[i] != NULL && r == 0; i++)
		r = check_pattern(env->keep[i], err);
	if (r == 0)
		r = check_settings(env->set, err);
	if (r == 0)
		r = check_settings(env->set_secret, err);
	for (size_t i = 0; env->set_secret != NULL && env->set_secret[i] != NULL && r == 0; i++) {
		const char *one = env->set_secret[i];

		if (has_name((const char **)(uintptr_t)env->set, strv_count(env->set), one,
			     name_length(one)))
			r = writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_ENV, 0, "set twice", "%.*s",
				      (int)name_length(one), one);
	}
	return r;
}

static const char *const *
source_of(const struct writ_env *env)
{
	return env->from != NULL ? env->from : (const char *const *)environ;
}

static bool
is_set(const struct writ_env *env, const char *text, size_t len)
{
	return has_name((const char **)(uintptr_t)env->set, strv_count(env->set), text, len) ||
	       has_name((const char **)(uintptr_t)env->set_secret, strv_count(env->set_secret),
			text, len);
}

int
envp_make(const struct writ_env *env, const char ***ret_envp, struct writ_error *err)
{
	const char *const *from = source_of(env);
	size_t set_count = strv_count(env->set) + strv_count(env->set_secret);
	size_t max = strv_count(from) + set_count;
	auto_free const char **envp = NULL;
	size_t count = 0;
	int r = check(env, err);

	if (r < 0)
		return r;
	if (max > ENVP_NAMES_MAX)
		return writ_fail(err, WRIT_E_LIMIT, WRIT_STAGE_ENV, 0, "too many variables", "%zu",
				 max);
	envp = calloc(max + 1, sizeof(*envp));
	if (envp == NULL)
		return writ_fail_nomem(err, WRIT_STAGE_ENV);

	if (env->preset == WRIT_ENV_NONE && env->keep == NULL)
		from = NULL;
	for (size_t i = 0; from != NULL && from[i] != NULL; i++) {
		size_t len = strcspn(from[i], "=");

		/* as getenv(3), the first of two counts; what has no valid name goes */
		if (from[i][len] == '=' && is_taken(env, from[i], len) &&
		    len == name_length(from[i]) && len > 0 && !is_set(env, from[i], len) &&
		    !has_name(envp, count, from[i], len))
			envp[count++] = from[i];
	}
	for (size_t i = 0; env->set != NULL && env->set[i] != NULL; i++)
		envp[count++] = env->set[i];
	for (size_t i = 0; env->set_secret != NULL && env->set_secret[i] != NULL; i++)
		envp[count++] = env->set_secret[i];
	*ret_envp = TAKE(&envp);
	return 0;
}

static const char *
value_in(const char *const *list, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		if (strncmp(list[i], name, len) == 0 && list[i][len] == '=')
			return list[i] + len + 1;
	return NULL;
}

const char *
envp_lookup(const struct writ_env *env, const char *name)
{
	const char *value = value_in(env->set, name);

	return value != NULL ? value : value_in(source_of(env), name);
}
