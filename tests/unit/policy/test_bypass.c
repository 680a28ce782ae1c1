/* The classes of bypass that research names B1 to B20, and the rows of its table
 * of defects that concern a policy: each as what must not be allowed. */
#include <stdio.h>
#include <string.h>

#include "rules.h"
#include "unit.h"

#define HEAD "[Policy]\nAllow=user:alice\n"

/* A rule, what it is for, and what it must not be had for. */
struct trial {
	const char *exec;
	const char *honest;
	const char *const hostile[10];
};

static bool
allows(const struct policy *policy, const char *words)
{
	return rules_ask(policy, words)->answer == POLICY_ALLOWED;
}

static void
try_it(const struct trial *trial)
{
	struct policy *policy = rules_of_exec(trial->exec);

	if (policy == NULL)
		fprintf(stderr, "%s: %s", trial->exec, rules_told);
	CHECK(policy != NULL);
	CHECK(allows(policy, trial->honest));
	for (const char *const *words = trial->hostile; *words != NULL; words++) {
		if (allows(policy, *words))
			fprintf(stderr, "%s: allowed: %s\n", trial->exec, *words);
		CHECK(!allows(policy, *words));
	}
	policy_free(policy);
}

static void
b1_a_pattern_is_of_one_argument(void)
{
	static const struct trial trial = { "/bin/cat {f:word(/var/log/messages*)}",
					    "cat /var/log/messages.1",
					    { "cat /var/log/messages /etc/shadow",
					      "cat /var/log/messages -n", NULL } };
	static const char *const joined[] = { "cat", "/var/log/messages /etc/shadow", NULL };
	struct policy *policy = rules_of_exec(trial.exec);

	try_it(&trial);
	CHECK(rules_ask_argv(policy, joined)->answer == POLICY_REFUSED);
	policy_free(policy);
}

static void
b2_a_regular_expression_is_of_the_whole_argument(void)
{
	static const struct trial trials[] = {
		{ "/bin/x {a:regex(a|b)}",
		  "x a",
		  { "x ab", "x bb", "x a\n", "x \na", "x a|b", NULL } },
		{ "/bin/x {a:regex([0-9]+$)}", "x 12", { "x 12\n", "x a12", "x 12\nroot", NULL } },
		{ "/bin/x {a:regex(^ok|no$)}", "x ok", { "x okay", "x yes-no", NULL } },
		{ "/bin/x {a:regex((?m)a$)}", "x a", { "x a\nb", NULL } },
		{ "/bin/x {a:regex(.*)}", "x abc", { "x -abc", "x ''", NULL } },
	};

	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++)
		try_it(&trials[i]);
}

static void
b2_a_regular_expression_ends_in_time(void)
{
	char words[40 * 1000 + 10] = "x ";
	struct policy *policy = rules_of_exec("/bin/x {a:regex((a+)+b)}");

	memset(words + 2, 'a', 3000);
	CHECK(!allows(policy, words));
	policy_free(policy);
}

static void
b3_a_value_is_never_an_option(void)
{
	static const char *const types[] = { "word", "text", "ifname",	  "netns",   "user",  "hex",
					     "size", "int",  "regex(.*)", "word(*)", "secret" };
	static const char *const values[] = { "-x", "--config=/tmp/x", "-", "--", "-1" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		char exec[100];
		struct policy *policy;

		snprintf(exec, sizeof(exec), "/bin/x {a:%s}", types[i]);
		policy = rules_of_exec(exec);
		CHECK(policy != NULL);
		for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
			char words[100];

			snprintf(words, sizeof(words), "x %s", values[k]);
			CHECK(!allows(policy, words));
		}
		policy_free(policy);
	}
}

