/* joint.h - the machines of all rules of a family as one, so that an argument
 * is compared with what a hundred rules share once.
 *
 * It is a sieve: it lets through every rule that accepts, and some that do not
 * (of <...> it does not know what was taken). The rules that are left are asked
 * one by one, by their own machines.
 *
 * A place stands for the states in which the rules are that the arguments so far
 * have left. Two arguments lead to the same place if they fit the same word.
 */
#ifndef WRIT_POLICY_JOINT_H
#define WRIT_POLICY_JOINT_H

#include "policy/rule.h"

enum { JOINT_ACTIVE_MAX = 1024, JOINT_PLACES_MAX = 32768, JOINT_ITEMS_MAX = 1024 * 1024 };

/* Makes it. NULL: too large (the rules are then asked one by one), or out of
 * memory, which `found` remembers. */
struct joint *joint_new(struct policy *policy, const struct family *family, struct found *found);

/* Whom it is asked for: rules that do not serve him are left out as soon as they
 * stand alone. */
struct joint_peer {
	bool (*serves)(void *ctx, size_t rule);
	void (*see)(void *ctx, size_t rule);
	void *ctx;
};

/* Calls `see` with the index of each rule of the family that may accept; of rules
 * that go on alike only with the first that serves. Returns false if it lost count:
 * then any may. */
bool joint_sift(const struct joint *joint, const struct words *words, const char *const *argv,
		size_t argc, const struct joint_peer *peer);

#endif
