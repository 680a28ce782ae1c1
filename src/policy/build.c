#include "policy/build.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "policy/path.h"
#include "policy/sending.h"
#include "policy/unique.h"
#include "writ/error.h"

/* What is read of one rule, and where a fault of it is told. */
struct build {
	struct policy *policy;
	struct policy_rule *rule;
	struct found *found;
	struct usage_names names;
};

/* A text that could not be read. */
static void
tell(struct build *build, const char *key, int r, const char *why)
{
	if (r == WRIT_E_NOMEM)
		build->found->no_memory = true;
	else
		found_fatal(build->found, build->rule->source->file,
			    strcmp(key, "Exec") == 0 ? build->rule->exec_line : build->rule->line,
			    "%s=: %s", key, why);
}

static bool
read_usage(struct build *build, const char *key, const char *text, struct usage **ret_usage)
{
	char why[USAGE_WHY_MAX];
	int r = usage_parse(text, strcmp(key, "Exec") == 0, &build->policy->arena,
			    &build->policy->words, &build->names, ret_usage, why);

	if (r < 0)
		tell(build, key, r, why);
	return r == 0;
}

static const struct word *
literal_of(const struct build *build, const struct usage *usage)
{
	const struct word *word;

	if (usage->kind != USAGE_WORD)
		return NULL;
	word = build->policy->words.list[usage->word];
	return word->kind == WORD_PATTERN ? NULL : word;
}

/* What a request must begin with, so that its rules are found at once. */
static const struct word *
first_word(const struct build *build, const struct usage *usage)
{
	while (usage->kind == USAGE_SEQUENCE)
		usage = usage->first;
	return literal_of(build, usage);
}

/* How many literal words this is; 0: something else is among them. */
static size_t
count_literals(const struct build *build, const struct usage *usage)
{
	size_t count = 0;

	if (usage->kind != USAGE_SEQUENCE)
		return literal_of(build, usage) != NULL;
	for (const struct usage *inner = usage->first; inner != NULL; inner = inner->next) {
		if (literal_of(build, inner) == NULL)
			return 0;
		count++;
	}
	return count;
}

/* The forms of kill(1) that name one of the signals: "-9", "-KILL", "-s KILL".
 * Without any, TERM is meant. */
static void
write_signal_forms(uint64_t signals, struct buf *text)
{
	bool optional = (signals >> (sending_number("TERM") - 1) & 1) != 0;
	const char *bar = "";

	buf_add_text(text, optional ? "[" : "(");
	for (int word = 0; word < 2; word++) {
		const char *before = word == 0 ? "-" : "";

		for (int signal = 1; signal < 64; signal++) {
			const char *name = sending_name(signal);

			if ((signals >> (signal - 1) & 1) == 0 || name == NULL)
				continue;
			buf_printf(text, "%s%s%d|%s%s|%sSIG%s", bar, before, signal, before, name,
				   before, name);
			bar = "|";
		}
		if (word == 0)
			buf_add_text(text, "|-s (");
		bar = "";
	}
	buf_add_text(text, optional ? ")]" : "))");
}

static bool
read_signal(struct build *build, struct usage **ret_usage)
{
	struct policy_rule *rule = build->rule;
	auto_buf text = { 0 };
	struct usage *sequence = arena_take(&build->policy->arena, 1, sizeof(*sequence));
	struct usage *pid;

	write_signal_forms(rule->settings.signals, &text);
	if (sequence == NULL || text.failed) {
		build->found->no_memory = true;
		return false;
	}
	if (!read_usage(build, "Signal", text.data, &sequence->first))
		return false;
	if (usage_pid(&build->policy->arena, &build->policy->words, &build->names, &pid) < 0) {
		build->found->no_memory = true;
		return false;
	}
	sequence->kind = USAGE_SEQUENCE;
	sequence->first->next = pid;
	*ret_usage = sequence;
	return true;
}

/* {name}: a capture that is there in every request. */
static void
find_netns(struct build *build)
{
	struct policy_rule *rule = build->rule;
	size_t len;

	rule->netns_capture = -1;
	if (rule->netns == NULL || rule->netns[0] != '{')
		return;
	len = strlen(rule->netns);
	for (size_t i = 0; i < rule->capture_count; i++) {
		const struct usage_capture *capture = &rule->captures[i];

		if (strlen(capture->name) + 2 != len || rule->netns[len - 1] != '}' ||
		    strncmp(capture->name, rule->netns + 1, len - 2) != 0)
			continue;
		if (capture->type != POLICY_NETNS || !capture->always)
			rule_fatal(build->found, rule,
				   "NetworkNamespace=: %s is not a netns that every request names",
				   rule->netns);
		rule->netns_capture = (int)i;
		return;
	}
	rule_fatal(build->found, rule, "NetworkNamespace=: there is no capture %s", rule->netns);
}

