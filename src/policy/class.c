#include "policy/class.h"

#include <stdlib.h>

static size_t
hash_key(const struct class_key *key)
{
	uint32_t hash = key->kind * 0x9e3779b1u ^ key->first;

	hash = hash * 0x85ebca6bu ^ key->second;
	hash = (hash ^ hash >> 15) * 0xc2b2ae35u;
	return hash ^ hash >> 13;
}

static void
put(struct classes *classes, uint32_t number)
{
	size_t mask = 2 * classes->size - 1;
	size_t at = hash_key(&classes->keys[number - 1]) & mask;

	while (classes->slots[at] != 0)
		at = (at + 1) & mask;
	classes->slots[at] = number;
}

static bool
grow(struct classes *classes)
{
	size_t size = classes->size == 0 ? 256 : 2 * classes->size;
	struct class_key *keys;

	if (classes->count < classes->size)
		return true;
	keys = realloc(classes->keys, size * sizeof(*keys));
	if (keys == NULL)
		return false;
	classes->keys = keys;
	free(classes->slots);
	classes->slots = calloc(2 * size, sizeof(*classes->slots));
	if (classes->slots == NULL)
		return false;
	classes->size = size;
	for (size_t i = 0; i < classes->count; i++)
		put(classes, (uint32_t)i + 1);
	return true;
}

uint32_t
classes_number(struct classes *classes, uint32_t kind, uint32_t first, uint32_t second)
{
	struct class_key key = { kind, first, second };
	size_t at;

	if (classes->failed || !grow(classes)) {
		classes->failed = true;
		return 0;
	}
	for (at = hash_key(&key) & (2 * classes->size - 1); classes->slots[at] != 0;
	     at = (at + 1) & (2 * classes->size - 1)) {
		const struct class_key *other = &classes->keys[classes->slots[at] - 1];

		if (other->kind == kind && other->first == first && other->second == second)
			return classes->slots[at];
	}
	classes->keys[classes->count++] = key;
	classes->slots[at] = (uint32_t)classes->count;
	return (uint32_t)classes->count;
}

void
classes_done(struct classes *classes)
{
	free(classes->keys);
	free(classes->slots);
	*classes = (struct classes){ 0 };
}
