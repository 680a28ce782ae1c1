/* match.c - the decision. */
#include <string.h>

#include "policy/joint.h"
#include "policy/reader.h"

/* One request, and the best rule so far. */
struct choosing {
	const struct policy *policy;
	const struct policy_peer *peer;
	const struct policy_request *request;
	const struct family *family;
	const struct source *source; /* looked at last, and what was found */
	bool source_serves;
	const struct policy_rule *best;
	bool was_foreign; /* a rule would have accepted a peer of our namespaces */
};

/* Many rules of a family come from one file. */
static bool
serves(struct choosing *choosing, const struct policy_rule *rule)
{
	if (choosing->source != rule->source) {
		choosing->source = rule->source;
		choosing->source_serves = source_serves(rule->source, choosing->peer);
	}
	return choosing->source_serves && !rule->inert;
}

static void
see_rule(void *ctx, size_t number)
{
	struct choosing *choosing = ctx;
	const struct policy_rule *rule = choosing->family->rules[number];
	bool foreign = choosing->peer->is_foreign && !rule->settings.serves_foreign;

	if (!serves(choosing, rule) || (foreign && choosing->was_foreign) ||
	    (choosing->best != NULL && choosing->best->rank < rule->rank))
		return;
	if (!reader_accepts(choosing->policy, rule, choosing->request, NULL, NULL))
		return;
	if (foreign)
		choosing->was_foreign = true;
	else
		choosing->best = rule;
}

/* Of rules that go on alike the sieve names the first only: not for a foreign peer,
 * of whom not each of them will do. */
static bool
may_serve(void *ctx, size_t number)
{
	struct choosing *choosing = ctx;

	return serves(choosing, choosing->family->rules[number]);
}

static void
choose(struct choosing *choosing)
{
	const struct family *family = choosing->family;
	struct joint_peer peer = { may_serve, see_rule, choosing };

	if (family->joint != NULL && !choosing->peer->is_foreign &&
	    joint_sift(family->joint, &choosing->policy->words, choosing->request->argv,
		       choosing->request->argc, &peer))
		return;
	for (size_t i = 0; i < family->rule_count; i++)
		see_rule(choosing, i);
}

/* Is there a rule of this peer's own for the program? The answer may depend on
 * no other peer's rules. */
static int
why_not(struct choosing *choosing)
{
	struct span spans[WORD_CAPTURES_MAX];

	if (choosing->was_foreign)
		return POLICY_WHY_FOREIGN;
	for (size_t i = 0; i < choosing->family->rule_count; i++) {
		const struct policy_rule *rule = choosing->family->rules[i];
		struct standing standing;

		machine_begin(&rule->machine, &standing);
		if (serves(choosing, rule) &&
		    machine_take(&rule->machine, &choosing->policy->words, &standing,
				 choosing->request->argv[0], spans) != NULL)
			return POLICY_WHY_ARGUMENT;
	}
	return POLICY_WHY_PROGRAM;
}

static const struct passed *
find_passed(const struct policy_rule *rule, const char *variable, size_t len)
{
	for (size_t i = 0; i < rule->passed_count; i++)
		if (strlen(rule->passed[i].name) == len &&
		    memcmp(rule->passed[i].name, variable, len) == 0)
			return &rule->passed[i];
	return NULL;
}

/* A variable is passed if the rule names it, its value is of its type, and it
 * is there once. */
static bool
takes_variable(const struct policy_rule *rule, const struct policy_request *request, size_t at)
{
	const char *variable = request->environment[at];
	size_t len = strcspn(variable, "=");
	const struct passed *passed = find_passed(rule, variable, len);

	if (passed == NULL || variable[len] != '=' ||
	    !type_takes(&passed->type, variable + len + 1, strlen(variable + len + 1)))
		return false;
	for (size_t i = 0; i < at; i++)
		if (strncmp(request->environment[i], variable, len + 1) == 0)
			return false;
	return true;
}

