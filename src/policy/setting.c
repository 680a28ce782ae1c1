#include "policy/setting.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/strv.h"
#include "policy/bytes.h"
#include "policy/capability.h"
#include "policy/limit.h"
#include "policy/lint.h"
#include "policy/path.h"
#include "policy/sending.h"
#include "policy/variable.h"
#include "writ/text.h"

enum {
	TIMEOUT_DEFAULT_MS = 60 * 1000,
	UMASK_DEFAULT = 022,
	UMASK_MAX = 0777,
	RUNNING_MAX = 65535,
};

/* A name, or a number in canonical form: "00", "+0", "0x0", "-1" are none. */
static bool
is_principal(const char *text)
{
	size_t len = strlen(text);
	uint64_t number;

	if (len == 0 || len > POLICY_NAME_MAX || !bytes_are(text, len, BYTE_LOGIN))
		return false;
	if (!byte_is(BYTE_DIGIT, text[0]))
		return text[0] != '-' && text[0] != '.';
	return (text[0] != '0' || len == 1) && num_parse(text, UINT32_MAX - 1, &number);
}

static void
take_allow(struct reading *reading, const char *value)
{
	const char *const *list = reading_split(reading, value);
	size_t count = strv_count(list);
	const char **users = arena_take(&reading->policy->arena, count + 1, sizeof(*users));
	const char **groups = arena_take(&reading->policy->arena, count + 1, sizeof(*groups));
	size_t user_count = 0;
	size_t group_count = 0;

	if (users == NULL || groups == NULL) {
		reading->found->no_memory = true;
		return;
	}
	for (size_t i = 0; i < count; i++) {
		bool user = strncmp(list[i], "user:", 5) == 0;
		bool group = strncmp(list[i], "group:", 6) == 0;
		const char *name = list[i] + (user ? 5 : group ? 6 : 0);

		if ((!user && !group) || !is_principal(name))
			reading_wrong(reading, "neither user:NAME nor group:NAME: %s", list[i]);
		else if (user)
			users[user_count++] = name;
		else
			groups[group_count++] = name;
	}
	reading->source->users = users;
	reading->source->groups = groups;
	reading->source->line = reading->line;
}

static void
take_explain(struct reading *reading, const char *value)
{
	reading->source->explain = reading_yes(reading, value);
}

static void
take_log(struct reading *reading, const char *value)
{
	static const char *const choices[] = { "best-effort", "required", NULL };
	bool required = reading_choice(reading, value, choices) == 1;

	if (reading->rule != NULL)
		reading->rule->settings.log_required = required;
	else
		reading->source->log_required = required;
}

static void
take_exec(struct reading *reading, const char *value)
{
	reading_keep(reading, value, &reading->rule->exec);
	reading->rule->exec_line = reading->line;
}

static void
take_prefix(struct reading *reading, const char *value)
{
	reading_keep(reading, value, &reading->rule->prefix);
}

static void
take_user(struct reading *reading, const char *value)
{
	if (!is_principal(value))
		reading_wrong(reading, "neither a name nor a number of a user: %s", value);
	reading_keep(reading, value, &reading->rule->settings.user);
}

static void
take_group(struct reading *reading, const char *value)
{
	if (!is_principal(value))
		reading_wrong(reading, "neither a name nor a number of a group: %s", value);
	reading_keep(reading, value, &reading->rule->group);
}

static void
take_supplementary(struct reading *reading, const char *value)
{
	const char *const *list = reading_split(reading, value);

	for (const char *const *name = list; name != NULL && *name != NULL; name++)
		if (!is_principal(*name))
			reading_wrong(reading, "neither a name nor a number of a group: %s", *name);
	reading->rule->supplementary = list;
}