static void
b3_a_sign_is_taken_where_the_type_says_so(void)
{
	static const struct trial trials[] = {
		{ "/bin/x {a:int(-5..5)}", "x -5", { "x -6", "x -0", "x --5", NULL } },
		{ "/bin/x {a:word(-v*|a*)}", "x -v1", { "x -a", NULL } },
		{ "/bin/x {a:regex(-[ab])}", "x -a", { "x -c", NULL } },
		{ "/bin/x {a:any}", "x -rf", { "x a b", NULL } },
	};

	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++)
		try_it(&trials[i]);
}

static void
b4_a_name_alone_means_the_rules_program(void)
{
	static const struct trial trial = { "/usr/sbin/ip link",
					    "/usr/sbin/ip link",
					    { "/tmp/evil/ip link", "./ip link", "bin/ip link",
					      "/usr/sbin/../../tmp/ip link", "/usr/sbin//ip link",
					      "/sbin/ip link", " ip link", "ip/ link", NULL } };
	struct policy *policy = rules_of_exec(trial.exec);
	struct policy_verdict *verdict = rules_ask(policy, "ip link");

	CHECK_INT(verdict->answer, POLICY_ALLOWED);
	CHECK_TEXT(policy_rule_settings(verdict->rule)->program, "/usr/sbin/ip");
	policy_free(policy);
	try_it(&trial);
}

static void
b5_the_command_behind_a_prefix_is_a_rules_own(void)
{
	struct policy *policy = rules_of(HEAD "[Command r]\nUser=root\nExec=/bin/cat a\n"
					      "CallerPrefix=ip netns exec {ns:netns}\n");

	CHECK(allows(policy, "ip netns exec blue cat a"));
	CHECK(!allows(policy, "ip netns exec blue sh"));
	CHECK(!allows(policy, "ip netns exec blue /tmp/evil/cat a"));
	CHECK(!allows(policy, "ip netns exec blue ip netns exec blue cat a"));
	CHECK(!allows(policy, "ip -n blue netns exec blue cat a"));
	CHECK(!allows(policy, "ip netns exec -all cat a"));
	CHECK(!allows(policy, "ip netns exec ../blue cat a"));
	CHECK(!allows(policy, "cat a"));
	policy_free(policy);
}

/* Also row 55: every abbreviation is another word. */
static void
b5_row_55_ip_by_any_abbreviation_is_refused(void)
{
	static const struct trial trial = {
		"/usr/sbin/ip netns (add|delete) {ns:new-netns}",
		"ip netns add blue",
		{ "ip net exec blue sh", "ip netn e blue sh", "ip netns exe blue sh",
		  "ip n e blue sh", "ip -n blue netns exec red sh", "ip vrf exec blue sh",
		  "ip -b /tmp/x", "ip -batch /tmp/x", "ip -all netns exec sh", NULL }
	};

	try_it(&trial);
}

static void
b6_b10_a_path_is_beneath_its_base(void)
{
	static const struct trial trial = {
		"/usr/sbin/haproxy -f {c:path(/var/lib/neutron)}",
		"haproxy -f /var/lib/neutron/a/b.conf",
		{ "haproxy -f /var/lib/neutron", "haproxy -f /var/lib/neutron/",
		  "haproxy -f /var/lib/neutron_evil/x", "haproxy -f /var/lib/neutron/../x",
		  "haproxy -f /var/lib/neutron/a/../../x", "haproxy -f /var/lib/neutron//x",
		  "haproxy -f /var/lib/neutron/./x", "haproxy -f var/lib/neutron/x",
		  "haproxy -f /var/lib/neutron/x\n", NULL }
	};
	struct policy *policy = rules_of_exec(trial.exec);
	struct policy_verdict *verdict;

	try_it(&trial);
	verdict = rules_ask(policy, trial.honest);
	CHECK_INT(verdict->captures[0].type, POLICY_PATH);
	CHECK_TEXT(verdict->captures[0].base, "/var/lib/neutron");
	policy_free(policy);
}

static void
b10_a_pattern_narrows_what_is_below_the_base(void)
{
	static const struct trial trial = { "/bin/x --pid={f:pathname(/run/x, *.pid)}",
					    "x --pid=/run/x/a.pid",
					    { "x --pid=/run/x/a.conf", "x --pid=/run/x/../a.pid",
					      "x --pid=a.pid", NULL } };

	try_it(&trial);
}