static bool
is_within_bounds(const struct policy_request *request)
{
	if (request->argc > POLICY_ARGS_MAX || request->environment_count > POLICY_ENVIRONMENT_MAX)
		return false;
	for (size_t i = 0; i < request->argc; i++)
		if (strnlen(request->argv[i], POLICY_ARG_BYTES_MAX + 1) > POLICY_ARG_BYTES_MAX)
			return false;
	for (size_t i = 0; i < request->environment_count; i++)
		if (strnlen(request->environment[i], POLICY_ARG_BYTES_MAX + 1) >
		    POLICY_ARG_BYTES_MAX)
			return false;
	return true;
}

static void
clear(struct policy_verdict *verdict)
{
	*verdict = (struct policy_verdict){ .captures = verdict->captures,
					    .capture_max = verdict->capture_max,
					    .answer = POLICY_REFUSED };
}

static int
refuse(struct policy_verdict *verdict, int why)
{
	clear(verdict);
	verdict->why = why;
	return verdict->answer;
}

static int
allow(const struct choosing *choosing, struct policy_verdict *verdict)
{
	const struct policy_rule *rule = choosing->best;
	const struct policy_request *request = choosing->request;

	if (!reader_accepts(choosing->policy, rule, request, verdict, NULL))
		return refuse(verdict, POLICY_WHY_ARGUMENT);
	if (verdict->capture_count > verdict->capture_max)
		return refuse(verdict, POLICY_WHY_LIMIT);
	for (size_t i = 0; i < request->environment_count; i++) {
		if (takes_variable(rule, request, i))
			continue;
		refuse(verdict, POLICY_WHY_ENVIRONMENT);
		verdict->variable = i;
		return verdict->answer;
	}
	if (rule->netns != NULL && rule->netns_capture < 0) {
		verdict->netns = rule->netns;
		verdict->netns_len = strlen(rule->netns);
	}
	verdict->rule = rule;
	verdict->answer = POLICY_ALLOWED;
	return verdict->answer;
}

int
policy_match(const struct policy *policy, const struct policy_peer *peer,
	     const struct policy_request *request, struct policy_verdict *verdict)
{
	struct choosing choosing = { .policy = policy, .peer = peer, .request = request };

	clear(verdict);
	if (!policy->sealed || !policy_serves(policy, peer))
		return refuse(verdict, POLICY_WHY_PEER);
	if (!is_within_bounds(request))
		return refuse(verdict, POLICY_WHY_LIMIT);
	choosing.family = request->argc > 0 ? family_find(policy, request->argv[0]) : NULL;
	if (choosing.family == NULL)
		return refuse(verdict, POLICY_WHY_PROGRAM);
	choose(&choosing);
	if (choosing.best == NULL)
		return refuse(verdict, why_not(&choosing));
	return allow(&choosing, verdict);
}

const struct policy_rule *
policy_signal_next(const struct policy *policy, const struct policy_peer *peer,
		   const struct policy_request *request, const struct policy_rule *after)
{
	struct choosing choosing = { .policy = policy, .peer = peer, .request = request };
	const struct family *family =
		request->argc > 0 ? family_find(policy, request->argv[0]) : NULL;

	for (size_t i = 0; family != NULL && i < family->rule_count; i++) {
		const struct policy_rule *rule = family->rules[i];

		if (rule->settings.signals != 0 && rule->rank > after->rank &&
		    serves(&choosing, rule) &&
		    (!peer->is_foreign || rule->settings.serves_foreign) &&
		    reader_accepts(policy, rule, request, NULL, NULL))
			return rule;
	}
	return NULL;
}

bool
policy_serves(const struct policy *policy, const struct policy_peer *peer)
{
	for (const struct source *source = policy->sources; source != NULL; source = source->next)
		if (source->rule_count > 0 && source_serves(source, peer))
			return true;
	return false;
}

bool
policy_rule_serves(const struct policy_rule *rule, const struct policy_peer *peer)
{
	return !rule->inert && source_serves(rule->source, peer) &&
	       (!peer->is_foreign || rule->settings.serves_foreign);
}

const char *
policy_why_name(int why)
{
	static const char *const names[] = { "none",	 "peer",	"foreign", "program",
					     "argument", "environment", "limit" };

	return why >= 0 && why < (int)(sizeof(names) / sizeof(names[0])) ? names[why] : "?";
}
