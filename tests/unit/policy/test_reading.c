/* The reader: what a policy's text may look like, and what is said of the rest. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/setting.h"
#include "rules.h"
#include "unit.h"

#define HEAD "[Policy]\nAllow=user:alice\n"
#define RULE HEAD "[Command r]\nUser=root\nExec=/bin/r\n"

static bool
loads(const char *text)
{
	struct policy *policy = rules_of(text);
	bool loaded = policy != NULL;

	if (!loaded)
		fprintf(stderr, "%s%s", text, rules_told);
	policy_free(policy);
	return loaded;
}

static void
reads_what_it_should(void)
{
	CHECK(loads(""));
	CHECK(loads("# only a comment\n\n"));
	CHECK(loads(HEAD));
	CHECK(loads(RULE));
	CHECK(loads("; a comment\n[Policy]\n  \nAllow = user:alice group:ops\nExplain=yes\n"
		    "Log=required\n[Command a.b-c_d@e]\nUser=root\nExec=/bin/r \\\n   a \\\n\tb"));
	CHECK(loads(RULE "[Command s]\nExec=/bin/s {x:word(a#b;c)} # ;\nUser=root\n"));
}

static const struct {
	const char *text;
	const char *why; /* LINE: and a part of what is told */
} faults[] = {
	{ "Allow=user:alice\n", "1: Allow=: before any section" },
	{ "[Command r]\n", "1: [Command r]: a file begins with [Policy]" },
	{ "[Policy]\nExplain=yes\n", "Allow= is missing" },
	{ HEAD "[Policy]\n", "3: [Policy]: a second one" },
	{ HEAD "[Rule x]\n", "3: [Rule x]: neither" },
	{ HEAD "[Command ]\n", "neither" },
	{ HEAD "[Command ../x]\n", "neither" },
	{ HEAD "[Command x", "a section is written" },
	{ HEAD "Allow\n", "3: not understood" },
	{ HEAD "=x\n", "3: not understood" },
	{ HEAD "Explain=yes # no\n", "3: Explain=: neither yes nor no" },
	{ HEAD "Explain=1\n", "neither yes nor no" },
	{ HEAD "explain=yes\n", "3: unknown key: explain" },
	{ HEAD "Allow=user:bob\n", "3: Allow=: given twice" },
	{ HEAD "User=root\n", "3: User=: not a key of [Policy]" },
	{ RULE "Allow=user:bob\n", "6: Allow=: not a key of [Command]" },
	{ RULE "User=root\n", "6: User=: given twice" },
	{ RULE "Timeout=5\n", "6: unknown key: Timeout" },
	{ RULE "LimitFOO=5\n", "6: unknown key: LimitFOO" },
	{ RULE " UMask=022\n", "6: not understood: begins with a blank" },
	{ RULE "UMask=\\\n# x\n022\n", "a comment inside a continued line" },
	{ RULE "UMask=022\\", "the file ends inside a continued line" },
	{ RULE "UMask=022\r\n", "6: not understood: a carriage return" },
	{ RULE "UMask=0\x01\n", "a control byte" },
	{ RULE "Environment=A=\xff\n", "not UTF-8" },
	{ RULE "[Command r]\nUser=root\nExec=/bin/x\n", "6: [Command r]: the name is taken" },
	{ HEAD "[Command r]\nExec=/bin/r\n", "User= is missing" },
	{ HEAD "[Command r]\nUser=root\n", "Exec= (or Signal=) is missing" },
	{ RULE "Target=/bin/x\n", "Target=: goes with Signal=" },
	{ RULE "KeepIn=peer\n", "KeepIn=: goes with KeepTree=yes" },
	{ RULE "Signal=KILL\nTarget=/bin/x\n", "starts no program" },
	{ HEAD "[Command r]\nSignal=KILL\n", "Target= is missing" },
	{ HEAD "[Command r]\nSignal=9\nTarget=/bin/x\n", "no signal that a rule may send: 9" },
	{ HEAD "[Command r]\nSignal=KILL\nTarget=run(x)\n", "no rule of that name" },
	{ HEAD "[Command r]\nSignal=KILL\nTarget=x\n", "neither a program's absolute path" },
	{ HEAD "[Command r]\nSignal=KILL\nTarget=/bin/x\nCallerPrefix=kill {x:word}\n",
	  "is literal" },
	{ HEAD "Allow=alice\n", "given twice" },
	{ "[Policy]\nAllow=alice\n", "neither user:NAME nor group:NAME" },
	{ "[Policy]\nAllow=user:-1\n", "neither user:NAME" },
	{ "[Policy]\nAllow=user:4294967295\n", "neither user:NAME" },
	{ RULE "AmbientCapabilities=cap_net_admin\n", "no capability of that name" },
	{ RULE "AmbientCapabilities=NET_ADMIN\n", "no capability of that name" },
	{ RULE "AmbientCapabilities=CAP_NET_RAW\nCapabilityBoundingSet=none\n", "not within" },
	{ RULE "Environment=A\n", "not NAME=VALUE" },
	{ RULE "Environment=A=1 A=2\n", "set twice: A" },
	{ RULE "Environment=\"A=1\n", "not closed" },
	{ RULE "PassEnvironment=A\n", "not NAME:TYPE" },
	{ RULE "PassEnvironment=A:nothing\n", "no such type" },
	{ RULE "PassEnvironment=A:word A:int\n", "named twice" },
	{ RULE "PassEnvironment=A:word\nEnvironment=A=1\n", "set by Environment=" },
	{ RULE "WorkingDirectory=x\n", "neither \"peer\"" },
	{ RULE "WorkingDirectory=/a/../b\n", "neither \"peer\"" },
	{ RULE "UMask=8\n", "not octal" },
	{ RULE "UMask=1000\n", "not octal" },
	{ RULE "TimeoutSec=0\n", "neither a time" },
	{ RULE "TimeoutSec=-1\n", "neither a time" },
	{ RULE "OutputMax=0\n", "neither a size" },
	{ RULE "StandardInput=inherit\n", "neither null nor peer" },
	{ RULE "NetworkNamespace=../x\n", "neither a name" },
	{ RULE "NetworkNamespace={ns}\n", "there is no capture {ns}" },
	{ HEAD "[Command r]\nUser=root\nExec=/bin/r [{n:netns}]\nNetworkNamespace={n}\n",
	  "is not a netns that every request names" },
	{ HEAD "[Command r]\nUser=root\nExec=/bin/r {n:word}\nNetworkNamespace={n}\n",
	  "is not a netns that every request names" },
	{ RULE "MaxRunning=0\n", "neither 1 to" },
	{ RULE "KeepTree=maybe\n", "neither yes nor no" },
	{ RULE "KeepTree=yes\nKeepIn=here\n", "neither kept nor peer" },
	{ RULE "Namespace=all\n", "neither same nor any" },
	{ RULE "Log=always\n", "neither best-effort nor required" },
	{ RULE "LimitNOFILE=many\n", "neither LIMIT nor SOFT:HARD" },
	{ RULE "LimitNOFILE=1:2:3\n", "neither LIMIT nor SOFT:HARD" },
	{ RULE "Prefer=x\n", "Prefer=: no such rule: x" },
	{ RULE "Prefer=r\n", "Prefer=: goes in a circle" },
	{ RULE "CallerPrefix={x:word} y\n", "its first word is literal" },
	{ HEAD "[Command r]\nUser=root\n\nExec=/bin/r (a\n",
	  "6: Exec=: a ')' is missing, at the end" },
};

