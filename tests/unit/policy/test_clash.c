/* Two rules that take the same arguments: equal, preferred, or refused. */
#include <stdio.h>
#include <string.h>

#include "rules.h"
#include "unit.h"

#define HEAD "[Policy]\nAllow=user:alice\n"

/* The policy of two rules; `more` is for the second. */
static char *
two(const char *first, const char *second, const char *more)
{
	static char text[4096];

	snprintf(text, sizeof(text),
		 HEAD "[Command a]\nUser=root\nExec=/bin/x %s\n[Command b]\nUser=root\nExec=/bin/x "
		      "%s\n%s\n",
		 first, second, more);
	return text;
}

static void
equal_settings_may_overlap_and_others_may_not(void)
{
	static const struct {
		const char *first;
		const char *second;
		const char *example; /* NULL: they are apart */
	} pairs[] = {
		{ "a", "a", "as in: x a" },
		{ "a", "b", NULL },
		{ "{p:word}", "a", "as in: x a" },
		{ "{p:ifname(tap*)}", "{q:ifname(*0)}", "as in: x tap0" },
		{ "{p:ifname(tap*)}", "{q:ifname(qr-*)}", NULL },
		{ "{p:int(1..5)}", "{q:int(5..9)}", "as in: x 5" },
		{ "{p:int(1..5)}", "{q:int(6..9)}", NULL },
		{ "{p:ipv4}", "{q:ip}", "as in: x 192.0.2.1" },
		{ "{p:ipv4}", "{q:ipv6}", NULL },
		{ "{p:mac}", "{q:ipv6}", NULL },
		{ "{p:uuid}", "{q:hex}", NULL },
		{ "{p:path(/a)}", "{q:pathname(/b)}", NULL },
		{ "{p:path(/a)}", "{q:pathname(/a/b)}", "as in: x /a/b/a" },
		{ "[-v] {p:int}...", "-v 1 2 3", "as in: x -v 1 2 3" },
		{ "<[-a] [-b] c>", "<[-b] [-a] c>", "as in: x c" },
		{ "<[-a] [-b] -c>", "<[-a] [-b] -d>", NULL },
		{ "<-a -b>", "<-a -b -c>", NULL },
		{ "<-a -b>", "-b -a", "as in: x -b -a" },
		{ "--k={p:word}", "{q:word}", NULL },
		{ "k={p:word}", "{q:word(k*)}", "as in: x k=" },
		{ "a\\x20b", "\"a b\"", "as in: x 'a b'" },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		struct policy *policy;

		policy = rules_of(two(pairs[i].first, pairs[i].second, ""));
		/* of a path it matters which of the two rules it is */
		CHECK(policy != NULL || strstr(pairs[i].first, "path") != NULL);
		policy_free(policy);
		policy = rules_of(two(pairs[i].first, pairs[i].second, "UMask=077"));
		if ((policy == NULL) != (pairs[i].example != NULL) ||
		    (policy == NULL && strstr(rules_told, pairs[i].example) == NULL))
			fprintf(stderr, "%s | %s: %s", pairs[i].first, pairs[i].second, rules_told);
		CHECK((policy == NULL) == (pairs[i].example != NULL));
		CHECK(policy != NULL || strstr(rules_told, pairs[i].example) != NULL);
		policy_free(policy);
	}
}

static void
a_preferred_rule_is_taken(void)
{
	struct policy *policy = rules_of(two("{p:word}", "a", "UMask=077\nPrefer=a"));

	CHECK(policy != NULL);
	CHECK_TEXT(policy_rule_name(rules_ask(policy, "x a")->rule), "test/b");
	CHECK_TEXT(policy_rule_name(rules_ask(policy, "x b")->rule), "test/a");
	policy_free(policy);
	policy = rules_of(two("{p:word}", "{q:ifname}", "UMask=077\nPrefer=test/a"));
	CHECK_TEXT(policy_rule_name(rules_ask(policy, "x b")->rule), "test/b");
	CHECK_TEXT(policy_rule_name(rules_ask(policy, "x b/c")->rule), "test/a");
	policy_free(policy);
}

static void
rules_of_different_users_do_not_meet(void)
{
	static const char *const text[] = {
		"[Policy]\nAllow=user:alice\n[Command x]\nUser=root\nExec=/bin/x\n",
		"[Policy]\nAllow=user:bob\n[Command x]\nUser=root\nExec=/bin/x\nUMask=077\n",
		"[Policy]\nAllow=group:ops\n[Command x]\nUser=root\nExec=/bin/x\nUMask=077\n",
	};

	for (int second = 1; second < 3; second++) {
		struct policy *policy = policy_new();

		CHECK_INT(policy_add(policy, "a.policy", text[0], strlen(text[0]), NULL), 0);
		CHECK_INT(policy_add(policy, "b.policy", text[second], strlen(text[second]), NULL),
			  0);
		/* who is of a group is known only when he asks */
		CHECK((policy_seal(policy, &rules_names, NULL) == 0) == (second == 1));
		policy_free(policy);
	}
}

static void
forty_options_in_any_order_are_told_apart_in_time(void)
{
	char first[2048] = "<";
	char second[2048];

	for (int i = 0; i < 40; i++)
		snprintf(first + strlen(first), sizeof(first) - strlen(first),
			 "[--o%d {o%d:word}] ", i, i);
	snprintf(second, sizeof(second), "%s --mode=b>", first);
	strcat(first, "--mode=a>");
	policy_free(rules_of(two(first, second, "UMask=077")));
	CHECK_TEXT(rules_told, "");
	second[strlen(second) - 2] = 'a';
	CHECK(rules_of(two(first, second, "UMask=077")) == NULL);
	CHECK(strstr(rules_told, "as in: x --mode=a") != NULL);
}

static void
explains_what_came_close(void)
{
	struct policy *policy = rules_of(
		HEAD
		"[Command up]\nUser=root\nExec=/bin/ip link set {d:ifname(tap*)} up\n"
		"[Command mtu]\nUser=root\nExec=/bin/ip link set {d:ifname(tap*)} mtu {m:int}\n"
		"[Command del]\nUser=root\nExec=/bin/ip link del {d:ifname(tap*)}\n");
	static const char *const argv[] = { "ip", "link", "set", "tap0", "mtu" };
	struct policy_request request = { argv, 5, NULL, 0 };
	struct policy_near list[2];

	CHECK_INT(policy_explain(policy, &rules_alice, &request, list, 2), 2);
	CHECK_TEXT(policy_rule_name(list[0].rule), "test/mtu");
	CHECK_INT(list[0].argument, 5);
	CHECK_TEXT(list[0].why, "ends too early: expected {int}");
	CHECK_TEXT(policy_rule_name(list[1].rule), "test/up");
	CHECK_INT(list[1].argument, 4);
	CHECK_TEXT(list[1].why, "expected up");
	policy_free(policy);
}

static const struct unit_test tests[] = {
	UNIT(equal_settings_may_overlap_and_others_may_not),
	UNIT(a_preferred_rule_is_taken),
	UNIT(rules_of_different_users_do_not_meet),
	UNIT(forty_options_in_any_order_are_told_apart_in_time),
	UNIT(explains_what_came_close),
};

int
main(void)
{
	return UNIT_RUN(tests);
}
