#include "policy/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/build.h"
#include "policy/bytes.h"
#include "policy/clash.h"
#include "policy/joint.h"
#include "policy/lines.h"
#include "policy/path.h"
#include "policy/resolve.h"
#include "policy/setting.h"
#include "writ/error.h"

enum { JOINT_RULES_MIN = 4 }; /* fewer are asked as fast one by one */

#define SUFFIX ".policy"

struct policy *
policy_new(void)
{
	return calloc(1, sizeof(struct policy));
}

struct policy *
policy_free(struct policy *policy)
{
	if (policy == NULL)
		return NULL;
	for (size_t i = 0; i < policy->rule_count; i++)
		for (size_t k = 0; k < policy->rules[i]->passed_count; k++)
			type_done(&policy->rules[i]->passed[k].type);
	words_done(&policy->words);
	classes_done(&policy->classes);
	arena_done(&policy->arena);
	free(policy->rules);
	free(policy->families);
	free(policy);
	return NULL;
}

static bool
is_rule_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len > POLICY_NAME_MAX || !byte_is(BYTE_ALNUM, name[0]))
		return false;
	return bytes_are(name, len, BYTE_NAME);
}

/* "neutron/link-set" of "/etc/writ/policy.d/neutron.policy" */
static const char *
full_name(struct policy *policy, const char *file, const char *name)
{
	const char *stem = path_name(file);
	size_t len = strlen(stem);
	size_t suffix = sizeof(SUFFIX) - 1;
	size_t size;
	char *full;

	if (len > suffix && strcmp(stem + len - suffix, SUFFIX) == 0)
		len -= suffix;
	size = len + strlen(name) + 2;
	full = arena_take(&policy->arena, size, 1);
	if (full != NULL)
		snprintf(full, size, "%.*s/%s", (int)len, stem, name);
	return full;
}

static bool
has_rule(const struct policy *policy, const struct source *source, const char *full)
{
	uint32_t hash = words_hash(full, strlen(full));

	for (size_t i = policy->rule_count; i-- > 0 && policy->rules[i]->source == source;)
		if (policy->rules[i]->name_hash == hash && strcmp(policy->rules[i]->name, full) == 0)
			return true;
	return false;
}

static bool
add_to_rules(struct policy *policy, struct policy_rule *rule)
{
	if (policy->rule_count == policy->rule_size) {
		size_t size = policy->rule_size == 0 ? 64 : 2 * policy->rule_size;
		struct policy_rule **rules = realloc(policy->rules, size * sizeof(rule));

		if (rules == NULL)
			return false;
		policy->rules = rules;
		policy->rule_size = size;
	}
	rule->number = (uint32_t)policy->rule_count;
	policy->rules[policy->rule_count++] = rule;
	return true;
}

/* Begins a rule; without one to put settings into, those of a wrong section are
 * skipped. */
static void
begin_rule(struct reading *reading, const char *name)
{
	struct policy *policy = reading->policy;
	struct policy_rule *rule = arena_take(&policy->arena, 1, sizeof(*rule));
	const char *full = full_name(policy, reading->file, name);

	if (rule == NULL || full == NULL) {
		reading->found->no_memory = true;
		return;
	}
	if (has_rule(policy, reading->source, full))
		found_fatal(reading->found, reading->file, reading->line,
			    "[Command %s]: the name is taken in this file", name);
	if (policy->rule_count == POLICY_RULES_MAX) {
		found_fatal(reading->found, reading->file, reading->line,
			    "[Command %s]: more than %d rules", name, POLICY_RULES_MAX);
		return;
	}
	rule->name = full;
	rule->name_hash = words_hash(full, strlen(full));
	rule->source = reading->source;
	rule->line = reading->line;
	if (!add_to_rules(policy, rule)) {
		reading->found->no_memory = true;
		return;
	}
	reading->source->rule_count++;
	reading->rule = rule;
}

enum in {
	IN_NOTHING,
	IN_WRONG,
	IN_SOURCE,
	IN_RULE,
};