static uint64_t
take_capabilities(struct reading *reading, const char *value, bool may_be_all)
{
	const char *const *list;
	uint64_t set = 0;
	uint64_t bit;

	if (may_be_all && strcmp(value, "all") == 0)
		return CAPABILITY_ALL;
	list = reading_split(reading, value);
	for (; list != NULL && *list != NULL; list++) {
		if (capability_find(*list, &bit))
			set |= bit;
		else
			reading_wrong(reading, "no capability of that name: %s", *list);
	}
	return set;
}

static void
take_ambient(struct reading *reading, const char *value)
{
	reading->rule->settings.ambient = take_capabilities(reading, value, false);
}

static void
take_bounding(struct reading *reading, const char *value)
{
	reading->rule->settings.bounding = take_capabilities(reading, value, true);
}

static void
take_directory(struct reading *reading, const char *value)
{
	size_t len = strlen(value);

	reading->rule->settings.directory = NULL;
	if (strcmp(value, "peer") == 0)
		return;
	if (strcmp(value, "/") != 0 && !path_is_plain(value, len))
		reading_wrong(reading, "neither \"peer\" nor an absolute path without '.' and '..': %s",
		      value);
	reading_keep(reading, value, &reading->rule->settings.directory);
}

static void
take_umask(struct reading *reading, const char *value)
{
	unsigned mask = 0;
	size_t len = strlen(value);

	if (len > 4 || strspn(value, "01234567") != len) {
		reading_wrong(reading, "not octal, 0 to 0777: %s", value);
		return;
	}
	for (; *value != '\0'; value++)
		mask = mask * 8 + (unsigned)(*value - '0');
	if (mask > UMASK_MAX)
		reading_wrong(reading, "not octal, 0 to 0777");
	reading->rule->settings.umask = mask;
}

static void
take_timeout(struct reading *reading, const char *value)
{
	int64_t ms = 0;

	if (strcmp(value, "infinity") != 0 &&
	    (writ_duration_parse(value, &ms, NULL) < 0 || ms <= 0))
		reading_wrong(reading, "neither a time, as in 10, 500ms, 2m, nor \"infinity\": %s", value);
	reading->rule->settings.timeout_ms = ms;
}

static void
take_output_max(struct reading *reading, const char *value)
{
	uint64_t bytes = 0;

	if (strcmp(value, "infinity") != 0 &&
	    (writ_size_parse(value, &bytes, NULL) < 0 || bytes == 0))
		reading_wrong(reading, "neither a size, as in 4096, 512K, 16M, nor \"infinity\": %s",
		      value);
	reading->rule->settings.output_max_bytes = bytes;
}

static void
take_stdin(struct reading *reading, const char *value)
{
	static const char *const choices[] = { "null", "peer", NULL };

	reading->rule->settings.stdin_from = reading_choice(reading, value, choices);
}

static void
take_netns(struct reading *reading, const char *value)
{
	static const struct type name = { .kind = POLICY_NETNS };

	if (strcmp(value, "none") == 0)
		return;
	if (value[0] != '{' && !type_takes(&name, value, strlen(value)))
		reading_wrong(reading, "neither a name, nor \"none\", nor the {name} of a capture: %s",
		      value);
	reading->rule->settings.has_netns = true;
	reading_keep(reading, value, &reading->rule->netns);
}

static void
take_max_running(struct reading *reading, const char *value)
{
	uint64_t count = 0;

	if (strcmp(value, "infinity") != 0 &&
	    (!num_parse(value, RUNNING_MAX, &count) || count == 0))
		reading_wrong(reading, "neither 1 to %d nor \"infinity\": %s", RUNNING_MAX, value);
	reading->rule->settings.max_running = (uint32_t)count;
}

static void
take_keep_tree(struct reading *reading, const char *value)
{
	reading->rule->settings.keep_tree = reading_yes(reading, value);
}

static void
take_keep_in(struct reading *reading, const char *value)
{
	static const char *const choices[] = { "kept", "peer", NULL };

	reading->rule->settings.keep_in = reading_choice(reading, value, choices);
}