/* Also rows 4, 27, 40: PATH and all of the environment are the policy's. */
static void
b7_b8_the_environment_is_made_by_the_rule(void)
{
	struct policy *policy = rules_of_exec("/bin/x");
	const struct policy_settings *set = policy_rule_settings(policy_rule_at(policy, 0));

	CHECK_TEXT(set->environment[0], "PATH=/usr/sbin:/usr/bin:/sbin:/bin");
	CHECK_TEXT(set->environment[3], "LOGNAME=writ-run");
	CHECK(set->environment[4] == NULL && set->passed[0] == NULL);
	policy_free(policy);
}

/* Row 11 with its names, and B9: a name that is passed has a value of its type. */
static void
b8_b9_row_11_no_variable_gets_in_by_itself(void)
{
	static const char *const variables[] = {
		"LD_PRELOAD=/x",
		"LD_LIBRARY_PATH=/x",
		"LD_AUDIT=/x",
		"GCONV_PATH=/x",
		"TC_LIB_DIR=/x",
		"IP_LIB_DIR=/x",
		"XTABLES_LIBDIR=/x",
		"BASH_ENV=/x",
		"ENV=/x",
		"BASH_FUNC_x%%=() { :; }",
		"PYTHONPATH=/x",
		"PERL5LIB=/x",
		"GIT_SSH_COMMAND=x",
		"LESSOPEN=|x",
		"PAGER=x",
		"EDITOR=vim -- /etc/shadow",
		"SYSTEMD_EDITOR=x",
		"LVM_SYSTEM_DIR=/x",
		"PATH=/tmp",
		"HOME=/tmp",
		"IFS=x",
		"LOCPATH=/x",
		"NLSPATH=/x",
		"TAG=",
		"TAG=a b",
		"TAG=../x",
		"TAG=a\nb",
		"tag=a",
		"TAG =a",
		" TAG=a",
		"TAG",
		"",
	};
	static const char *const argv[] = { "x" };
	struct policy *policy = rules_of(HEAD "[Command x]\nUser=root\nExec=/bin/x\n"
					      "PassEnvironment=TAG:ifname\n");

	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		struct policy_request request = { argv, 1, &variables[i], 1 };
		struct policy_verdict verdict = { 0 };

		CHECK_INT(policy_match(policy, &rules_alice, &request, &verdict), POLICY_REFUSED);
		CHECK_INT(verdict.why, POLICY_WHY_ENVIRONMENT);
	}
	policy_free(policy);
}

static void
b11_there_is_no_argument_that_is_a_pid(void)
{
	static const struct trial trial = { "/bin/kill -HUP {n:int(2..100)}",
					    "kill -HUP 7",
					    { "kill -HUP -1", "kill -HUP 07", "kill -HUP +7",
					      "kill -HUP 1_0", "kill -HUP 7 8", NULL } };

	CHECK(rules_exec_refused("/bin/kill -9 {p:pid}", "no such type: pid"));
	try_it(&trial);
}

/* B12 is in test_reading: rows_2_25_32. */
static void
b12_row_32_a_large_uid_is_compared_as_it_is(void)
{
	static const uint32_t uids[] = { 2147483648u, 4294967294u, 4294967295u, 65534u, 0 };
	struct policy *policy = rules_of("[Policy]\nAllow=user:1000 user:2147483647\n"
					 "[Command x]\nUser=root\nExec=/bin/x\n");

	for (size_t i = 0; i < sizeof(uids) / sizeof(uids[0]); i++) {
		struct policy_peer peer = { .uid = uids[i], .gid = 1 };

		CHECK(!policy_serves(policy, &peer));
		CHECK_INT(rules_ask_as(policy, &peer, "x")->answer, POLICY_REFUSED);
	}
	policy_free(policy);
}

