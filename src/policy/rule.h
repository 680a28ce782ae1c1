/* rule.h - a policy from the inside: its files' peers, its rules. */
#ifndef WRIT_POLICY_RULE_H
#define WRIT_POLICY_RULE_H

#include "policy/found.h"
#include "policy/machine.h"

struct joint;

/* Whom the rules of one file serve, and what [Policy] says besides. */
struct source {
	const char *file;
	unsigned line;		  /* of Allow= */
	const char *const *users; /* as written, NULL-ended */
	const char *const *groups;
	uint32_t *uids; /* those that are known */
	size_t uid_count;
	uint32_t *gids;
	size_t gid_count;
	size_t rule_count;
	bool explain;
	bool log_required;
	struct source *next;
};

/* A variable that the peer may set. */
struct passed {
	const char *name;
	const char *text; /* of the type, as written */
	struct type type;
};

struct policy_rule {
	const char *name; /* with its file's before it */
	uint32_t name_hash;
	const struct source *source;
	unsigned line;
	unsigned exec_line;
	const char *exec;
	const char *prefix;
	size_t prefix_words; /* of a signal rule: the literals before what it makes itself */

	struct machine machine;
	const uint32_t *must; /* words that are in all arguments it accepts */
	size_t must_count;
	const struct usage_capture *captures;
	size_t capture_count;
	const char *key; /* the last component of the first word: what the rule is found by */

	struct policy_settings settings;
	const char *group;		  /* as written, or NULL */
	const char *const *supplementary; /* as written; NULL: those of the user */
	struct passed *passed;
	size_t passed_count;
	const char *netns;	   /* as written: a name */
	int netns_capture;	   /* or the index of a capture; -1 */
	const char *const *prefer; /* as written, NULL-ended, or NULL */
	const char *const *target_texts;
	const char *const *accept; /* "B6: why", NULL-ended, or NULL */
	bool has_bounding;	   /* CapabilityBoundingSet= is written */

	uint32_t number; /* in the policy */
	uint32_t rank;	 /* of rules that accept the same, the lowest is taken */
	bool inert;
	bool no_program; /* the reason: its program may not be run */
};

/* The rules whose first word has the same last component. */
struct family {
	const char *key;
	uint32_t hash;
	struct policy_rule **rules; /* by rank */
	size_t rule_count;
	struct joint *joint; /* all their machines as one; NULL: too large, one by one */
};

struct policy {
	struct arena arena;
	struct words words;
	struct classes classes;
	struct source *sources;
	size_t file_count;
	struct policy_rule **rules;
	size_t rule_count;
	size_t rule_size;
	struct family *families; /* a table by hash, at most half full */
	size_t family_size;
	bool sealed;
	bool broken;
};

bool source_serves(const struct source *source, const struct policy_peer *peer);

/* The family of a first argument, or NULL. */
const struct family *family_find(const struct policy *policy, const char *program);

/* Texts in the arena. False: out of memory, remembered in `found`. */
bool rule_keep(struct policy *policy, struct found *found, const char *text, const char **ret_text);

/* A fault of a rule, told at its own line. */
#define rule_fatal(found, rule, ...)                                                               \
	found_fatal(found, (rule)->source->file, (rule)->line, __VA_ARGS__)
#define rule_warning(found, rule, ...)                                                             \
	found_warning(found, (rule)->source->file, (rule)->line, __VA_ARGS__)

#endif