static void
take_no_new_privileges(struct reading *reading, const char *value)
{
	reading->rule->settings.no_new_privileges = reading_yes(reading, value);
}

static void
take_namespace(struct reading *reading, const char *value)
{
	static const char *const choices[] = { "same", "any", NULL };

	reading->rule->settings.serves_foreign = reading_choice(reading, value, choices) == 1;
}

static void
take_prefer(struct reading *reading, const char *value)
{
	reading->rule->prefer = reading_split(reading, value);
}

/* "B6: why it is meant so" */
static void
take_accept(struct reading *reading, const char *value)
{
	const char *const *list = reading_split(reading, value);

	for (const char *const *item = list; item != NULL && *item != NULL; item++) {
		size_t len = strcspn(*item, ":");

		if (!lint_is_id(*item, len) || strlen(*item) < len + 3)
			reading_wrong(reading,
			      "not \"CLASS: why\", as in \"B6: only root writes there\": %s",
			      *item);
	}
	reading->rule->accept = list;
}

enum {
	IN_POLICY = 1,
	IN_COMMAND = 2,
	IN_SIGNAL = 4, /* what a rule with Signal= may have */
};

static const struct setting {
	const char *name;
	int where;
	void (*take)(struct reading *reading, const char *value);
} settings[] = {
	{ "Allow", IN_POLICY, take_allow },
	{ "Explain", IN_POLICY, take_explain },
	{ "Log", IN_POLICY | IN_COMMAND | IN_SIGNAL, take_log },
	{ "Exec", IN_COMMAND, take_exec },
	{ "CallerPrefix", IN_COMMAND | IN_SIGNAL, take_prefix },
	{ "User", IN_COMMAND, take_user },
	{ "Group", IN_COMMAND, take_group },
	{ "SupplementaryGroups", IN_COMMAND, take_supplementary },
	{ "AmbientCapabilities", IN_COMMAND, take_ambient },
	{ "CapabilityBoundingSet", IN_COMMAND, take_bounding },
	{ "Environment", IN_COMMAND, variable_take_environment },
	{ "PassEnvironment", IN_COMMAND, variable_take_passed },
	{ "WorkingDirectory", IN_COMMAND, take_directory },
	{ "UMask", IN_COMMAND, take_umask },
	{ "TimeoutSec", IN_COMMAND, take_timeout },
	{ "OutputMax", IN_COMMAND, take_output_max },
	{ "StandardInput", IN_COMMAND, take_stdin },
	{ "NetworkNamespace", IN_COMMAND, take_netns },
	{ "MaxRunning", IN_COMMAND, take_max_running },
	{ "KeepTree", IN_COMMAND, take_keep_tree },
	{ "KeepIn", IN_COMMAND, take_keep_in },
	{ "NoNewPrivileges", IN_COMMAND, take_no_new_privileges },
	{ "Namespace", IN_COMMAND | IN_SIGNAL, take_namespace },
	{ "Prefer", IN_COMMAND | IN_SIGNAL, take_prefer },
	{ "Signal", IN_COMMAND | IN_SIGNAL, sending_take_signal },
	{ "Target", IN_COMMAND | IN_SIGNAL, sending_take_target },
	{ "Accept", IN_COMMAND | IN_SIGNAL, take_accept },
};

enum { SETTING_COUNT = sizeof(settings) / sizeof(settings[0]) };

_Static_assert(SETTING_COUNT + LIMIT_COUNT <= 64, "a bit each");

const char *
setting_name(size_t n)
{
	if (n < SETTING_COUNT)
		return settings[n].name;
	return limit_key(n - SETTING_COUNT);
}

static uint64_t
key_bit(const char *name)
{
	size_t n = 0;

	while (setting_name(n) != NULL && strcmp(setting_name(n), name) != 0)
		n++;
	return setting_name(n) != NULL ? UINT64_C(1) << n : 0;
}

