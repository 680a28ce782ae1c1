#include <stdio.h>
#include <string.h>

#include "rules.h"
#include "unit.h"

#define LINK_SET                                                                                   \
	"/usr/sbin/ip link set {dev:ifname(tap*|qr-*)} (up|down) [mtu {mtu:int(68..65535)}]"

static bool
allows(const struct policy *policy, const char *words)
{
	return rules_ask(policy, words)->answer == POLICY_ALLOWED;
}

static void
reads_a_usage_line_argument_by_argument(void)
{
	struct policy *policy = rules_of_exec(LINK_SET);

	CHECK(policy != NULL);
	CHECK(allows(policy, "ip link set tap0 up"));
	CHECK(allows(policy, "/usr/sbin/ip link set qr-1 down mtu 1500"));
	CHECK_TEXT(rules_captured("dev"), "qr-1");
	CHECK_TEXT(rules_captured("mtu"), "1500");
	CHECK(!allows(policy, "ip link set eth0 up"));
	CHECK(!allows(policy, "ip link set tap0"));
	CHECK(!allows(policy, "ip link set tap0 up mtu"));
	CHECK(!allows(policy, "ip link set tap0 up mtu 67"));
	CHECK(!allows(policy, "ip link set tap0 up up"));
	CHECK(!allows(policy, "/sbin/ip link set tap0 up"));
	CHECK(!allows(policy, "ip"));
	policy_free(policy);
}

static void
joins_literals_and_captures_in_one_argument(void)
{
	struct policy *policy = rules_of_exec(
		"/sbin/sysctl -w net.ipv6.conf.{dev:ifname}.disable_ipv6={on:int(0..1)}");

	CHECK(policy != NULL); /* an ifname may hold a dot, but no number holds the '=' */
	CHECK(allows(policy, "sysctl -w net.ipv6.conf.a.disable_ipv6=1.disable_ipv6=0") == false);
	CHECK(allows(policy, "sysctl -w net.ipv6.conf.a.b.disable_ipv6=0"));
	CHECK_TEXT(rules_captured("dev"), "a.b");
	CHECK_TEXT(rules_captured("on"), "0");
	CHECK(!allows(policy, "sysctl -w net.ipv6.conf.disable_ipv6=0"));
	policy_free(policy);
	policy = rules_of_exec("/sbin/sysctl -w net.ipv6.conf.{dev:ifname}.disable_ipv6=1");
	CHECK(policy != NULL);
	CHECK(allows(policy, "sysctl -w net.ipv6.conf.eth0.100.disable_ipv6=1"));
	CHECK_TEXT(rules_captured("dev"), "eth0.100");
	CHECK(!allows(policy, "sysctl -w net.ipv6.conf..disable_ipv6=1"));
	CHECK(!allows(policy, "sysctl -w net.ipv6.conf.a/b.disable_ipv6=1"));
	CHECK(!allows(policy, "sysctl -w net.ipv6.conf.eth0.disable_ipv6=0"));
	policy_free(policy);
	policy = rules_of_exec("/bin/x {a:mac},{b:ip},{n:word}!");
	CHECK(allows(policy, "x 00:11:22:33:44:55,10.0.0.1,a,b!!"));
	CHECK_TEXT(rules_captured("n"), "a,b!");
	policy_free(policy);
}

static void
takes_parts_in_any_order_each_once(void)
{
	struct policy *policy = rules_of_exec("/bin/x <[-w {n:int}] [-n] -m> {f:word}");

	CHECK(policy != NULL);
	CHECK(allows(policy, "x -m f"));
	CHECK(allows(policy, "x -n -m -w 3 f"));
	CHECK(allows(policy, "x -w 3 -m f"));
	CHECK(!allows(policy, "x -w 3 f"));
	CHECK(!allows(policy, "x -n -m -n f"));
	CHECK(!allows(policy, "x -m"));
	CHECK(!allows(policy, "x -m -w f"));
	policy_free(policy);
}

static void
repeats_captures_and_groups(void)
{
	struct policy *policy = rules_of_exec("/bin/x {a:int}... (-o {b:word})... [-v]...");

	CHECK(policy != NULL);
	CHECK(allows(policy, "x 1 -o a"));
	CHECK(allows(policy, "x 1 2 3 -o a -o b -v -v -v"));
	CHECK(!allows(policy, "x -o a"));
	CHECK(!allows(policy, "x 1"));
	CHECK(!allows(policy, "x 1 -v"));
	policy_free(policy);
	policy = rules_of_exec("/bin/x (<a b>)... <[c]... d>");
	CHECK(policy != NULL);
	CHECK(allows(policy, "x a b b a c c d c"));
	CHECK(!allows(policy, "x a b a c d"));
	policy_free(policy);
}

