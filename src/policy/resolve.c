#include "policy/resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "base/strv.h"
#include "policy/capability.h"
#include "writ/error.h"

enum { BASE_VARIABLES = 4, PREFER_DEPTH_MAX = 1000 };

#define PATH_DEFAULT "/usr/sbin:/usr/bin:/sbin:/bin"

struct resolving {
	struct policy *policy;
	const struct policy_names *names;
	struct found *found;
};

static const char *
code_text(int r)
{
	return r == WRIT_E_NOT_FOUND ? "is not known" : "could not be looked up";
}

/* A number needs nobody to know it. */
static int
find_uid(const struct resolving *resolving, const char *name, uint32_t *ret_uid)
{
	struct policy_user user;
	uint64_t number;
	int r;

	if (num_parse(name, UINT32_MAX - 1, &number)) {
		*ret_uid = (uint32_t)number;
		return 0;
	}
	r = resolving->names->user(resolving->names->ctx, name, &user);
	if (r == 0)
		*ret_uid = user.uid;
	return r;
}

static int
find_gid(const struct resolving *resolving, const char *name, uint32_t *ret_gid)
{
	uint64_t number;

	if (num_parse(name, UINT32_MAX - 1, &number)) {
		*ret_gid = (uint32_t)number;
		return 0;
	}
	return resolving->names->group(resolving->names->ctx, name, ret_gid);
}

typedef int (*find_id)(const struct resolving *resolving, const char *name, uint32_t *ret_id);

/* The numbers of those names of Allow= that are known. */
static void
resolve_list(const struct resolving *resolving, const struct source *source,
	     const char *const *names, find_id find, uint32_t **ret_ids, size_t *ret_count)
{
	uint32_t *ids = arena_take(&resolving->policy->arena, strv_count(names) + 1, sizeof(*ids));
	size_t count = 0;

	if (ids == NULL) {
		resolving->found->no_memory = true;
		return;
	}
	for (; names != NULL && *names != NULL; names++) {
		int r = find(resolving, *names, &ids[count]);

		if (r < 0)
			found_warning(resolving->found, source->file, source->line,
				      "Allow=: serves nobody by this name: %s %s", *names,
				      code_text(r));
		else if (ids[count] == POLICY_UID_OVERFLOW)
			found_warning(resolving->found, source->file, source->line,
				      "Allow=: serves nobody by this name: %s is whom the kernel "
				      "shows for those it cannot name",
				      *names);
		else
			count++;
	}
	*ret_ids = ids;
	*ret_count = count;
}

static const char *
variable(const struct resolving *resolving, const char *name, const char *value)
{
	size_t len = strlen(name) + strlen(value) + 1;
	char *text = arena_take(&resolving->policy->arena, len + 1, 1);

	if (text == NULL)
		resolving->found->no_memory = true;
	else
		snprintf(text, len + 1, "%s=%s", name, value);
	return text;
}

static bool
sets(const char *const *list, const char *variable_text)
{
	size_t len = strcspn(variable_text, "=") + 1;

	for (; *list != NULL; list++)
		if (strncmp(*list, variable_text, len) == 0)
			return true;
	return false;
}

/* Does the variable come from the peer, passed or as a capture? */
static bool
passes(const struct policy_rule *rule, const char *variable_text)
{
	const struct policy_settings *set = &rule->settings;
	size_t len = strcspn(variable_text, "=");

	for (size_t i = 0; i < set->assigned_count; i++)
		if (strlen(set->assigned[i].name) == len &&
		    memcmp(set->assigned[i].name, variable_text, len) == 0)
			return true;

	for (size_t i = 0; i < rule->passed_count; i++)
		if (strlen(rule->passed[i].name) == len &&
		    memcmp(rule->passed[i].name, variable_text, len) == 0)
			return true;
	return false;
}