static void
says_file_line_what_and_why_of_every_fault(void)
{
	for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
		CHECK(rules_refused(faults[i].text, faults[i].why));
}

static void
tells_all_faults_and_not_only_the_first(void)
{
	CHECK(rules_of(RULE "UMask=9\nKeepTree=x\n[Command s]\nUser=root\n") == NULL);
	CHECK(strstr(rules_told, "6: ") != NULL && strstr(rules_told, "7: ") != NULL &&
	      strstr(rules_told, "8: ") != NULL);
}

/* Research, section 3, row 84: an empty field must never mean "no restriction". */
static void
row_84_every_key_set_to_nothing_is_an_error(void)
{
	for (size_t n = 0; setting_name(n) != NULL; n++) {
		const char *key = setting_name(n);
		bool in_policy = strcmp(key, "Allow") == 0 || strcmp(key, "Explain") == 0;
		char text[512];
		char why[128];

		snprintf(why, sizeof(why), "%s=: empty", key);
		for (int blank = 0; blank < 3; blank++) {
			static const char *const nothing[] = { "", "   ", "\\\n\t\n" };

			snprintf(text, sizeof(text), "[Policy]\n%s%s=%s\n%s",
				 in_policy ? "" : "Allow=user:alice\n[Command r]\n", key,
				 nothing[blank], "");
			CHECK(rules_refused(text, why));
		}
	}
}

/* Row 59: lines of every length are read whole, or refused; so is a NUL. */
static void
row_59_long_lines_are_read_whole_or_refused(void)
{
	static const size_t lengths[] = { 4095, 4096, 8192, 65000, 65536, 70000, 1048576 };

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		char *text = malloc(lengths[i] + 200);
		char *at = text;
		bool fits = lengths[i] <= POLICY_LINE_BYTES_MAX;

		CHECK(text != NULL);
		at += sprintf(at, "%s[Command s]\nUser=root\nExec=/bin/s ", RULE);
		memset(at, 'a', lengths[i] - 12);
		at += lengths[i] - 12;
		sprintf(at, "\n");
		if (fits)
			CHECK(loads(text));
		else
			CHECK(rules_refused(text, "longer than 64 KiB"));
		free(text);
	}
	{
		struct policy *policy = policy_new();

		CHECK(policy_add(policy, "x.policy", HEAD "#\0\n", sizeof(HEAD) + 2, NULL) < 0);
		policy_free(policy);
	}
}

