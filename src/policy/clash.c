#include "policy/clash.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/strv.h"
#include "policy/reader.h"
#include "policy/resolve.h"

enum {
	PAIRS_SHORT_MAX = 1000, /* looked at for the shortest example */
	PAIRS_MAX = 20000,	/* and in all */
	SLOTS = 65536,
	MEMORY = 65536,
	WORD_EXAMPLE_MAX = 512,
	ARGUMENTS_MAX = 1100,
};

/* Two rules stand somewhere after the same arguments. `from` is the pair before,
 * the states are those that took the last argument: so the arguments can be read
 * backwards. */
struct pair {
	struct standing a;
	struct standing b;
	uint32_t from;
	uint32_t state_a;
	uint32_t state_b;
	uint32_t slot;
};

/* The room of a search, used again for each two rules. */
struct search {
	const struct policy *policy;
	const struct policy_rule *a;
	const struct policy_rule *b;
	struct pair *pairs;
	size_t count;
	size_t at;	 /* the pair that is looked at */
	uint32_t *slots; /* pair + 1 by hash */
	uint32_t *todo;	 /* pairs, in the order in which they were found */
	size_t todo_first;
	size_t todo_count;
	size_t pairs_max;
	uint64_t *memory; /* what was found of two words: their numbers, and whether they overlap */
	const struct state *next_a; /* the word of `a` that is being paired */
	struct standing after_a;
	bool a_ends;
	bool met;
	bool gave_up;
};

/* The words of two rules of a family are compared again and again. */
static bool
overlap(struct search *search, uint32_t a, uint32_t b)
{
	uint64_t key = (uint64_t)a << 32 | (uint64_t)b << 1 | UINT64_C(1) << 63;
	uint64_t *slot = &search->memory[(a * 0x9e3779b1u + b) & (MEMORY - 1)];
	char example[WORD_EXAMPLE_MAX];

	if (a == b)
		return true;
	if ((*slot & ~UINT64_C(1)) != key)
		*slot = key | word_overlaps(search->policy->words.list[a],
					    search->policy->words.list[b], example,
					    sizeof(example));
	return (*slot & 1) != 0;
}

static uint32_t
hash_standing(const struct standing *standing)
{
	return words_hash((const char *)standing->taken, sizeof(standing->taken)) ^
	       standing->state * 0x9e3779b1u;
}

static bool
is_same(const struct pair *left, const struct pair *right)
{
	return left->a.state == right->a.state && left->b.state == right->b.state &&
	       memcmp(left->a.taken, right->a.taken, sizeof(left->a.taken)) == 0 &&
	       memcmp(left->b.taken, right->b.taken, sizeof(left->b.taken)) == 0;
}

static void
add_pair(struct search *search, const struct pair *pair)
{
	uint32_t at = (hash_standing(&pair->a) * 31 + hash_standing(&pair->b)) & (SLOTS - 1);

	for (; search->slots[at] != 0; at = (at + 1) & (SLOTS - 1))
		if (is_same(&search->pairs[search->slots[at] - 1], pair))
			return;
	if (search->count == search->pairs_max) {
		search->gave_up = true;
		return;
	}
	search->pairs[search->count] = *pair;
	search->pairs[search->count].slot = at;
	search->todo[search->todo_count++] = (uint32_t)search->count;
	search->slots[at] = (uint32_t)++search->count;
}

static void
begin(struct search *search, size_t pairs_max)
{
	struct pair first = { 0 };

	while (search->count > 0)
		search->slots[search->pairs[--search->count].slot] = 0;
	search->todo_first = search->todo_count = 0;
	search->pairs_max = pairs_max;
	search->gave_up = search->met = false;
	machine_begin(&search->a->machine, &first.a);
	machine_begin(&search->b->machine, &first.b);
	add_pair(search, &first);
}

/* What a set has taken says nothing any more once it is left; but it stays in
 * the standing. It is cleared when the set is entered, so that is only a matter
 * of looking at some pairs twice. */
static bool
see_b(void *ctx, const struct state *state, const struct standing *after)
{
	struct search *search = ctx;
	struct pair pair;

	if (state->kind == STATE_DONE) {
		search->met = search->met || search->a_ends;
		return search->met;
	}
	if (search->a_ends || !overlap(search, search->next_a->word, state->word))
		return false;
	pair = (struct pair){ .a = search->after_a,
			      .b = *after,
			      .from = (uint32_t)search->at,
			      .state_a = (uint32_t)(search->next_a - search->a->machine.states),
			      .state_b = (uint32_t)(state - search->b->machine.states) };
	pair.a.state = search->next_a->next;
	pair.b.state = state->next;
	add_pair(search, &pair);
	return search->gave_up;
}