/* PATH, HOME, USER, LOGNAME, unless the rule sets or passes them. */
static void
resolve_environment(const struct resolving *resolving, struct policy_rule *rule,
		    const struct policy_user *user)
{
	const char *base[BASE_VARIABLES] = {
		variable(resolving, "PATH", PATH_DEFAULT),
		variable(resolving, "HOME", user->home),
		variable(resolving, "USER", user->name),
		variable(resolving, "LOGNAME", user->name),
	};
	const char *const *own = rule->settings.environment;
	size_t count = strv_count(own);
	struct arena *arena = &resolving->policy->arena;
	const char **list = arena_take(arena, count + BASE_VARIABLES + 1, sizeof(*list));
	const char **passed = arena_take(arena, rule->passed_count + 1, sizeof(*passed));

	if (list == NULL || passed == NULL || resolving->found->no_memory) {
		resolving->found->no_memory = true;
		return;
	}
	memcpy(list, own, count * sizeof(*list));
	for (int i = 0; i < BASE_VARIABLES; i++)
		if (!sets(own, base[i]) && !passes(rule, base[i]))
			list[count++] = base[i];
	for (size_t i = 0; i < rule->passed_count; i++)
		passed[i] = rule->passed[i].name;
	rule->settings.environment = list;
	rule->settings.passed = passed;
}

/* Those of the user, or exactly those that are written. 0 or the code of the
 * first that is not known, then in `*ret_name`. */
static int
resolve_groups(const struct resolving *resolving, struct policy_rule *rule,
	       const struct policy_user *user, const char **ret_name)
{
	size_t count =
		rule->supplementary != NULL ? strv_count(rule->supplementary) : user->group_count;
	uint32_t *groups = arena_take(&resolving->policy->arena, count + 1, sizeof(*groups));
	int r = 0;

	if (groups == NULL)
		return WRIT_E_NOMEM;
	for (size_t i = 0; i < count && r == 0; i++) {
		*ret_name = rule->supplementary != NULL ? rule->supplementary[i] : "";
		if (rule->supplementary == NULL)
			groups[i] = user->groups[i];
		else
			r = find_gid(resolving, rule->supplementary[i], &groups[i]);
	}
	rule->settings.groups = groups;
	rule->settings.group_count = count;
	return r;
}

static void
resolve_identity(const struct resolving *resolving, struct policy_rule *rule)
{
	struct policy_settings *set = &rule->settings;
	const char *name = set->user;
	struct policy_user user = { 0 };
	int r = resolving->names->user(resolving->names->ctx, name, &user);

	if (r == 0) {
		set->uid = user.uid;
		set->gid = user.gid;
		resolve_environment(resolving, rule, &user);
		r = resolve_groups(resolving, rule, &user, &name);
	}
	if (r == 0 && rule->group != NULL) {
		name = rule->group;
		r = find_gid(resolving, name, &set->gid);
	}
	if (r == WRIT_E_NOMEM)
		resolving->found->no_memory = true;
	else if (r < 0)
		rule_warning(resolving->found, rule, "%s is inert: %s %s", rule->name, name,
			     code_text(r));
	rule->inert = r < 0;
	/* nothing can be gained that was not given */
	if (set->bounding == 0 && !rule->has_bounding)
		set->bounding = set->uid == 0 ? CAPABILITY_ALL : set->ambient;
}

/* Many rules start the same program: it is looked at once. */
static void
resolve_program(const struct resolving *resolving, struct policy_rule *rule,
		const struct policy_rule *before)
{
	const char *program = rule->settings.program;
	char why[320] = "";

	if (resolving->names->program == NULL)
		return;
	if (before != NULL && strcmp(before->settings.program, program) == 0) {
		rule->inert = rule->inert || before->no_program;
		rule->no_program = before->no_program;
		return;
	}
	if (resolving->names->program(resolving->names->ctx, program, why) == 0)
		return;
	rule_warning(resolving->found, rule, "%s and what else runs it are inert: %s: %s",
		     rule->name, program, why);
	rule->inert = rule->no_program = true;
}

/* The rule before it that starts the same program. */
static const struct policy_rule *
same_program(const struct policy *policy, size_t at)
{
	const char *program = policy->rules[at]->settings.program;

	for (size_t i = at; i-- > 0;)
		if (policy->rules[i]->settings.program != NULL &&
		    strcmp(policy->rules[i]->settings.program, program) == 0)
			return policy->rules[i];
	return NULL;
}