static void
refuses_to_load_what_can_be_read_in_two_ways(void)
{
	CHECK(rules_exec_refused("/bin/x [a] a", "ambiguous"));
	CHECK(rules_exec_refused("/bin/x ({a:word}|b)", "ambiguous"));
	CHECK(rules_exec_refused("/bin/x {a:word}... {b:word}", "ambiguous"));
	CHECK(rules_exec_refused("/bin/x {a:word}... up", "ambiguous"));
	CHECK(rules_exec_refused("/bin/x [{a:ifname(tap*)}] {b:ifname(*0)}", "as is tap0"));
	CHECK(rules_exec_refused("/bin/x <[a] [a]>", "ambiguous"));
	CHECK(rules_exec_refused("/bin/x (<a [b]>)...", "two ways"));
	CHECK(rules_exec_refused("/bin/x [[a]]", "may be empty"));
	CHECK(rules_exec_refused("/bin/x ([a] [b])...", "may be empty"));
	CHECK(rules_exec_refused("/bin/x ([a]|b)", "may be empty"));
	CHECK(rules_exec_refused("/bin/x {a:int}{b:int}", "without a literal"));
	policy_free(rules_of_exec("/bin/x [{a:ifname(tap*)}] {b:ifname(qr-*)}"));
	CHECK_TEXT(rules_told, "");
	policy_free(rules_of_exec("/bin/x [{a:int(1..5)}] {b:int(6..9)}"));
	CHECK_TEXT(rules_told, "");
	policy_free(rules_of_exec("/bin/x [{a:ipv4}] {b:mac}"));
	CHECK_TEXT(rules_told, "");
	policy_free(rules_of_exec("/bin/x [-w {n:int}] {b:word}"));
	CHECK_TEXT(rules_told, "");
}

static void
finds_the_rule_behind_the_callers_prefix(void)
{
	struct policy *policy =
		rules_of("[Policy]\nAllow=user:alice\n[Command router-arping]\n"
			 "CallerPrefix=ip netns exec {ns:netns(qrouter-*)}\nNetworkNamespace={ns}\n"
			 "Exec=/usr/sbin/arping -A -I {dev:ifname} -c {n:int(1..10)} {addr:ipv4}\n"
			 "User=root\n");
	struct policy_verdict *verdict;

	CHECK(policy != NULL);
	verdict = rules_ask(policy, "ip netns exec qrouter-1 arping -A -I qg-1 -c 3 10.0.0.1");
	CHECK(verdict->answer == POLICY_ALLOWED);
	CHECK_INT(verdict->first, 4);
	CHECK_INT(verdict->netns_len, 9);
	CHECK(memcmp(verdict->netns, "qrouter-1", 9) == 0);
	CHECK_TEXT(policy_rule_name(verdict->rule), "test/router-arping");
	CHECK(!allows(policy, "ip netns exec qdhcp-1 arping -A -I qg-1 -c 3 10.0.0.1"));
	CHECK(!allows(policy, "arping -A -I qg-1 -c 3 10.0.0.1"));
	CHECK(!allows(policy, "ip net exec qrouter-1 arping -A -I qg-1 -c 3 10.0.0.1"));
	policy_free(policy);
}

static void
takes_kill_for_a_signal_rule(void)
{
	struct policy *policy =
		rules_of("[Policy]\nAllow=user:alice\n"
			 "[Command stop]\nSignal=HUP TERM\nTarget=/usr/sbin/dnsmasq\n"
			 "[Command end]\nSignal=KILL\nTarget=/usr/sbin/haproxy\n"
			 "[Command end2]\nSignal=KILL\nTarget=/usr/sbin/radvd\n");
	struct policy_verdict *verdict;
	static const char *const argv[] = { "kill", "-9", "4711" };
	struct policy_request request = { argv, 3, NULL, 0 };
	const struct policy_rule *next;

	CHECK(policy != NULL);
	verdict = rules_ask(policy, "kill -9 4711");
	CHECK(verdict->answer == POLICY_ALLOWED && verdict->is_signal);
	CHECK_INT(verdict->signal, 9);
	CHECK_INT(verdict->pid, 4711);
	CHECK_TEXT(policy_rule_name(verdict->rule), "test/end");
	next = policy_signal_next(policy, &rules_alice, &request, verdict->rule);
	CHECK_TEXT(policy_rule_name(next), "test/end2");
	CHECK(policy_signal_next(policy, &rules_alice, &request, next) == NULL);
	verdict = rules_ask(policy, "kill 4711");
	CHECK_INT(verdict->signal, 15);
	verdict = rules_ask(policy, "kill -s SIGHUP 4711");
	CHECK_INT(verdict->signal, 1);
	CHECK(!allows(policy, "kill -USR1 4711"));
	CHECK(!allows(policy, "kill -9 1"));
	CHECK(!allows(policy, "kill -9 -4711"));
	CHECK(!allows(policy, "kill -9 +4711"));
	CHECK(!allows(policy, "kill -9 04711"));
	CHECK(!allows(policy, "kill -9 4711 4712"));
	policy_free(policy);
}

