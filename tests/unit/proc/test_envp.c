#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proc/envp.h"
#include "unit.h"

static const char *const source[] = {
	"PATH=/bin",
	"HOME=/root",
	"LC_ALL=C",
	"LC_=odd",
	"LANG=C",
	"EDITOR=vi",
	"LD_PRELOAD=/x.so",
	"LD_LIBRARY_PATH=/x",
	"PYTHONPATH=/x",
	"BASH_ENV=/x",
	"GCONV_PATH=/x",
	"EMPTY=",
	"BASH_FUNC_f%%=() { :; }",
	"1BAD=x",
	"NO_EQUALS",
	"=x",
	"DOUBLE=first",
	"DOUBLE=second",
	"AWS_KEY=k",
	"AWS_ID=i",
	"VALUE=a=b",
	NULL,
};

/* The environment, one line each. */
static char made[2000];

static const char *
make(const struct writ_env *env)
{
	const char **envp = NULL;
	size_t at = 0;

	CHECK_INT(envp_make(env, &envp, NULL), 0);
	made[0] = '\0';
	for (size_t i = 0; envp[i] != NULL; i++)
		at += (size_t)snprintf(made + at, sizeof(made) - at, "%s\n", envp[i]);
	free(envp);
	return made;
}

static void
check_refused(const struct writ_env *env, int code, const char *subject)
{
	const char **envp = NULL;
	struct writ_error err = { 0 };

	CHECK_INT(envp_make(env, &envp, &err), code);
	CHECK_INT(envp_make(env, &envp, NULL), code);
	CHECK(envp == NULL);
	CHECK_INT(err.stage, WRIT_STAGE_ENV);
	CHECK_TEXT(err.subject, subject);
}

static void
starts_from_nothing(void)
{
	struct writ_env env = { .from = source };

	CHECK_TEXT(make(&env), "");
}

static void
the_minimal_preset_is_what_it_says(void)
{
	struct writ_env env = { .preset = WRIT_ENV_MINIMAL, .from = source };

	CHECK_TEXT(make(&env), "PATH=/bin\nHOME=/root\nLC_ALL=C\nLC_=odd\nLANG=C\n");
}

static void
the_full_preset_leaves_loader_variables_out(void)
{
	struct writ_env env = { .preset = WRIT_ENV_ALL, .from = source };

	CHECK_TEXT(make(&env), "PATH=/bin\nHOME=/root\nLC_ALL=C\nLC_=odd\nLANG=C\nEDITOR=vi\n"
			       "EMPTY=\nDOUBLE=first\nAWS_KEY=k\nAWS_ID=i\nVALUE=a=b\n");
}

static void
patterns_never_take_loader_variables_and_names_do(void)
{
	struct writ_env env = { .from = source };

	env.keep = (const char *const[]){ "AWS_*", NULL };
	CHECK_TEXT(make(&env), "AWS_KEY=k\nAWS_ID=i\n");
	env.keep = (const char *const[]){ "LD_*", "PYTHON?ATH", "BASH_EN?", "*", NULL };
	CHECK(strstr(make(&env), "LD_") == NULL);
	CHECK(strstr(made, "PYTHON") == NULL && strstr(made, "BASH") == NULL);
	CHECK(strstr(made, "EDITOR=vi\n") != NULL);
	env.keep = (const char *const[]){ "LD_PRELOAD", "PYTHONPATH", NULL };
	CHECK_TEXT(make(&env), "LD_PRELOAD=/x.so\nPYTHONPATH=/x\n");
	env.keep = (const char *const[]){ "LD_*", "LD_PRELOAD", NULL };
	CHECK_TEXT(make(&env), "LD_PRELOAD=/x.so\n");
}

static void
set_beats_kept_beats_preset(void)
{
	struct writ_env env = { .preset = WRIT_ENV_MINIMAL, .from = source };

	env.keep = (const char *const[]){ "EDITOR", "PATH", NULL };
	env.set = (const char *const[]){ "PATH=/set", "NEW=n=m", "EMPTY=", NULL };
	env.set_secret = (const char *const[]){ "HOME=/secret", NULL };
	CHECK_TEXT(make(&env), "LC_ALL=C\nLC_=odd\nLANG=C\nEDITOR=vi\nPATH=/set\nNEW=n=m\nEMPTY=\n"
			       "HOME=/secret\n");
	CHECK_TEXT(envp_lookup(&env, "PATH"), "/set");
	CHECK_TEXT(envp_lookup(&env, "LANG"), "C");
	CHECK(envp_lookup(&env, "PAT") == NULL && envp_lookup(&env, "NOT_THERE") == NULL);
}