/* Also rows 26, 63, 71, 89, 96. */
static void
b13_groups_are_those_of_the_target_and_none_means_none(void)
{
	struct policy *policy = rules_of(HEAD "[Command a]\nUser=alice\nExec=/bin/a\n"
					      "[Command b]\nUser=alice\nExec=/bin/b\n"
					      "SupplementaryGroups=none\n"
					      "[Command c]\nUser=alice\nExec=/bin/c\n"
					      "SupplementaryGroups=netops\n");
	static const size_t counts[] = { 2, 0, 1 };

	CHECK(policy != NULL);
	for (size_t i = 0; i < 3; i++)
		CHECK_INT(policy_rule_settings(policy_rule_at(policy, i))->group_count, counts[i]);
	CHECK_INT(policy_rule_settings(policy_rule_at(policy, 2))->groups[0], 2001);
	CHECK_INT(policy_rule_settings(policy_rule_at(policy, 0))->gid, 1000);
	policy_free(policy);
}

static void
b14_nothing_of_the_peer_goes_along_by_itself(void)
{
	struct policy *policy = rules_of_exec("/bin/x");
	const struct policy_settings *set = policy_rule_settings(policy_rule_at(policy, 0));

	CHECK_TEXT(set->directory, "/");
	CHECK_INT(set->umask, 022);
	CHECK_INT(set->stdin_from, POLICY_STDIN_NULL);
	CHECK(set->no_new_privileges && !set->keep_tree && !set->has_netns);
	CHECK_INT(set->ambient, 0);
	CHECK_INT(set->bounding, 0);
	policy_free(policy);
}

/* B15 is tests/system/test_policy.py; B16 to B18 are findings of the linter. */

static void
b19_row_14_what_is_told_holds_no_control_bytes(void)
{
	static const char *const argv[] = { "x", "\n<86>sudo: fake\x1b[2J", NULL };
	struct policy_request request = { argv, 2, NULL, 0 };
	struct policy_near near;
	struct policy *policy = rules_of_exec("/bin/x \\x0a\\x1b");

	CHECK_INT(policy_explain(policy, &rules_alice, &request, &near, 1), 1);
	for (const char *c = near.why; *c != '\0'; c++)
		CHECK(*c >= 0x20 && *c != 0x7f);
	policy_free(policy);
}

/* Row 12: no text is a format. */
static void
row_12_percent_signs_are_letters(void)
{
	struct policy *policy = rules_of(HEAD "[Command x]\nUser=root\nExec=/bin/%n%s {a:word}\n");

	CHECK(policy != NULL);
	CHECK(allows(policy, "%n%s %n%n%s%1$*1$d"));
	CHECK_TEXT(rules_captured("a"), "%n%n%s%1$*1$d");
	policy_free(policy);
	CHECK(rules_refused(HEAD "%n%s%1$*1$d=x\n", "unknown key: %n%s%1$*1$d"));
}

/* B20, rows 13, 30, 38: sizes are bounded, and nothing is too short. */
static void
b20_row_30_what_is_too_much_or_nothing_is_refused(void)
{
	static const char *many[POLICY_ARGS_MAX + 1];
	struct policy *policy = rules_of_exec("/bin/x {a:word}...");
	struct policy_capture capture;
	struct policy_verdict verdict = { .captures = &capture, .capture_max = 1 };
	struct policy_request request = { many, POLICY_ARGS_MAX + 1, NULL, 0 };

	for (size_t i = 0; i <= POLICY_ARGS_MAX; i++)
		many[i] = i == 0 ? "x" : "a";
	CHECK_INT(policy_match(policy, &rules_alice, &request, &verdict), POLICY_REFUSED);
	CHECK_INT(verdict.why, POLICY_WHY_LIMIT);
	request.argc = 3; /* two captures, and room for one */
	CHECK_INT(policy_match(policy, &rules_alice, &request, &verdict), POLICY_REFUSED);
	CHECK_INT(verdict.why, POLICY_WHY_LIMIT);
	request.argc = 2;
	CHECK_INT(policy_match(policy, &rules_alice, &request, &verdict), POLICY_ALLOWED);
	request.argc = 0;
	CHECK_INT(policy_match(policy, &rules_alice, &request, &verdict), POLICY_REFUSED);
	CHECK_INT(rules_ask(policy, "''")->answer, POLICY_REFUSED);
	policy_free(policy);
}