static void
end_section(struct reading *reading, int in)
{
	if (in == IN_SOURCE)
		setting_end_source(reading);
	if (in == IN_RULE && reading->rule != NULL) {
		setting_end_rule(reading);
		build_rule(reading->policy, reading->rule, reading->found);
	}
	reading->rule = NULL;
	reading->keys = 0;
}

static int
begin_section(struct reading *reading, const char *name, bool is_first)
{
	bool is_source = strcmp(name, "Policy") == 0;
	bool is_rule = strncmp(name, "Command ", 8) == 0 && is_rule_name(name + 8);

	if (is_first != is_source) {
		found_fatal(reading->found, reading->file, reading->line,
			    is_first ? "[%.80s]: a file begins with [Policy]"
				     : "[%.80s]: a second one in this file",
			    name);
		return IN_WRONG;
	}
	if (is_source)
		return IN_SOURCE;
	if (!is_rule) {
		found_fatal(
			reading->found, reading->file, reading->line,
			"[%.80s]: neither [Policy] nor [Command NAME], a NAME of letters, digits "
			"and . _ + @ -",
			name);
		return IN_WRONG;
	}
	begin_rule(reading, name + 8);
	return reading->rule != NULL ? IN_RULE : IN_WRONG;
}

static void
read_lines(struct reading *reading, struct lines *lines)
{
	int in = IN_NOTHING;
	struct line line;

	for (lines_next(lines, &line); line.kind != LINE_END; lines_next(lines, &line)) {
		unsigned number = line.number;

		if (line.kind == LINE_SECTION) {
			end_section(reading, in);
			reading->line = number;
			in = begin_section(reading, line.name, in == IN_NOTHING);
			continue;
		}
		reading->line = number;
		if (line.kind == LINE_WRONG)
			found_fatal(reading->found, reading->file, number, "not understood: %s",
				    line.why);
		else if (in == IN_NOTHING)
			found_fatal(reading->found, reading->file, number,
				    "%.80s=: before any section", line.name);
		else if (in != IN_WRONG)
			setting_take(reading, line.name, line.value);
	}
	end_section(reading, in);
}

static struct source *
add_source(struct policy *policy, const char *file)
{
	struct source *source = arena_take(&policy->arena, 1, sizeof(*source));
	struct source **end = &policy->sources;

	if (source == NULL)
		return NULL;
	source->file = arena_text(&policy->arena, file, strlen(file));
	if (source->file == NULL)
		return NULL;
	while (*end != NULL)
		end = &(*end)->next;
	*end = source;
	policy->file_count++;
	return source;
}

int
policy_add(struct policy *policy, const char *file, const char *text, size_t len,
	   const struct policy_ear *ear)
{
	struct found found = { .ear = ear };
	struct reading reading = { .policy = policy, .found = &found };
	struct lines lines;

	if (policy->sealed || policy->broken)
		return WRIT_E_STATE;
	policy->broken = true; /* until all has gone well */
	if (len > POLICY_FILE_BYTES_MAX || policy->file_count == POLICY_FILES_MAX) {
		found_fatal(&found, file, 0, "too much: at most %d files of 4 MiB",
			    POLICY_FILES_MAX);
		return WRIT_E_LIMIT;
	}
	reading.source = add_source(policy, file);
	if (reading.source == NULL || !lines_init(&lines, text, len))
		return WRIT_E_NOMEM;
	reading.file = reading.source->file;
	read_lines(&reading, &lines);
	lines_done(&lines);
	policy->broken = found_code(&found) != 0;
	return found_code(&found);
}

