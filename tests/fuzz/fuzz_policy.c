/* Bytes up to the first NUL are a policy's text; what follows are arguments, each
 * ended by a NUL. It must not crash, and what is allowed must be consistent. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"

enum { ARGS_MAX = 64 };

static int
user(void *ctx, const char *name, struct policy_user *ret_user)
{
	(void)ctx;
	*ret_user = (struct policy_user){
		.uid = name[0] == 'r' ? 0 : 1000, .gid = 1000, .name = name, .home = "/"
	};
	return 0;
}

static int
group(void *ctx, const char *name, uint32_t *ret_gid)
{
	(void)ctx;
	(void)name;
	*ret_gid = 1000;
	return 0;
}

static void
tell(void *ctx, const struct policy_finding *finding)
{
	(void)ctx;
	for (const char *c = finding->text; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20)
			abort();
}

static void
ask(const struct policy *policy, const struct policy_request *request)
{
	static struct policy_capture captures[POLICY_CAPTURES_MAX];
	struct policy_peer peer = { .uid = 1000, .gid = 1000 };
	struct policy_verdict verdict = { .captures = captures,
					  .capture_max = POLICY_CAPTURES_MAX };
	struct policy_near near[3];

	policy_match(policy, &peer, request, &verdict);
	policy_explain(policy, &peer, request, near, 3);
	if ((verdict.answer == POLICY_ALLOWED) != (verdict.rule != NULL))
		abort();
	if (verdict.rule == NULL)
		return;
	if (verdict.first >= request->argc || !policy_rule_serves(verdict.rule, &peer))
		abort();
	for (size_t i = 0; i < verdict.capture_count; i++)
		if (captures[i].argument >= request->argc ||
		    captures[i].offset + captures[i].len >
			    strlen(request->argv[captures[i].argument]))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy_names names = { user, group, NULL, NULL };
	struct policy_ear ear = { tell, NULL };
	const char *argv[ARGS_MAX];
	struct policy_request request = { argv, 0, NULL, 0 };
	struct policy *policy = policy_new();
	char *text = malloc(size + 1);
	size_t len;

	if (text == NULL || policy == NULL)
		abort();
	memcpy(text, data, size);
	text[size] = '\0';
	len = strlen(text);
	for (size_t at = len + 1; at < size && request.argc < ARGS_MAX; at += strlen(text + at) + 1)
		argv[request.argc++] = text + at;
	if (policy_add(policy, "f.policy", text, len, &ear) == 0 &&
	    policy_seal(policy, &names, &ear) == 0)
		ask(policy, &request);
	policy_free(policy);
	free(text);
	return 0;
}
