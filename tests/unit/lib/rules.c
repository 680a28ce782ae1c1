#include "rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "writ/error.h"

enum { WORDS_MAX = 512 };

char rules_told[8192];

static const uint32_t alice_groups[] = { 1000, 2000 };
const struct policy_peer rules_alice = { 1000, 1000, alice_groups, 2, false };

static struct policy_capture captures[POLICY_CAPTURES_MAX];
static struct policy_verdict verdict;
static char asked[16384];
static const char *argv_asked[WORDS_MAX];

static int
find_user(void *ctx, const char *name, struct policy_user *ret_user)
{
	static const struct policy_user users[] = {
		{ 0, 0, NULL, 0, "root", "/root" },
		{ 1000, 1000, alice_groups, 2, "alice", "/home/alice" },
		{ 1001, 1001, NULL, 0, "bob", "/home/bob" },
		{ 990, 990, NULL, 0, "writ-run", "/nonexistent" },
		{ 65534, 65534, NULL, 0, "nobody", "/nonexistent" },
	};

	(void)ctx;
	for (size_t i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		if (strcmp(users[i].name, name) == 0) {
			*ret_user = users[i];
			return 0;
		}
	}
	return WRIT_E_NOT_FOUND;
}

static int
find_group(void *ctx, const char *name, uint32_t *ret_gid)
{
	(void)ctx;
	*ret_gid = strcmp(name, "ops") == 0 ? 2000 : 2001;
	return strcmp(name, "ops") == 0 || strcmp(name, "netops") == 0 ? 0 : WRIT_E_NOT_FOUND;
}

const struct policy_names rules_names = { find_user, find_group, NULL };

static void
tell(void *ctx, const struct policy_finding *finding)
{
	size_t len = strlen(rules_told);

	(void)ctx;
	snprintf(rules_told + len, sizeof(rules_told) - len, "%u: %s\n", finding->line,
		 finding->text);
}

struct policy *
rules_of(const char *text)
{
	struct policy_ear ear = { tell, NULL };
	struct policy *policy = policy_new();

	rules_told[0] = '\0';
	if (policy == NULL || policy_add(policy, "test.policy", text, strlen(text), &ear) < 0 ||
	    policy_seal(policy, &rules_names, &ear) < 0)
		return policy_free(policy);
	return policy;
}

struct policy *
rules_of_exec(const char *exec)
{
	static char text[POLICY_LINE_BYTES_MAX * 2];

	snprintf(text, sizeof(text),
		 "[Policy]\nAllow=user:alice\n[Command r]\nUser=writ-run\nExec=%s\n", exec);
	return rules_of(text);
}

struct policy_verdict *
rules_ask_as(const struct policy *policy, const struct policy_peer *peer, const char *words)
{
	struct policy_request request = { argv_asked, 0, NULL, 0 };
	char *rest = asked;

	snprintf(asked, sizeof(asked), "%s", words);
	for (char *word; (word = strsep(&rest, " ")) != NULL && request.argc < WORDS_MAX;)
		argv_asked[request.argc++] = strcmp(word, "''") == 0 ? "" : word;
	verdict.captures = captures;
	verdict.capture_max = POLICY_CAPTURES_MAX;
	policy_match(policy, peer, &request, &verdict);
	return &verdict;
}

struct policy_verdict *
rules_ask(const struct policy *policy, const char *words)
{
	return rules_ask_as(policy, &rules_alice, words);
}

struct policy_verdict *
rules_ask_argv(const struct policy *policy, const char *const *argv)
{
	struct policy_request request = { argv, 0, NULL, 0 };

	while (argv[request.argc] != NULL)
		request.argc++;
	memcpy(argv_asked, argv, request.argc * sizeof(*argv));
	verdict.captures = captures;
	verdict.capture_max = POLICY_CAPTURES_MAX;
	policy_match(policy, &rules_alice, &request, &verdict);
	return &verdict;
}

bool
rules_refused(const char *text, const char *why)
{
	struct policy *policy = rules_of(text);
	bool refused = policy == NULL && strstr(rules_told, why) != NULL;

	if (!refused)
		fprintf(stderr, "%s, and told: %s\n", policy == NULL ? "refused" : "taken",
			rules_told);
	policy_free(policy);
	return refused;
}

bool
rules_exec_refused(const char *exec, const char *why)
{
	struct policy *policy = rules_of_exec(exec);
	bool refused = policy == NULL && strstr(rules_told, why) != NULL;

	if (!refused)
		fprintf(stderr, "%s: %s, and told: %s\n", exec,
			policy == NULL ? "refused" : "taken", rules_told);
	policy_free(policy);
	return refused;
}

const char *
rules_captured(const char *name)
{
	static char text[4096];

	for (size_t i = 0; i < verdict.capture_count; i++) {
		const struct policy_capture *capture = &captures[i];

		if (strcmp(capture->name, name) != 0)
			continue;
		snprintf(text, sizeof(text), "%.*s", (int)capture->len,
			 argv_asked[capture->argument] + capture->offset);
		return text;
	}
	return NULL;
}