static int
compare_ranks(const void *left, const void *right)
{
	const struct policy_rule *a = *(struct policy_rule *const *)left;
	const struct policy_rule *b = *(struct policy_rule *const *)right;

	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

/* The slot of a key: its family's, or an empty one. */
static struct family *
find_slot(struct policy *policy, const char *key, uint32_t hash)
{
	size_t at = hash & (policy->family_size - 1);

	while (policy->families[at].key != NULL &&
	       (policy->families[at].hash != hash || strcmp(policy->families[at].key, key) != 0))
		at = (at + 1) & (policy->family_size - 1);
	return &policy->families[at];
}

/* Sorts the rules into families: first counts them, then fills the lists. */
static bool
make_families(struct policy *policy)
{
	size_t size = 16;

	while (size < 2 * policy->rule_count)
		size *= 2;
	policy->families = calloc(size, sizeof(*policy->families));
	if (policy->families == NULL)
		return false;
	policy->family_size = size;
	for (size_t i = 0; i < policy->rule_count; i++) {
		const char *key = policy->rules[i]->key;
		uint32_t hash = words_hash(key, strlen(key));
		struct family *family = find_slot(policy, key, hash);

		family->key = key;
		family->hash = hash;
		family->rule_count++;
	}
	for (size_t i = 0; i < size; i++) {
		struct family *family = &policy->families[i];

		family->rules = arena_take(&policy->arena, family->rule_count,
					   sizeof(struct policy_rule *));
		if (family->rules == NULL)
			return false;
		family->rule_count = 0;
	}
	for (size_t i = 0; i < policy->rule_count; i++) {
		struct policy_rule *rule = policy->rules[i];
		struct family *family =
			find_slot(policy, rule->key, words_hash(rule->key, strlen(rule->key)));

		family->rules[family->rule_count++] = rule;
	}
	return true;
}

static void
finish_family(struct policy *policy, struct family *family, struct found *found)
{
	if (family->rule_count > POLICY_RULES_PROGRAM_MAX) {
		rule_fatal(found, family->rules[0], "more than %d rules for '%s'",
			   POLICY_RULES_PROGRAM_MAX, family->key);
		return;
	}
	qsort(family->rules, family->rule_count, sizeof(struct policy_rule *), compare_ranks);
	if (family->rule_count > 1)
		clash_check(policy, family, found);
	if (family->rule_count >= JOINT_RULES_MIN && found_code(found) == 0)
		family->joint = joint_new(policy, family, found);
}

int
policy_seal(struct policy *policy, const struct policy_names *names, const struct policy_ear *ear)
{
	struct found found = { .ear = ear };

	if (policy->sealed || policy->broken)
		return WRIT_E_STATE;
	policy->broken = true;
	resolve_names(policy, names, &found);
	resolve_rules(policy, &found);
	if (found_code(&found) != 0)
		return found_code(&found);
	if (!make_families(policy))
		return WRIT_E_NOMEM;
	for (size_t i = 0; i < policy->family_size; i++)
		if (policy->families[i].rule_count > 0)
			finish_family(policy, &policy->families[i], &found);
	if (found_code(&found) != 0)
		return found_code(&found);
	classes_done(&policy->classes); /* only to make it */
	policy->broken = false;
	policy->sealed = true;
	return 0;
}

size_t
policy_rule_count(const struct policy *policy)
{
	return policy->rule_count;
}

const struct policy_rule *
policy_rule_at(const struct policy *policy, size_t index)
{
	return index < policy->rule_count ? policy->rules[index] : NULL;
}

const struct policy_rule *
policy_rule_find(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->rule_count; i++)
		if (strcmp(policy->rules[i]->name, name) == 0)
			return policy->rules[i];
	return NULL;
}

const char *
policy_rule_name(const struct policy_rule *rule)
{
	return rule->name;
}

const char *
policy_rule_file(const struct policy_rule *rule)
{
	return rule->source->file;
}

unsigned
policy_rule_line(const struct policy_rule *rule)
{
	return rule->line;
}

const char *
policy_rule_exec(const struct policy_rule *rule)
{
	return rule->exec;
}

const char *
policy_rule_prefix(const struct policy_rule *rule)
{
	return rule->prefix;
}

bool
policy_rule_is_inert(const struct policy_rule *rule)
{
	return rule->inert;
}

const struct policy_settings *
policy_rule_settings(const struct policy_rule *rule)
{
	return &rule->settings;
}