static void
the_first_of_two_counts_as_for_getenv(void)
{
	struct writ_env env = { .from = source };

	env.keep = (const char *const[]){ "DOUBLE", "D*", NULL };
	CHECK_TEXT(make(&env), "DOUBLE=first\n");
}

static void
a_name_set_twice_is_refused(void)
{
	struct writ_env env = { .from = source };

	env.set = (const char *const[]){ "A=1", "AB=2", "A=3", NULL };
	check_refused(&env, WRIT_E_INVAL, "A");
	env.set = (const char *const[]){ "A=1", "AB=1", NULL };
	env.set_secret = (const char *const[]){ "B=1", "AB=2", NULL };
	check_refused(&env, WRIT_E_INVAL, "AB");
	env.set = NULL;
	env.set_secret = (const char *const[]){ "B=1", "B=2", NULL };
	check_refused(&env, WRIT_E_INVAL, "B");
}

static void
bad_names_are_refused_and_values_are_not_shown(void)
{
	static const char *const bad[] = { "", "=x", "1A=x", "A-B=x", "A B=x", "\xc3\xa4=x", "A" };
	static const char *const patterns[] = { "", "A=B", "1A", "A-*", "[AB]", "A B", "A*\n" };
	struct writ_env env = { .from = source };

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const char *set[] = { bad[i], NULL };
		const char *keep[] = { patterns[i], NULL };
		char subject[20];

		snprintf(subject, sizeof(subject), "%.*s", (int)strcspn(bad[i], "="), bad[i]);
		env.set = set;
		check_refused(&env, WRIT_E_SYNTAX, subject);
		env.set = NULL;
		env.set_secret = set;
		check_refused(&env, WRIT_E_SYNTAX, subject);
		env.set_secret = NULL;
		env.keep = keep;
		check_refused(&env, WRIT_E_SYNTAX, patterns[i]);
		env.keep = NULL;
	}
	env.preset = 3;
	check_refused(&env, WRIT_E_INVAL, "3");
	env.preset = -1;
	check_refused(&env, WRIT_E_INVAL, "-1");
}

static void
too_many_are_refused(void)
{
	const char **many = calloc(ENVP_NAMES_MAX + 2, sizeof(*many));
	struct writ_env env = { .preset = WRIT_ENV_ALL, .from = many };
	const char **envp = NULL;

	CHECK(many != NULL);
	for (int i = 0; i < ENVP_NAMES_MAX + 1; i++)
		many[i] = "SAME=x";
	CHECK_INT(envp_make(&env, &envp, NULL), WRIT_E_LIMIT);
	many[ENVP_NAMES_MAX] = NULL;
	CHECK_INT(envp_make(&env, &envp, NULL), 0);
	free(envp);
	free(many);
}

static void
knows_the_variables_that_run_code(void)
{
	static const char *const yes[] = { "LD_PRELOAD",
					   "LD_AUDIT",
					   "PYTHONSTARTUP",
					   "BASH_ENV",
					   "ENV",
					   "IFS",
					   "PERL5LIB",
					   "PERL5OPT",
					   "RUBYOPT",
					   "NODE_OPTIONS",
					   "GCONV_PATH",
					   "TC_LIB_DIR",
					   "XTABLES_LIBDIR",
					   "GLIBC_TUNABLES",
					   "JAVA_TOOL_OPTIONS",
					   "GIT_SSH_COMMAND",
					   "LESSOPEN",
					   "SHELLOPTS",
					   "PS4" };
	static const char *const no[] = {
		"PATH", "HOME", "LANG", "TERM", "L", "PYTHO", "ENVX", ""
	};

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
		CHECK(writ_env_is_loader(yes[i]));
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++)
		CHECK(!writ_env_is_loader(no[i]));
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(starts_from_nothing),
		UNIT(the_minimal_preset_is_what_it_says),
		UNIT(the_full_preset_leaves_loader_variables_out),
		UNIT(patterns_never_take_loader_variables_and_names_do),
		UNIT(set_beats_kept_beats_preset),
		UNIT(the_first_of_two_counts_as_for_getenv),
		UNIT(a_name_set_twice_is_refused),
		UNIT(bad_names_are_refused_and_values_are_not_shown),
		UNIT(too_many_are_refused),
		UNIT(knows_the_variables_that_run_code),
	};

	return UNIT_RUN(tests);
}