static const struct {
	const char *exec;
	const char *why;
} bad_lines[] = {
	{ "ip link", "the program is an absolute path" },
	{ "/usr/../bin/ip", "the program is an absolute path" },
	{ "/bin/", "the program is an absolute path" },
	{ "//bin/ip", "the program is an absolute path" },
	{ "{x:word}", "the program is an absolute path" },
	{ "(/bin/a|/bin/b)", "the program is an absolute path" },
	{ "/bin/x (a|b", "a ')' is missing" },
	{ "/bin/x a)", "a ')' without its opening one" },
	{ "/bin/x ()", "nothing stands" },
	{ "/bin/x (a|)", "nothing stands" },
	{ "/bin/x []", "nothing stands" },
	{ "/bin/x a|b", "alternatives stand in parentheses" },
	{ "/bin/x --a=(b|c)", "a group stands alone" },
	{ "/bin/x (a|b)c", "a group stands alone" },
	{ "/bin/x [a][b]", "a group stands alone" },
	{ "/bin/x <a>", "two parts or more" },
	{ "/bin/x <a|b>", "two parts or more" },
	{ "/bin/x <a ([b] [c])>", "may be empty" },
	{ "/bin/x a...", "'...' repeats" },
	{ "/bin/x ...", "'...' repeats" },
	{ "/bin/x {x}", "a capture is written" },
	{ "/bin/x {1x:int}", "a capture is written" },
	{ "/bin/x {x:int", "a '{' is not closed" },
	{ "/bin/x x}", "without a '{'" },
	{ "/bin/x {x:number}", "no such type: number" },
	{ "/bin/x {x:pid}", "no such type: pid (write a rule with Signal=)" },
	{ "/bin/x {x:int(5..1)}", "a range is written" },
	{ "/bin/x {x:int(1-5)}", "a range is written" },
	{ "/bin/x {x:int()}", "empty or not closed" },
	{ "/bin/x {x:port(0..70000)}", "a port is at most" },
	{ "/bin/x {x:mac(a)}", "takes nothing in parentheses" },
	{ "/bin/x {x:path}", "needs something" },
	{ "/bin/x {x:path(/)}", "BASE is an absolute path" },
	{ "/bin/x {x:path(/a/)}", "BASE is an absolute path" },
	{ "/bin/x {x:path(/a/../b)}", "BASE is an absolute path" },
	{ "/bin/x {x:path(a)}", "BASE is an absolute path" },
	{ "/bin/x {x:path(/a)}/b", "a path ends its argument" },
	{ "/bin/x {x:regex([)}", "not a regular expression" },
	{ "/bin/x {x:ifname(a b)}", "no value of the type has" },
	{ "/bin/x {x:ifname(a||b)}", "1 to 255 bytes" },
	{ "/bin/x {x:word(a*b*c*d*e*f)}", "at most 4 stars" },
	{ "/bin/x {x:int} {x:int}", "the name is taken: x" },
	{ "/bin/x {x:int} {x:regex(a)}", "the name is taken: x" }, /* and nothing leaks */
	{ "/bin/x {a:word}{b:word}", "without a literal" },
	{ "/bin/x {a:word},{b:word}", "cannot be told" },
	{ "/bin/x \"a", "a '\"' is not closed" },
	{ "/bin/x \\n", "a '\\' begins \\xHH" },
	{ "/bin/x \\x00", "no argument holds a NUL" },
};

static void
refuses_usage_lines_that_are_none(void)
{
	for (size_t i = 0; i < sizeof(bad_lines) / sizeof(bad_lines[0]); i++)
		CHECK(rules_exec_refused(bad_lines[i].exec, bad_lines[i].why));
}

static void
reads_literals_with_quotes_and_bytes(void)
{
	static const char *const argv[] = { "x", "a b", "", "\xff", "--", "(|)", NULL };
	struct policy *policy = rules_of_exec("/bin/x \"a b\" \"\" \\xff -- \"(|)\"");

	CHECK(policy != NULL);
	CHECK_INT(rules_ask_argv(policy, argv)->answer, POLICY_ALLOWED);
	policy_free(policy);
}

/* Row 39: depth is bounded. */
static void
row_39_nesting_is_bounded(void)
{
	char exec[1000] = "/bin/x ";

	memset(exec + 7, '(', 900);
	exec[907] = '\0';
	CHECK(rules_exec_refused(exec, "nested more than"));
}

