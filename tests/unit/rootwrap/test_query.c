#include "rootwrap/query.h"

#include <string.h>

#include "unit.h"

/* A machine that has what a test says, and nothing else. */
static bool
has_program(void *ctx, const char *path)
{
	(void)ctx;
	return strncmp(path, "/bin/", 5) == 0 && strstr(path, "missing") == NULL;
}

static const char *
resolve_as_it_is(void *ctx, struct arena *arena, const char *path)
{
	(void)ctx;
	(void)arena;
	return path;
}

static bool
hold_sleep(void *ctx, struct arena *arena, int64_t pid, bool strict, struct target *ret_target)
{
	(void)ctx;
	(void)arena;
	(void)strict;
	*ret_target = (struct target){ .fd = -1, .pid = pid, .program = "/bin/sleep" };
	return pid == 42;
}

static bool
is_that_program(void *ctx, const struct target *held, const char *path)
{
	(void)ctx;
	(void)held;
	(void)path;
	return true;
}

static const char *
configures_etc(void *ctx, struct arena *arena, const char *path, bool directory)
{
	(void)ctx;
	(void)arena;
	(void)directory;
	return strncmp(path, "/etc/", 5) == 0 ? path : NULL;
}

static const struct machine machine = {
	.can_execute = has_program,
	.resolve = resolve_as_it_is,
	.hold = hold_sleep,
	.is_program = is_that_program,
	.configures = configures_etc,
	.path = "/usr/bin:/bin",
};

static struct arena arena;
static struct filters filters;
static struct config config;

static void
begin(enum config_mode mode)
{
	filters_init(&filters);
	config = (struct config){ .mode = mode };
	config.exec_dirs = words_split(&arena, "/sbin,/bin", ',', WORDS_TRIMMED);
	config.contexts = words_split(&arena, "neutron.", ',', WORDS_TRIMMED);
}

static void
end(void)
{
	filters_done(&filters);
	arena_done(&arena);
}

static void
allow(const char *name, const char *value)
{
	struct filter *filter = NULL;
	const char *why;

	CHECK_INT(filter_make(&arena, name, value, config.mode == CONFIG_EXACT, &filter, &why),
		  FILTER_MADE);
	filters_add(&filters, filter);
}

/* The command that would run, joined by blanks; or what else is the verdict. */
static const char *
ask(const char *words)
{
	struct words argv = words_split(&arena, words, ' ', WORDS_NOT_TRIMMED);
	struct query query;
	struct verdict verdict;

	query_begin(&query, &arena, &config, &filters, &machine, argv);
	verdict = query_decide(&query);
	query_end(&query);
	switch (verdict.kind) {
	case VERDICT_RUN:
		return words_join(&arena, &verdict.command.argv);
	case VERDICT_SIGNAL:
		return arena_print(&arena, "signal %d", verdict.signal);
	case VERDICT_MISSING:
		return arena_print(&arena, "missing %s", verdict.filter->name);
	case VERDICT_NOTHING:
	default:
		return "denied";
	}
}

static void
nothing_is_allowed_by_nothing(void)
{
	struct verdict verdict = { 0 };

	begin(CONFIG_STRICT);
	CHECK_TEXT(ask("ls"), "denied");
	CHECK_TEXT(ask(""), "denied");
	CHECK_INT(verdict.kind, VERDICT_NOTHING);
	end();
}

static void
the_first_that_has_a_program_decides(void)
{
	begin(CONFIG_STRICT);
	allow("a", "CommandFilter, missing, root");
	allow("b", "RegExpFilter, cat, root, cat, x");
	allow("c", "CommandFilter, /bin/cat, root");
	CHECK_TEXT(ask("cat x y"), "/bin/cat x y");
	CHECK_TEXT(ask("/bin/cat"), "/bin/cat");
	CHECK_TEXT(ask("/usr/bin/cat"), "denied");
	CHECK_TEXT(ask("missing"), "missing a");
	end();
}

static void
a_chain_needs_a_filter_for_what_it_runs(void)
{
	begin(CONFIG_STRICT);
	allow("ip", "IpNetnsExecFilter, ip, root");
	allow("nice", "ChainingRegExpFilter, nice, root, nice");
	allow("cat", "CommandFilter, cat, root");
	allow("id", "CommandFilter, id, nobody");
	allow("kill", "KillFilter, root, sleep, -9");
	CHECK_TEXT(ask("ip netns exec n /tmp/evil/cat x"), "/bin/ip netns exec n /bin/cat x");
	CHECK_TEXT(ask("nice cat"), "/bin/nice /bin/cat");
	CHECK_TEXT(ask("nice id"), "denied");
	CHECK_TEXT(ask("nice nice cat"), "denied");
	CHECK_TEXT(ask("nice"), "denied");
	CHECK_TEXT(ask("ip netns exec n"), "denied");
	CHECK_TEXT(ask("nice kill -9 42"), "signal 9");
	CHECK_TEXT(ask("nice kill -9 43"), "denied");
	end();
	begin(CONFIG_EXACT);
	allow("ip", "IpNetnsExecFilter, ip, root");
	allow("cat", "CommandFilter, cat, root");
	CHECK_TEXT(ask("ip netns exec n /tmp/evil/cat x"), "/bin/ip netns exec n /tmp/evil/cat x");
	end();
}

static void
an_env_filter_takes_env_away_only_where_stock_does(void)
{
	begin(CONFIG_EXACT);
	allow("e", "EnvFilter, env, root, A=, cat");
	allow("f", "CommandFilter, env, root");
	CHECK_TEXT(ask("env A=1 cat x"), "/bin/cat x");
	CHECK_TEXT(ask("env ls"), "denied");
	end();
	begin(CONFIG_STRICT);
	allow("e", "EnvFilter, env, root, A=1, B=, cat, x");
	allow("f", "CommandFilter, env, root");
	CHECK_TEXT(ask("env A=1 B=2 cat x"), "/bin/cat x");
	CHECK_TEXT(ask("B=2 A=1 cat x"), "/bin/cat x");
	CHECK_TEXT(ask("A=2 B=2 cat x"), "denied");
	CHECK_TEXT(ask("A=1 B=2 cat y"), "denied");
	CHECK_TEXT(ask("A=1 A=1 B=2 cat x"), "denied");
	CHECK_TEXT(ask("env ls"), "/bin/env ls");
	end();
}

static void
privsep_is_started_as_services_do(void)
{
	begin(CONFIG_STRICT);
	filters_add(&filters, filter_make_privsep(&arena, false));
	CHECK_TEXT(ask("privsep-helper --config-file /etc/a --privsep_context neutron.x "
		       "--privsep_sock_path /tmp/s"),
		   "/bin/privsep-helper --config-file /etc/a --privsep_context neutron.x "
		   "--privsep_sock_path /tmp/s");
	CHECK_TEXT(ask("privsep-helper --config-file /tmp/a --privsep_context neutron.x "
		       "--privsep_sock_path /tmp/s"),
		   "denied");
	CHECK_TEXT(ask("privsep-helper --privsep_context os.x --privsep_sock_path /tmp/s"),
		   "denied");
	CHECK_TEXT(ask("privsep-helper"), "denied");
	end();
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(nothing_is_allowed_by_nothing),
		UNIT(the_first_that_has_a_program_decides),
		UNIT(a_chain_needs_a_filter_for_what_it_runs),
		UNIT(an_env_filter_takes_env_away_only_where_stock_does),
		UNIT(privsep_is_started_as_services_do),
	};

	return UNIT_RUN(tests);
}
