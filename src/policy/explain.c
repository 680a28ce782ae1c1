/* explain.c - which rules came close to a refused request, and what differed. */
#include <stdio.h>
#include <string.h>

#include "policy/reader.h"

enum { WORDS_SHOWN_MAX = 4, ARG_SHOWN_MAX = 80 };

/* What could have come where a rule stopped. */
struct expecting {
	const struct policy *policy;
	char *text;
	size_t size;
	size_t count;
	bool may_end;
};

static bool
see_expected(void *ctx, const struct state *state, const struct standing *after)
{
	struct expecting *expecting = ctx;
	size_t len = strlen(expecting->text);

	(void)after;
	if (state->kind == STATE_DONE) {
		expecting->may_end = true;
	} else if (expecting->count++ < WORDS_SHOWN_MAX) {
		const struct word *word = expecting->policy->words.list[state->word];

		snprintf(expecting->text + len, expecting->size - len, "%s%.60s",
			 len > 0 ? ", " : "", word->shown);
	}
	return false;
}

static void
write_why(const struct policy *policy, const struct policy_rule *rule,
	  const struct policy_request *request, const struct stop *stop, struct policy_near *near)
{
	char expected[256] = "";
	struct expecting expecting = { policy, expected, sizeof(expected), 0, false };
	const char *more;

	machine_look(&rule->machine, &stop->standing, false, see_expected, &expecting);
	more = expecting.count > WORDS_SHOWN_MAX ? ", ..." : "";
	if (stop->argument == request->argc)
		snprintf(near->why, sizeof(near->why), "ends too early: expected %s%s", expected,
			 more);
	else if (expecting.count == 0)
		snprintf(near->why, sizeof(near->why), "one argument too many");
	else
		snprintf(near->why, sizeof(near->why), "expected %s%s%s", expected, more,
			 expecting.may_end ? ", or no more" : "");
	for (char *c = near->why; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
}

/* Keeps the list sorted: those that came furthest first, of equal ones those of
 * the lower rank. Returns how many there are. */
static size_t
insert(struct policy_near *list, size_t count, size_t max, const struct policy_near *near)
{
	size_t at = count;

	while (at > 0 && list[at - 1].argument < near->argument)
		at--;
	if (at == max)
		return count;
	if (count < max)
		count++;
	memmove(&list[at + 1], &list[at], (count - at - 1) * sizeof(*list));
	list[at] = *near;
	return count;
}

size_t
policy_explain(const struct policy *policy, const struct policy_peer *peer,
	       const struct policy_request *request, struct policy_near *list, size_t max)
{
	const struct family *family =
		request->argc > 0 ? family_find(policy, request->argv[0]) : NULL;
	size_t count = 0;

	if (family == NULL || request->argc > POLICY_ARGS_MAX)
		return 0;
	for (size_t i = 0; i < family->rule_count; i++) {
		const struct policy_rule *rule = family->rules[i];
		struct policy_near near = { .rule = rule };
		struct stop stop;

		if (rule->inert || !source_serves(rule->source, peer))
			continue;
		if (reader_accepts(policy, rule, request, NULL, &stop)) {
			near.argument = request->argc;
			snprintf(near.why, sizeof(near.why), "the arguments fit%s",
				 peer->is_foreign && !rule->settings.serves_foreign
					 ? "; the peer is outside of our namespaces"
					 : "");
		} else {
			near.argument = stop.argument;
			write_why(policy, rule, request, &stop, &near);
		}
		count = insert(list, count, max, &near);
	}
	return count;
}