static bool
see_a(void *ctx, const struct state *state, const struct standing *after)
{
	struct search *search = ctx;

	search->a_ends = state->kind == STATE_DONE;
	search->next_a = state;
	search->after_a = *after;
	return machine_look(&search->b->machine, &search->pairs[search->at].b, false, see_b,
			    search);
}

/* One argument, with quotes where a shell needs them. */
static void
print_argument(char *example, size_t size, const char *arg)
{
	size_t len = strlen(example);
	bool plain = *arg != '\0' && strpbrk(arg, " \t'\"\\$`&|;<>()*?[]#~!{}") == NULL;

	snprintf(example + len, size - len, "%s%s%s%s", len > 0 ? " " : "", plain ? "" : "'", arg,
		 plain ? "" : "'");
}

static void
print_example(const struct search *search, char *example, size_t size)
{
	size_t way[ARGUMENTS_MAX] = { 0 };
	size_t count = 0;
	char arg[WORD_EXAMPLE_MAX];

	example[0] = '\0';
	for (size_t at = search->at; at != 0; at = search->pairs[at].from) {
		if (count == ARGUMENTS_MAX)
			return;
		way[count++] = at;
	}
	while (count-- > 0) {
		const struct pair *pair = &search->pairs[way[count]];
		const struct state *a = &search->a->machine.states[pair->state_a];
		const struct state *b = &search->b->machine.states[pair->state_b];

		word_overlaps(search->policy->words.list[a->word],
			      search->policy->words.list[b->word], arg, sizeof(arg));
		print_argument(example, size, arg);
	}
}

/* A word that every argument list of `rule` holds, and that no word of the other
 * can be: then no search is needed. */
static bool
has_word_apart(struct search *search, const struct policy_rule *rule,
	       const struct policy_rule *other)
{
	for (size_t i = 0; i < rule->must_count; i++) {
		bool met = false;

		for (size_t k = 0; k < other->machine.state_count && !met; k++) {
			const struct state *state = &other->machine.states[k];

			met = state->kind == STATE_WORD &&
			      overlap(search, rule->must[i], state->word);
		}
		if (!met)
			return true;
	}
	return false;
}

/* In the order in which pairs were found, or from the last: the first finds the
 * shortest arguments, the second any. */
static void
walk(struct search *search, bool from_last)
{
	while (search->todo_first < search->todo_count && !search->gave_up) {
		search->at = from_last ? search->todo[--search->todo_count]
				       : search->todo[search->todo_first++];
		machine_look(&search->a->machine, &search->pairs[search->at].a, false, see_a,
			     search);
		if (search->met)
			return;
	}
}

/* Can both accept the same arguments? `example` gets such, as a shell would read
 * them; empty: none was found, but it could not be excluded either. */
static bool
rules_overlap(struct search *search, char *example, size_t size)
{
	example[0] = '\0';
	begin(search, PAIRS_SHORT_MAX);
	walk(search, false);
	if (search->gave_up) {
		if (has_word_apart(search, search->a, search->b) ||
		    has_word_apart(search, search->b, search->a))
			return false;
		begin(search, PAIRS_MAX);
		walk(search, true);
	}
	if (search->met)
		print_example(search, example, size);
	return search->met || search->gave_up;
}

/* Two Allow= lists that name only users, and none in common. */
static bool
serve_different(const struct source *a, const struct source *b)
{
	if (a == b || a->gid_count > 0 || b->gid_count > 0)
		return false;
	for (size_t i = 0; i < a->uid_count; i++)
		for (size_t k = 0; k < b->uid_count; k++)
			if (a->uids[i] == b->uids[k])
				return false;
	return true;
}