static void
takes_the_settings_as_they_are_written(void)
{
	struct policy *policy = rules_of(
		HEAD "[Command r]\nExec=/bin/r\nUser=alice\nGroup=ops\nSupplementaryGroups=none\n"
		     "AmbientCapabilities=CAP_NET_ADMIN CAP_NET_RAW\nEnvironment=A=1 \"B=x y\"\n"
		     "WorkingDirectory=/srv\nUMask=0077\nTimeoutSec=1.5s\nOutputMax=64K\n"
		     "StandardInput=peer\nNetworkNamespace=blue\nMaxRunning=3\nKeepTree=yes\n"
		     "KeepIn=peer\nNoNewPrivileges=no\nNamespace=any\nLog=required\n"
		     "LimitNOFILE=1024:4096\nLimitCORE=0\n"
		     "[Command s]\nExec=/bin/s\nUser=root\n");
	const struct policy_settings *set;

	CHECK(policy != NULL);
	set = policy_rule_settings(policy_rule_find(policy, "test/r"));
	CHECK_TEXT(set->program, "/bin/r");
	CHECK_INT(set->uid, 1000);
	CHECK_INT(set->gid, 2000);
	CHECK_INT(set->group_count, 0);
	CHECK_INT(set->ambient, 1 << 12 | 1 << 13);
	CHECK_INT(set->bounding, set->ambient);
	CHECK_TEXT(set->environment[1], "B=x y");
	CHECK_TEXT(set->environment[3], "HOME=/home/alice");
	CHECK_TEXT(set->directory, "/srv");
	CHECK_INT(set->umask, 077);
	CHECK_INT(set->timeout_ms, 1500);
	CHECK_INT(set->output_max_bytes, 65536);
	CHECK_INT(set->stdin_from, POLICY_STDIN_PEER);
	CHECK(set->has_netns && set->keep_tree && !set->no_new_privileges);
	CHECK(set->serves_foreign && set->log_required && !set->explain);
	CHECK_INT(set->keep_in, POLICY_KEEP_IN_PEER);
	CHECK_INT(set->max_running, 3);
	CHECK_TEXT(set->limits[0], "nofile=1024:4096");
	CHECK_TEXT(set->limits[1], "core=0");
	set = policy_rule_settings(policy_rule_find(policy, "test/s"));
	CHECK_INT(set->timeout_ms, 60000);
	CHECK_INT(set->bounding, -1);
	CHECK_TEXT(set->directory, "/");
	CHECK_TEXT(set->environment[0], "PATH=/usr/sbin:/usr/bin:/sbin:/bin");
	CHECK(set->no_new_privileges && set->stdin_from == POLICY_STDIN_NULL);
	policy_free(policy);
}

/* Rows 2, 25, 32: a target that is no user is never user 0. */
static void
rows_2_25_32_user_is_a_name_or_a_canonical_number(void)
{
	static const char *const bad[] = {
		"-1",	      "4294967295",	      "#-1",	   "0x0", "+0", "00",
		"4294967296", "99999999999999999999", "root:root", "a b"
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[200];

		snprintf(text, sizeof(text), HEAD "[Command r]\nExec=/bin/r\nUser=%s\n", bad[i]);
		CHECK(rules_refused(text, "User=: neither a name nor a number"));
		snprintf(text, sizeof(text), RULE "Group=%s\n", bad[i]);
		CHECK(rules_refused(text, "Group=: neither a name nor a number"));
	}
}

static void
row_25_an_unknown_user_leaves_its_rule_inert(void)
{
	struct policy *policy = rules_of(HEAD "[Command r]\nExec=/bin/r\nUser=nosuchuser\n");

	CHECK(policy != NULL);
	CHECK(strstr(rules_told, "test/r is inert: nosuchuser is not known") != NULL);
	CHECK(policy_rule_is_inert(policy_rule_at(policy, 0)));
	CHECK_INT(rules_ask(policy, "r")->answer, POLICY_REFUSED);
	policy_free(policy);
}

static const struct unit_test tests[] = {
	UNIT(reads_what_it_should),
	UNIT(says_file_line_what_and_why_of_every_fault),
	UNIT(tells_all_faults_and_not_only_the_first),
	UNIT(row_84_every_key_set_to_nothing_is_an_error),
	UNIT(row_59_long_lines_are_read_whole_or_refused),
	UNIT(refuses_usage_lines_that_are_none),
	UNIT(reads_literals_with_quotes_and_bytes),
	UNIT(row_39_nesting_is_bounded),
	UNIT(takes_the_settings_as_they_are_written),
	UNIT(rows_2_25_32_user_is_a_name_or_a_canonical_number),
	UNIT(row_25_an_unknown_user_leaves_its_rule_inert),
};

int
main(void)
{
	return UNIT_RUN(tests);
}