static void
says_why_by_the_peers_own_rules_only(void)
{
	struct policy_peer bob = { .uid = 1001, .gid = 1001 };
	struct policy *policy = rules_of_exec(LINK_SET);

	CHECK_INT(rules_ask_as(policy, &bob, "ip link set tap0 up")->why, POLICY_WHY_PEER);
	CHECK(!policy_serves(policy, &bob));
	CHECK_INT(rules_ask(policy, "ip link del tap0")->why, POLICY_WHY_ARGUMENT);
	CHECK_INT(rules_ask(policy, "tc qdisc")->why, POLICY_WHY_PROGRAM);
	CHECK_INT(rules_ask(policy, "/opt/ip link set tap0 up")->why, POLICY_WHY_PROGRAM);
	policy_free(policy);
}

static void
refuses_foreign_peers_and_nobody(void)
{
	struct policy_peer foreign = { .uid = 1000, .gid = 1000, .is_foreign = true };
	struct policy_peer nobody = { .uid = POLICY_UID_OVERFLOW, .gid = 1000 };
	struct policy *policy = rules_of("[Policy]\nAllow=user:alice group:ops user:nobody\n"
					 "[Command a]\nUser=root\nExec=/bin/a\n"
					 "[Command b]\nUser=root\nExec=/bin/b\nNamespace=any\n");

	CHECK(policy != NULL);
	CHECK(strstr(rules_told, "nobody") != NULL);
	CHECK_INT(rules_ask_as(policy, &foreign, "a")->why, POLICY_WHY_FOREIGN);
	CHECK_INT(rules_ask_as(policy, &foreign, "b")->answer, POLICY_ALLOWED);
	CHECK_INT(rules_ask_as(policy, &nobody, "b")->why, POLICY_WHY_PEER);
	policy_free(policy);
}

static void
lets_pass_only_the_variables_that_a_rule_names(void)
{
	static const char *const argv[] = { "a" };
	static const struct {
		const char *variables[3];
		int answer;
	} cases[] = {
		{ { "TAG=x-1" }, POLICY_ALLOWED },
		{ { "TAG=x 1" }, POLICY_REFUSED },
		{ { "TAG=" }, POLICY_REFUSED },
		{ { "TAG" }, POLICY_REFUSED },
		{ { "TAG=a", "TAG=b" }, POLICY_REFUSED },
		{ { "LD_PRELOAD=/x" }, POLICY_REFUSED },
		{ { "=x" }, POLICY_REFUSED },
		{ { "TAGS=x" }, POLICY_REFUSED },
	};
	struct policy *policy = rules_of("[Policy]\nAllow=user:alice\n[Command a]\nUser=root\n"
					 "Exec=/bin/a\nPassEnvironment=TAG:word\n");

	CHECK(policy != NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct policy_request request = { argv, 1, cases[i].variables, 0 };
		struct policy_verdict verdict = { 0 };

		while (request.environment_count < 3 &&
		       cases[i].variables[request.environment_count] != NULL)
			request.environment_count++;
		CHECK_INT(policy_match(policy, &rules_alice, &request, &verdict), cases[i].answer);
		CHECK(verdict.answer == POLICY_ALLOWED || verdict.why == POLICY_WHY_ENVIRONMENT);
	}
	policy_free(policy);
}

static const struct unit_test tests[] = {
	UNIT(reads_a_usage_line_argument_by_argument),
	UNIT(joins_literals_and_captures_in_one_argument),
	UNIT(takes_parts_in_any_order_each_once),
	UNIT(repeats_captures_and_groups),
	UNIT(refuses_to_load_what_can_be_read_in_two_ways),
	UNIT(finds_the_rule_behind_the_callers_prefix),
	UNIT(takes_kill_for_a_signal_rule),
	UNIT(says_why_by_the_peers_own_rules_only),
	UNIT(refuses_foreign_peers_and_nobody),
	UNIT(lets_pass_only_the_variables_that_a_rule_names),
};

int
main(void)
{
	return UNIT_RUN(tests);
}