/* Row 16: one flipped bit makes no permission. */
static void
row_16_allowed_is_far_from_refused(void)
{
	CHECK_INT(__builtin_popcount(POLICY_ALLOWED ^ POLICY_REFUSED), 16);
	CHECK_INT(POLICY_REFUSED, 0);
}

/* Rows 52 and 90. */
static void
row_52_no_strict_type_takes_a_newline(void)
{
	static const char *const types[] = { "word",	     "text",	"ifname",   "netns",
					     "user",	     "ip",	"cidr",	    "mac",
					     "hex",	     "uuid",	"int",	    "port",
					     "size",	     "rate",	"duration", "secret",
					     "regex([^x]*)", "path(/a)" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		static const char *const values[] = { "/a/b\n", "a\nb",	 "1\n",	  "\n1",
						      "1\r",	"a\x7f", "a\x01", "a\xc2\x85" };
		char exec[100];
		struct policy *policy;

		snprintf(exec, sizeof(exec), "/bin/x {a:%s}", types[i]);
		policy = rules_of_exec(exec);
		CHECK(policy != NULL);
		for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
			const char *argv[] = { "x", values[k], NULL };
			bool path = strncmp(types[i], "path", 4) == 0;

			if (!path || k != 7)
				CHECK_INT(rules_ask_argv(policy, argv)->answer, POLICY_REFUSED);
		}
		policy_free(policy);
	}
}

static void
takes_no_bytes_that_are_not_utf8_but_in_paths_and_any(void)
{
	static const char *const argv[] = { "x", "a\xff", NULL };
	static const char *const path[] = { "x", "/a/\xff", NULL };
	struct policy *policy = rules_of_exec("/bin/x ({a:text}|{b:path(/a)})");

	CHECK(policy == NULL); /* a path is a text as well */
	policy = rules_of_exec("/bin/x {a:text}");
	CHECK_INT(rules_ask_argv(policy, argv)->answer, POLICY_REFUSED);
	policy_free(policy);
	policy = rules_of_exec("/bin/x {a:path(/a)}");
	CHECK_INT(rules_ask_argv(policy, path)->answer, POLICY_ALLOWED);
	policy_free(policy);
	policy = rules_of_exec("/bin/x {a:any}");
	CHECK_INT(rules_ask_argv(policy, argv)->answer, POLICY_ALLOWED);
	policy_free(policy);
}

/* Row 22: another's rules show in no answer. */
static void
row_22_answers_do_not_depend_on_rules_of_others(void)
{
	struct policy_peer bob = { .uid = 1001, .gid = 1001 };
	static const char *const asked[] = { "x a", "x b", "y", "/bin/x a", "/opt/x a", "z" };
	struct policy *with = policy_new();
	struct policy *without = policy_new();
	const char *own = "[Policy]\nAllow=user:bob\n[Command z]\nUser=root\nExec=/bin/z q\n";
	const char *others = HEAD "[Command x]\nUser=root\nExec=/bin/x a\n"
				  "[Command z]\nUser=root\nExec=/bin/z r\n";

	CHECK_INT(policy_add(with, "a.policy", own, strlen(own), NULL), 0);
	CHECK_INT(policy_add(with, "b.policy", others, strlen(others), NULL), 0);
	CHECK_INT(policy_add(without, "a.policy", own, strlen(own), NULL), 0);
	CHECK_INT(policy_seal(with, &rules_names, NULL), 0);
	CHECK_INT(policy_seal(without, &rules_names, NULL), 0);
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		int why = rules_ask_as(with, &bob, asked[i])->why;

		CHECK_INT(rules_ask_as(without, &bob, asked[i])->why, why);
	}
	policy_free(with);
	policy_free(without);
}