/* Environment=NAME={capture} */
static void
check_assigned(struct build *build)
{
	const struct policy_settings *set = &build->rule->settings;

	for (size_t i = 0; i < set->assigned_count; i++) {
		bool found = false;

		for (size_t k = 0; k < build->rule->capture_count; k++) {
			const struct usage_capture *capture = &build->rule->captures[k];

			found = found || (strcmp(capture->name, set->assigned[i].capture) == 0 &&
					  capture->always && capture->base == NULL);
		}
		if (!found)
			rule_fatal(build->found, build->rule,
				   "Environment=: {%s} is no capture that every request names",
				   set->assigned[i].capture);
	}
}

static bool
keep_captures(struct build *build)
{
	struct usage_capture *copy =
		arena_take(&build->policy->arena, build->names.count + 1, sizeof(*copy));

	if (copy == NULL) {
		build->found->no_memory = true;
		return false;
	}
	memcpy(copy, build->names.list, build->names.count * sizeof(*copy));
	build->rule->captures = copy;
	build->rule->capture_count = build->names.count;
	return true;
}

/* The first word's last component; of a signal rule the words before its own. */
static bool
find_key(struct build *build, const struct usage *first, bool is_signal)
{
	struct policy_rule *rule = build->rule;
	const struct word *word = first_word(build, first);

	rule->prefix_words = is_signal ? count_literals(build, first) : 0;
	if (word == NULL || word->len == 0 || (is_signal && rule->prefix_words == 0)) {
		rule_fatal(build->found, rule, "CallerPrefix=: %s",
			   is_signal ? "a signal rule's is literal"
				     : "its first word is literal: by that its rules are found");
		return false;
	}
	return rule_keep(build->policy, build->found, path_name(word->text), &rule->key);
}

/* The words that no arguments can do without. */
static void
gather_must(const struct usage *usage, uint32_t *must, size_t *count)
{
	if (usage->kind == USAGE_WORD)
		must[(*count)++] = usage->word;
	if (usage->kind == USAGE_OPTIONAL || usage->kind == USAGE_ONE_OF)
		return;
	for (const struct usage *inner = usage->first; inner != NULL; inner = inner->next)
		gather_must(inner, must, count);
}

static void
keep_must(struct build *build, const struct usage *prefix, const struct usage *usage)
{
	uint32_t *must = arena_take(&build->policy->arena, build->names.words + 1, sizeof(*must));

	if (must == NULL) {
		build->found->no_memory = true;
		return;
	}
	gather_must(usage, must, &build->rule->must_count);
	if (prefix != NULL)
		gather_must(prefix, must, &build->rule->must_count);
	build->rule->must = must;
}

void
build_rule(struct policy *policy, struct policy_rule *rule, struct found *found)
{
	struct build build = { .policy = policy, .rule = rule, .found = found };
	bool is_signal = rule->settings.signals != 0;
	const char *prefix_text = is_signal && rule->prefix == NULL ? "kill" : rule->prefix;
	struct usage *prefix = NULL;
	struct usage *usage = NULL;
	char why[USAGE_WHY_MAX];
	int r;

	rule->netns_capture = -1;
	if (!is_signal && rule->exec == NULL)
		return; /* has been told */
	if (prefix_text != NULL && !read_usage(&build, "CallerPrefix", prefix_text, &prefix))
		return;
	if (is_signal ? !read_signal(&build, &usage)
		      : !read_usage(&build, "Exec", rule->exec, &usage))
		return;
	if (!keep_captures(&build) || !find_key(&build, prefix != NULL ? prefix : usage, is_signal))
		return;
	if (!is_signal)
		rule->settings.program = first_word(&build, usage)->text;
	find_netns(&build);
	check_assigned(&build);
	keep_must(&build, prefix, usage);
	r = machine_compile(prefix, usage, &policy->arena, &policy->classes, &rule->machine, why);
	if (r == 0)
		r = unique_check(&rule->machine, &policy->words, why);
	if (r < 0)
		tell(&build, is_signal ? "CallerPrefix" : "Exec", r, why);
}