void
resolve_names(struct policy *policy, const struct policy_names *names, struct found *found)
{
	struct resolving resolving = { policy, names, found };

	for (struct source *source = policy->sources; source != NULL; source = source->next) {
		resolve_list(&resolving, source, source->users, find_uid, &source->uids,
			     &source->uid_count);
		resolve_list(&resolving, source, source->groups, find_gid, &source->gids,
			     &source->gid_count);
	}
	for (size_t i = 0; i < policy->rule_count; i++) {
		struct policy_rule *rule = policy->rules[i];

		if (rule->settings.program == NULL)
			continue;
		resolve_identity(&resolving, rule);
		if (names->program != NULL)
			resolve_program(&resolving, rule, same_program(policy, i));
	}
}

struct policy_rule *
resolve_rule(const struct policy *policy, const struct policy_rule *rule, const char *name,
	     size_t len)
{
	const char *own = strrchr(rule->name, '/');
	size_t file_len = own != NULL ? (size_t)(own - rule->name) + 1 : 0;

	for (size_t i = 0; i < policy->rule_count; i++) {
		const char *other = policy->rules[i]->name;

		if (strlen(other) == len && memcmp(other, name, len) == 0)
			return policy->rules[i];
		if (strlen(other) == file_len + len && memcmp(other, rule->name, file_len) == 0 &&
		    memcmp(other + file_len, name, len) == 0)
			return policy->rules[i];
	}
	return NULL;
}

static void
resolve_targets(struct policy *policy, struct policy_rule *rule, struct found *found)
{
	size_t count = strv_count(rule->target_texts);
	struct policy_target *targets = arena_take(&policy->arena, count + 1, sizeof(*targets));

	if (targets == NULL) {
		found->no_memory = true;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		const char *text = rule->target_texts[i];
		size_t len = strlen(text);

		if (text[0] == '/') {
			targets[i].program = text;
			continue;
		}
		targets[i].rule = resolve_rule(policy, rule, text + 4, len - 5);
		if (targets[i].rule == NULL || targets[i].rule->settings.program == NULL)
			rule_fatal(found, rule,
				   "Target=: no rule of that name starts a program: %s", text);
	}
	rule->settings.targets = targets;
	rule->settings.target_count = count;
}

/* Depth first: a rule comes behind all that are preferred to it. */
enum mark {
	UNSEEN,
	ON_THE_WAY,
	RANKED,
};

struct ranking {
	struct policy *policy;
	struct found *found;
	uint8_t *marks;
	int depth;
	uint32_t next; /* given from the last to the first */
};

static void
rank_rule(struct ranking *ranking, struct policy_rule *rule)
{
	ranking->marks[rule->number] = ON_THE_WAY;
	if (++ranking->depth > PREFER_DEPTH_MAX)
		rule_fatal(ranking->found, rule, "Prefer=: a chain of more than %d",
			   PREFER_DEPTH_MAX);
	for (const char *const *name = rule->prefer; name != NULL && *name != NULL; name++) {
		struct policy_rule *other =
			resolve_rule(ranking->policy, rule, *name, strlen(*name));

		if (other == NULL)
			rule_fatal(ranking->found, rule, "Prefer=: no such rule: %s", *name);
		else if (ranking->marks[other->number] == ON_THE_WAY)
			rule_fatal(ranking->found, rule, "Prefer=: goes in a circle: %s", *name);
		else if (ranking->marks[other->number] == UNSEEN &&
			 ranking->depth <= PREFER_DEPTH_MAX)
			rank_rule(ranking, other);
	}
	ranking->depth--;
	ranking->marks[rule->number] = RANKED;
	rule->rank = --ranking->next;
}

void
resolve_rules(struct policy *policy, struct found *found)
{
	auto_free uint8_t *marks = calloc(policy->rule_count + 1, 1);
	struct ranking ranking = { policy, found, marks, 0, (uint32_t)policy->rule_count };

	if (marks == NULL) {
		found->no_memory = true;
		return;
	}
	/* from the last, so that without any Prefer= the order is that of the files */
	for (size_t i = policy->rule_count; i-- > 0;) {
		if (policy->rules[i]->target_texts != NULL)
			resolve_targets(policy, policy->rules[i], found);
		if (marks[i] == UNSEEN)
			rank_rule(&ranking, policy->rules[i]);
	}
}