/* Row 97, 91, 100, GHSA-3597-244c-wrpj. */
static void
rows_91_97_100_a_value_is_of_its_type(void)
{
	static const struct trial trials[] = {
		{ "/bin/sed -i s/{a:ifname}/x/ f",
		  "sed -i s/eth0/x/ f",
		  { "sed -i s/a/d;1e\texec\tsh/x/ f", "sed -i s/a/;/x/ f", NULL } },
		{ "/bin/x {a:ifname}",
		  "x eth0",
		  { "x .", "x ..", "x a/b", "x a:1", "x tap%d", "x |cmd", "x abcdefghijklmnop",
		    NULL } },
		{ "/bin/x {a:ipv4}",
		  "x 10.0.0.1",
		  { "x 010.0.0.1", "x 1.2.3", "x 1.2.3.4.5", "x 256.1.1.1", "x 0x1.1.1.1", NULL } },
		{ "/bin/x {a:cidr}",
		  "x 10.0.0.0/8",
		  { "x 10.0.0.0", "x 10.0.0.0/33", "x 10.0.0.0/08", "x ::/129", "x /8", NULL } },
		{ "/bin/x {a:uuid}",
		  "x 01234567-89ab-cdef-0123-456789abcdef",
		  { "x 0123456789abcdef0123456789abcdef", "x 01234567-89ab-cdef-0123-456789abcdeg",
		    NULL } },
		{ "/bin/x {a:user}",
		  "x alice",
		  { "x 0", "x 1000", "x a:b", "x .a", "x a$b", NULL } },
		{ "/bin/x {a:rate}",
		  "x 100mbit",
		  { "x mbit", "x 1x", "x 1..2mbit", "x -1mbit", NULL } },
		{ "/bin/x {a:duration}", "x 1h30m", { "x 1x", "x h", "x -1", NULL } },
	};

	for (size_t i = 0; i < sizeof(trials) / sizeof(trials[0]); i++)
		try_it(&trials[i]);
}

static const struct unit_test tests[] = {
	UNIT(b1_a_pattern_is_of_one_argument),
	UNIT(b2_a_regular_expression_is_of_the_whole_argument),
	UNIT(b2_a_regular_expression_ends_in_time),
	UNIT(b3_a_value_is_never_an_option),
	UNIT(b3_a_sign_is_taken_where_the_type_says_so),
	UNIT(b4_a_name_alone_means_the_rules_program),
	UNIT(b5_the_command_behind_a_prefix_is_a_rules_own),
	UNIT(b5_row_55_ip_by_any_abbreviation_is_refused),
	UNIT(b6_b10_a_path_is_beneath_its_base),
	UNIT(b10_a_pattern_narrows_what_is_below_the_base),
	UNIT(b7_b8_the_environment_is_made_by_the_rule),
	UNIT(b8_b9_row_11_no_variable_gets_in_by_itself),
	UNIT(b11_there_is_no_argument_that_is_a_pid),
	UNIT(b12_row_32_a_large_uid_is_compared_as_it_is),
	UNIT(b13_groups_are_those_of_the_target_and_none_means_none),
	UNIT(b14_nothing_of_the_peer_goes_along_by_itself),
	UNIT(b19_row_14_what_is_told_holds_no_control_bytes),
	UNIT(row_12_percent_signs_are_letters),
	UNIT(b20_row_30_what_is_too_much_or_nothing_is_refused),
	UNIT(row_16_allowed_is_far_from_refused),
	UNIT(row_52_no_strict_type_takes_a_newline),
	UNIT(takes_no_bytes_that_are_not_utf8_but_in_paths_and_any),
	UNIT(row_22_answers_do_not_depend_on_rules_of_others),
	UNIT(rows_91_97_100_a_value_is_of_its_type),
};

int
main(void)
{
	return UNIT_RUN(tests);
}