static bool
same_text(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool
same_list(const char *const *a, const char *const *b)
{
	size_t count = strv_count(a);

	if (count != strv_count(b))
		return false;
	for (size_t i = 0; i < count; i++)
		if (strcmp(a[i], b[i]) != 0)
			return false;
	return true;
}

static bool
same_passed(const struct policy_rule *a, const struct policy_rule *b)
{
	if (a->passed_count != b->passed_count)
		return false;
	for (size_t i = 0; i < a->passed_count; i++)
		if (strcmp(a->passed[i].name, b->passed[i].name) != 0 ||
		    !same_text(a->passed[i].text, b->passed[i].text))
			return false;
	return true;
}

/* What is done with an argument depends on the rule where it is a path. */
static bool
opens_paths(const struct policy_rule *rule)
{
	for (size_t i = 0; i < rule->capture_count; i++)
		if (rule->captures[i].base != NULL)
			return true;
	return false;
}

static bool
same_identity(const struct policy_settings *a, const struct policy_settings *b)
{
	return a->uid == b->uid && a->gid == b->gid && a->group_count == b->group_count &&
	       memcmp(a->groups, b->groups, a->group_count * sizeof(*a->groups)) == 0 &&
	       a->ambient == b->ambient && a->bounding == b->bounding &&
	       a->no_new_privileges == b->no_new_privileges;
}

static bool
same_run(const struct policy_settings *a, const struct policy_settings *b)
{
	return same_text(a->program, b->program) && same_list(a->environment, b->environment) &&
	       same_text(a->directory, b->directory) && same_list(a->limits, b->limits) &&
	       a->umask == b->umask && a->timeout_ms == b->timeout_ms &&
	       a->output_max_bytes == b->output_max_bytes && a->stdin_from == b->stdin_from &&
	       a->max_running == b->max_running && a->keep_tree == b->keep_tree &&
	       a->keep_in == b->keep_in && a->log_required == b->log_required;
}

static bool
mean_the_same(const struct policy_rule *a, const struct policy_rule *b)
{
	/* the process decides between signal rules: see policy_signal_next() */
	if (a->settings.signals != 0 || b->settings.signals != 0)
		return a->settings.signals != 0 && b->settings.signals != 0;
	if (!same_identity(&a->settings, &b->settings) || !same_run(&a->settings, &b->settings) ||
	    !same_passed(a, b) || !same_text(a->netns, b->netns) ||
	    a->settings.serves_foreign != b->settings.serves_foreign)
		return false;
	/* counted each by itself, and its arguments opened by its own words */
	return a->settings.max_running == 0 && !opens_paths(a) && !opens_paths(b) &&
	       a->settings.assigned_count == 0 && b->settings.assigned_count == 0 &&
	       (a->netns_capture < 0 || same_text(a->prefix, b->prefix));
}

static bool
prefers(const struct policy *policy, const struct policy_rule *a, const struct policy_rule *b)
{
	for (const char *const *name = a->prefer; name != NULL && *name != NULL; name++)
		if (resolve_rule(policy, a, *name, strlen(*name)) == b)
			return true;
	return false;
}

static void
tell(const struct policy_rule *a, const struct policy_rule *b, const char *example,
     struct found *found)
{
	if (example[0] != '\0')
		rule_fatal(found, b,
			   "%s: takes what %s (%s:%u) takes, with other settings and without "
			   "Prefer=, as in: %s",
			   b->name, a->name, a->source->file, a->line, example);
	else
		rule_fatal(found, b,
			   "%s: cannot be told from %s (%s:%u), which has other settings: say "
			   "which by Prefer=",
			   b->name, a->name, a->source->file, a->line);
}

static void
check_pair(struct search *search, const struct policy_rule *a, const struct policy_rule *b,
	   struct found *found)
{
	char example[700];

	if (a->inert || b->inert || serve_different(a->source, b->source) || mean_the_same(a, b))
		return;
	search->a = a;
	search->b = b;
	if (rules_overlap(search, example, sizeof(example)) && !prefers(search->policy, a, b) &&
	    !prefers(search->policy, b, a))
		tell(a->number < b->number ? a : b, a->number < b->number ? b : a, example, found);
}

void
clash_check(struct policy *policy, const struct family *family, struct found *found)
{
	auto_free struct pair *pairs = calloc(PAIRS_MAX, sizeof(*pairs));
	auto_free uint32_t *slots = calloc(SLOTS, sizeof(*slots));
	auto_free uint32_t *todo = calloc(PAIRS_MAX, sizeof(*todo));
	auto_free uint64_t *memory = calloc(MEMORY, sizeof(*memory));
	struct search search = {
		.policy = policy, .pairs = pairs, .slots = slots, .todo = todo, .memory = memory
	};

	if (pairs == NULL || slots == NULL || todo == NULL || memory == NULL) {
		found->no_memory = true;
		return;
	}
	for (size_t i = 0; i < family->rule_count; i++)
		for (size_t k = i + 1; k < family->rule_count; k++)
			check_pair(&search, family->rules[i], family->rules[k], found);
}
