#include "policy/rule.h"

#include <stdlib.h>
#include <string.h>

#include "policy/path.h"

bool
rule_keep(struct policy *policy, struct found *found, const char *text, const char **ret_text)
{
	*ret_text = arena_text(&policy->arena, text, strlen(text));
	if (*ret_text == NULL)
		found->no_memory = true;
	return *ret_text != NULL;
}

const struct family *
family_find(const struct policy *policy, const char *program)
{
	const char *key = path_name(program);
	uint32_t hash = words_hash(key, strlen(key));
	size_t mask = policy->family_size - 1;

	if (policy->family_size == 0)
		return NULL;
	for (size_t at = hash & mask; policy->families[at].key != NULL; at = (at + 1) & mask)
		if (policy->families[at].hash == hash && strcmp(policy->families[at].key, key) == 0)
			return &policy->families[at];
	return NULL;
}

static bool
holds(const uint32_t *list, size_t count, uint32_t id)
{
	for (size_t i = 0; i < count; i++)
		if (list[i] == id)
			return true;
	return false;
}

bool
source_serves(const struct source *source, const struct policy_peer *peer)
{
	/* nobody: whom the kernel cannot name, and the value that means no change */
	if (peer->uid == POLICY_UID_OVERFLOW || peer->uid == UINT32_MAX)
		return false;
	if (holds(source->uids, source->uid_count, peer->uid) ||
	    holds(source->gids, source->gid_count, peer->gid))
		return true;
	for (size_t i = 0; i < source->gid_count; i++)
		if (holds(peer->groups, peer->group_count, source->gids[i]))
			return true;
	return false;
}