void
setting_take(struct reading *reading, const char *key, const char *value)
{
	uint64_t bit = key_bit(key);
	size_t n = bit != 0 ? (size_t)__builtin_ctzll(bit) : 0;
	int where = n < SETTING_COUNT ? settings[n].where : IN_COMMAND;

	reading->key = key;
	if (bit == 0)
		found_fatal(reading->found, reading->file, reading->line, "unknown key: %.80s",
			    key);
	else if ((where & (reading->rule != NULL ? IN_COMMAND : IN_POLICY)) == 0)
		reading_wrong(reading, "not a key of %s",
			      reading->rule != NULL ? "[Command]" : "[Policy]");
	else if ((reading->keys & bit) != 0)
		reading_wrong(reading, "given twice in this section");
	else if (*value == '\0')
		reading_wrong(reading,
		      "empty: write what it is to be, or \"none\" where there is such a thing");
	else if (n < SETTING_COUNT)
		settings[n].take(reading, value);
	else
		limit_take(reading, n - SETTING_COUNT, value);
	reading->keys |= bit;
}

void
setting_end_source(struct reading *reading)
{
	if ((reading->keys & key_bit("Allow")) == 0)
		found_fatal(
			reading->found, reading->file, reading->line,
			"[Policy]: Allow= is missing: it names whom the rules of this file serve");
}

static bool
has(const struct reading *reading, const char *key)
{
	return (reading->keys & key_bit(key)) != 0;
}

static void
check_signal_rule(struct reading *reading)
{
	for (size_t n = 0; setting_name(n) != NULL; n++)
		if ((reading->keys >> n & 1) != 0 &&
		    (n >= SETTING_COUNT || (settings[n].where & IN_SIGNAL) == 0))
			rule_fatal(reading->found, reading->rule,
				   "%s=: a rule with Signal= starts no program", setting_name(n));
	if (!has(reading, "Target"))
		rule_fatal(reading->found, reading->rule,
			   "Signal=: Target= is missing: it says which processes may be signalled");
}

static void
check_command_rule(struct reading *reading)
{
	struct policy_settings *set = &reading->rule->settings;

	if (!has(reading, "Exec"))
		rule_fatal(reading->found, reading->rule, "Exec= (or Signal=) is missing");
	if (!has(reading, "User"))
		rule_fatal(reading->found, reading->rule,
			   "User= is missing: whom the program runs as is always written");
	if (has(reading, "Target"))
		rule_fatal(reading->found, reading->rule, "Target=: goes with Signal=");
	if (has(reading, "KeepIn") && !set->keep_tree)
		rule_fatal(reading->found, reading->rule, "KeepIn=: goes with KeepTree=yes");
	if (has(reading, "CapabilityBoundingSet") && (set->ambient & ~set->bounding) != 0)
		rule_fatal(reading->found, reading->rule,
			   "AmbientCapabilities=: not within CapabilityBoundingSet=");
}

/* What is not written is the most closed that works. */
static void
set_defaults(struct reading *reading)
{
	static const char *const none[] = { NULL };
	struct policy_settings *set = &reading->rule->settings;

	if (!has(reading, "TimeoutSec"))
		set->timeout_ms = TIMEOUT_DEFAULT_MS;
	if (!has(reading, "UMask"))
		set->umask = UMASK_DEFAULT;
	if (!has(reading, "WorkingDirectory"))
		set->directory = "/";
	if (!has(reading, "NoNewPrivileges"))
		set->no_new_privileges = true;
	if (!has(reading, "Log"))
		set->log_required = reading->source->log_required;
	if (set->environment == NULL)
		set->environment = none;
	if (set->limits == NULL)
		set->limits = none;
	set->explain = reading->source->explain;
	reading->rule->has_bounding = has(reading, "CapabilityBoundingSet");
}

void
setting_end_rule(struct reading *reading)
{
	if (has(reading, "Signal"))
		check_signal_rule(reading);
	else
		check_command_rule(reading);
	variable_check(reading);
	set_defaults(reading);
}
