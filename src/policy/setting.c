#include "policy/setting.h"

#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"
#include "base/strv.h"
#include "policy/bytes.h"
#include "policy/capability.h"
#include "policy/lint.h"
#include "policy/list.h"
#include "policy/path.h"
#include "writ/text.h"

enum {
	TIMEOUT_DEFAULT_MS = 60 * 1000,
	UMASK_DEFAULT = 022,
	UMASK_MAX = 0777,
	RUNNING_MAX = 65535,
	VARIABLE_BYTES_MAX = 4096,
};

/* "KEY=: why" at the line that is read. */
__attribute__((format(printf, 2, 3))) static void
wrong(struct reading *reading, const char *format, ...)
{
	char why[512];
	va_list args;

	va_start(args, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_start is above */
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	found_fatal(reading->found, reading->file, reading->line, "%s=: %s", reading->key, why);
}

static void
keep(struct reading *reading, const char *value, const char **ret_text)
{
	rule_keep(reading->policy, reading->found, value, ret_text);
}

/* A list; NULL after telling what is wrong with it. */
static const char *const *
split(struct reading *reading, const char *value)
{
	const char *const *list = NULL;
	const char *why;
	int count = list_split(&reading->policy->arena, value, &list, &why);

	if (count == WRIT_E_SYNTAX)
		wrong(reading, "%s", why);
	else if (count < 0)
		reading->found->no_memory = true;
	return count < 0 ? NULL : list;
}

static bool
take_yes(struct reading *reading, const char *value)
{
	if (strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		wrong(reading, "neither yes nor no: %s", value);
	return strcmp(value, "yes") == 0;
}

/* The index of a word in a NULL-ended list; -1 after saying which there are. */
static int
take_choice(struct reading *reading, const char *value, const char *const *choices)
{
	for (int i = 0; choices[i] != NULL; i++)
		if (strcmp(choices[i], value) == 0)
			return i;
	wrong(reading, "neither %s nor %s: %s", choices[0], choices[1], value);
	return -1;
}

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
	const char *const *list = split(reading, value);
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
			wrong(reading, "neither user:NAME nor group:NAME: %s", list[i]);
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
	reading->source->explain = take_yes(reading, value);
}

static void
take_log(struct reading *reading, const char *value)
{
	static const char *const choices[] = { "best-effort", "required", NULL };
	bool required = take_choice(reading, value, choices) == 1;

	if (reading->rule != NULL)
		reading->rule->settings.log_required = required;
	else
		reading->source->log_required = required;
}

static void
take_exec(struct reading *reading, const char *value)
{
	keep(reading, value, &reading->rule->exec);
	reading->rule->exec_line = reading->line;
}

static void
take_prefix(struct reading *reading, const char *value)
{
	keep(reading, value, &reading->rule->prefix);
}

static void
take_user(struct reading *reading, const char *value)
{
	if (!is_principal(value))
		wrong(reading, "neither a name nor a number of a user: %s", value);
	keep(reading, value, &reading->rule->settings.user);
}

static void
take_group(struct reading *reading, const char *value)
{
	if (!is_principal(value))
		wrong(reading, "neither a name nor a number of a group: %s", value);
	keep(reading, value, &reading->rule->group);
}

static void
take_supplementary(struct reading *reading, const char *value)
{
	const char *const *list = split(reading, value);

	for (const char *const *name = list; name != NULL && *name != NULL; name++)
		if (!is_principal(*name))
			wrong(reading, "neither a name nor a number of a group: %s", *name);
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
	list = split(reading, value);
	for (; list != NULL && *list != NULL; list++) {
		if (capability_find(*list, &bit))
			set |= bit;
		else
			wrong(reading, "no capability of that name: %s", *list);
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

/* A variable's name as a shell has it; of programs that have others, few need
 * them from a peer. */
static size_t
variable_length(const char *text)
{
	size_t len = 0;

	while (byte_is(BYTE_ALNUM, text[len]) || text[len] == '_')
		len++;
	return byte_is(BYTE_DIGIT, text[0]) || len > VARIABLE_BYTES_MAX ? 0 : len;
}

static bool
is_set_before(const char *const *list, const char *const *end, size_t len)
{
	for (; list < end; list++)
		if (strncmp(*list, *end, len) == 0 && ((*list)[len] == '=' || (*list)[len] == '\0'))
			return true;
	return false;
}

/* "NAME={capture}" */
static bool
is_assigned(const char *item, size_t len)
{
	size_t end = strlen(item);

	return item[len] == '=' && item[len + 1] == '{' && item[end - 1] == '}' && end > len + 3;
}

/* Parts the list: what is written as it is, and what captures say. */
static void
part_environment(struct reading *reading, const char *const *list)
{
	struct arena *arena = &reading->policy->arena;
	struct policy_settings *set = &reading->rule->settings;
	size_t count = strv_count(list);
	const char **plain = arena_take(arena, count + 1, sizeof(*plain));
	struct policy_assigned *assigned = arena_take(arena, count + 1, sizeof(*assigned));

	for (size_t i = 0; i < count && plain != NULL && assigned != NULL; i++) {
		size_t len = variable_length(list[i]);
		struct policy_assigned *one = &assigned[set->assigned_count];

		if (!is_assigned(list[i], len)) {
			*plain++ = list[i];
			continue;
		}
		one->name = arena_text(arena, list[i], len);
		one->capture = arena_text(arena, list[i] + len + 2, strlen(list[i]) - len - 3);
		if (one->name == NULL || one->capture == NULL)
			reading->found->no_memory = true;
		set->assigned_count++;
	}
	if (plain == NULL || assigned == NULL) {
		reading->found->no_memory = true;
		return;
	}
	set->environment = plain - (count - set->assigned_count);
	set->assigned = assigned;
}

static void
take_environment(struct reading *reading, const char *value)
{
	const char *const *list = split(reading, value);

	if (list == NULL)
		return;
	for (const char *const *item = list; *item != NULL; item++) {
		size_t len = variable_length(*item);

		if (len == 0 || (*item)[len] != '=')
			wrong(reading, "not NAME=VALUE: %s", *item);
		else if (is_set_before(list, item, len))
			wrong(reading, "set twice: %.*s", (int)len, *item);
	}
	part_environment(reading, list);
}

static void
take_pass(struct reading *reading, const char *value)
{
	const char *const *list = split(reading, value);
	size_t count = strv_count(list);
	struct passed *passed = arena_take(&reading->policy->arena, count + 1, sizeof(*passed));
	char why[160];

	if (passed == NULL)
		reading->found->no_memory = true;
	for (size_t i = 0; passed != NULL && i < count; i++) {
		size_t len = variable_length(list[i]);
		int r = WRIT_E_SYNTAX;

		snprintf(why, sizeof(why), "not NAME:TYPE: %.60s", list[i]);
		if (len > 0 && list[i][len] == ':')
			r = type_parse(&reading->policy->arena, list[i] + len + 1,
				       strlen(list[i]) - len - 1, &passed[i].type, why);
		if (r == 0 && passed[i].type.base != NULL)
			wrong(reading, "a path cannot be passed as a variable: %s", list[i]);
		if (r == WRIT_E_SYNTAX)
			wrong(reading, "%s", why);
		passed[i].name = arena_text(&reading->policy->arena, list[i], len);
		passed[i].text = list[i] + len;
		if (r == WRIT_E_NOMEM || passed[i].name == NULL)
			reading->found->no_memory = true;
		reading->rule->passed_count++;
	}
	reading->rule->passed = passed;
}

static void
take_directory(struct reading *reading, const char *value)
{
	size_t len = strlen(value);

	reading->rule->settings.directory = NULL;
	if (strcmp(value, "peer") == 0)
		return;
	if (strcmp(value, "/") != 0 && !path_is_plain(value, len))
		wrong(reading, "neither \"peer\" nor an absolute path without '.' and '..': %s",
		      value);
	keep(reading, value, &reading->rule->settings.directory);
}

static void
take_umask(struct reading *reading, const char *value)
{
	unsigned mask = 0;
	size_t len = strlen(value);

	if (len > 4 || strspn(value, "01234567") != len) {
		wrong(reading, "not octal, 0 to 0777: %s", value);
		return;
	}
	for (; *value != '\0'; value++)
		mask = mask * 8 + (unsigned)(*value - '0');
	if (mask > UMASK_MAX)
		wrong(reading, "not octal, 0 to 0777");
	reading->rule->settings.umask = mask;
}

static void
take_timeout(struct reading *reading, const char *value)
{
	int64_t ms = 0;

	if (strcmp(value, "infinity") != 0 &&
	    (writ_duration_parse(value, &ms, NULL) < 0 || ms <= 0))
		wrong(reading, "neither a time, as in 10, 500ms, 2m, nor \"infinity\": %s", value);
	reading->rule->settings.timeout_ms = ms;
}

static void
take_output_max(struct reading *reading, const char *value)
{
	uint64_t bytes = 0;

	if (strcmp(value, "infinity") != 0 &&
	    (writ_size_parse(value, &bytes, NULL) < 0 || bytes == 0))
		wrong(reading, "neither a size, as in 4096, 512K, 16M, nor \"infinity\": %s",
		      value);
	reading->rule->settings.output_max_bytes = bytes;
}

static void
take_stdin(struct reading *reading, const char *value)
{
	static const char *const choices[] = { "null", "peer", NULL };

	reading->rule->settings.stdin_from = take_choice(reading, value, choices);
}

static void
take_netns(struct reading *reading, const char *value)
{
	static const struct type name = { .kind = POLICY_NETNS };

	if (strcmp(value, "none") == 0)
		return;
	if (value[0] != '{' && !type_takes(&name, value, strlen(value)))
		wrong(reading, "neither a name, nor \"none\", nor the {name} of a capture: %s",
		      value);
	reading->rule->settings.has_netns = true;
	keep(reading, value, &reading->rule->netns);
}

static void
take_max_running(struct reading *reading, const char *value)
{
	uint64_t count = 0;

	if (strcmp(value, "infinity") != 0 &&
	    (!num_parse(value, RUNNING_MAX, &count) || count == 0))
		wrong(reading, "neither 1 to %d nor \"infinity\": %s", RUNNING_MAX, value);
	reading->rule->settings.max_running = (uint32_t)count;
}

static void
take_keep_tree(struct reading *reading, const char *value)
{
	reading->rule->settings.keep_tree = take_yes(reading, value);
}

static void
take_keep_in(struct reading *reading, const char *value)
{
	static const char *const choices[] = { "kept", "peer", NULL };

	reading->rule->settings.keep_in = take_choice(reading, value, choices);
}

static void
take_no_new_privileges(struct reading *reading, const char *value)
{
	reading->rule->settings.no_new_privileges = take_yes(reading, value);
}

static void
take_namespace(struct reading *reading, const char *value)
{
	static const char *const choices[] = { "same", "any", NULL };

	reading->rule->settings.serves_foreign = take_choice(reading, value, choices) == 1;
}

static void
take_prefer(struct reading *reading, const char *value)
{
	reading->rule->prefer = split(reading, value);
}

/* "B6: why it is meant so" */
static void
take_accept(struct reading *reading, const char *value)
{
	const char *const *list = split(reading, value);

	for (const char *const *item = list; item != NULL && *item != NULL; item++) {
		size_t len = strcspn(*item, ":");

		if (!lint_is_id(*item, len) || strlen(*item) < len + 3)
			wrong(reading,
			      "not \"CLASS: why\", as in \"B6: only root writes there\": %s",
			      *item);
	}
	reading->rule->accept = list;
}

static void
take_target(struct reading *reading, const char *value)
{
	const char *const *list = split(reading, value);

	for (const char *const *target = list; target != NULL && *target != NULL; target++) {
		size_t len = strlen(*target);
		bool run = strncmp(*target, "run(", 4) == 0 && (*target)[len - 1] == ')' && len > 5;

		if (!run && !path_is_plain(*target, len))
			wrong(reading, "neither a program's absolute path nor run(RULE): %s",
			      *target);
	}
	if (list != NULL && list[0] == NULL)
		wrong(reading, "a signal rule needs a target");
	reading->rule->target_texts = list;
}

static const struct {
	const char *name;
	int signal;
} signals[] = {
	{ "HUP", SIGHUP },   { "INT", SIGINT },	  { "QUIT", SIGQUIT },	 { "KILL", SIGKILL },
	{ "USR1", SIGUSR1 }, { "USR2", SIGUSR2 }, { "TERM", SIGTERM },	 { "CONT", SIGCONT },
	{ "STOP", SIGSTOP }, { "ALRM", SIGALRM }, { "WINCH", SIGWINCH },
};

enum { SIGNAL_COUNT = sizeof(signals) / sizeof(signals[0]) };

int
setting_signal(const char *name)
{
	uint64_t number = 0;

	num_parse(name, 64, &number);
	if (strncmp(name, "SIG", 3) == 0)
		name += 3;
	for (int i = 0; i < SIGNAL_COUNT; i++)
		if (strcmp(signals[i].name, name) == 0 || signals[i].signal == (int)number)
			return signals[i].signal;
	return 0;
}

const char *
setting_signal_name(int signal)
{
	for (int i = 0; i < SIGNAL_COUNT; i++)
		if (signals[i].signal == signal)
			return signals[i].name;
	return NULL;
}

static void
take_signal(struct reading *reading, const char *value)
{
	const char *const *list = split(reading, value);

	for (; list != NULL && *list != NULL; list++) {
		int signal = byte_is(BYTE_DIGIT, **list) ? 0 : setting_signal(*list);

		if (signal == 0)
			wrong(reading, "no signal that a rule may send: %s", *list);
		else
			reading->rule->settings.signals |= UINT64_C(1) << (signal - 1);
	}
	if (reading->rule->settings.signals == 0)
		wrong(reading, "names no signal");
}

static const struct {
	const char *key;
	const char *name; /* as writ_cmd.limits has it */
	bool bytes;
} limits[] = {
	{ "LimitAS", "as", true },
	{ "LimitCORE", "core", true },
	{ "LimitCPU", "cpu", false },
	{ "LimitDATA", "data", true },
	{ "LimitFSIZE", "fsize", true },
	{ "LimitLOCKS", "locks", false },
	{ "LimitMEMLOCK", "memlock", true },
	{ "LimitMSGQUEUE", "msgqueue", true },
	{ "LimitNICE", "nice", false },
	{ "LimitNOFILE", "nofile", false },
	{ "LimitNPROC", "nproc", false },
	{ "LimitRSS", "rss", true },
	{ "LimitRTPRIO", "rtprio", false },
	{ "LimitRTTIME", "rttime", false },
	{ "LimitSIGPENDING", "sigpending", false },
	{ "LimitSTACK", "stack", true },
};

enum { LIMIT_COUNT = sizeof(limits) / sizeof(limits[0]) };

static bool
is_limit_value(const char *text, size_t len, bool bytes)
{
	char copy[32];
	uint64_t value;

	if (len == 0 || len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (strcmp(copy, "infinity") == 0)
		return true;
	return bytes ? writ_size_parse(copy, &value, NULL) == 0
		     : num_parse(copy, INT64_MAX, &value);
}

static void
take_limit(struct reading *reading, int limit, const char *value)
{
	const char *colon = strchr(value, ':');
	size_t head = colon != NULL ? (size_t)(colon - value) : strlen(value);
	const char **list = (const char **)(uintptr_t)reading->rule->settings.limits;
	size_t count = strv_count(list);
	char text[128];

	if (!is_limit_value(value, head, limits[limit].bytes) ||
	    (colon != NULL && !is_limit_value(colon + 1, strlen(colon + 1), limits[limit].bytes))) {
		wrong(reading, "neither LIMIT nor SOFT:HARD, numbers or \"infinity\": %s", value);
		return;
	}
	if (list == NULL)
		list = arena_take(&reading->policy->arena, LIMIT_COUNT + 1, sizeof(*list));
	if (list == NULL) {
		reading->found->no_memory = true;
		return;
	}
	snprintf(text, sizeof(text), "%s=%s", limits[limit].name, value);
	keep(reading, text, &list[count]);
	reading->rule->settings.limits = list;
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
	{ "Environment", IN_COMMAND, take_environment },
	{ "PassEnvironment", IN_COMMAND, take_pass },
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
	{ "Signal", IN_COMMAND | IN_SIGNAL, take_signal },
	{ "Target", IN_COMMAND | IN_SIGNAL, take_target },
	{ "Accept", IN_COMMAND | IN_SIGNAL, take_accept },
};

enum { SETTING_COUNT = sizeof(settings) / sizeof(settings[0]) };

_Static_assert(SETTING_COUNT + LIMIT_COUNT <= 64, "a bit each");

const char *
setting_name(size_t n)
{
	if (n < SETTING_COUNT)
		return settings[n].name;
	return n < SETTING_COUNT + LIMIT_COUNT ? limits[n - SETTING_COUNT].key : NULL;
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
		wrong(reading, "not a key of %s", reading->rule != NULL ? "[Command]" : "[Policy]");
	else if ((reading->keys & bit) != 0)
		wrong(reading, "given twice in this section");
	else if (*value == '\0')
		wrong(reading,
		      "empty: write what it is to be, or \"none\" where there is such a thing");
	else if (n < SETTING_COUNT)
		settings[n].take(reading, value);
	else
		take_limit(reading, (int)(n - SETTING_COUNT), value);
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

static bool
is_variable_of(const char *const *list, const char *name)
{
	size_t len = strlen(name);

	for (; list != NULL && *list != NULL; list++)
		if (strncmp(*list, name, len) == 0 && (*list)[len] == '=')
			return true;
	return false;
}

static bool
is_assigned_by(const struct policy_settings *set, const char *name)
{
	for (size_t i = 0; i < set->assigned_count; i++)
		if (strcmp(set->assigned[i].name, name) == 0)
			return true;
	return false;
}

static void
check_passed(struct reading *reading)
{
	const struct policy_rule *rule = reading->rule;

	for (size_t i = 0; i < rule->passed_count; i++) {
		if (is_variable_of(rule->settings.environment, rule->passed[i].name) ||
		    is_assigned_by(&rule->settings, rule->passed[i].name))
			rule_fatal(reading->found, rule,
				   "PassEnvironment=: set by Environment=: %s",
				   rule->passed[i].name);
		for (size_t k = 0; k < i; k++)
			if (strcmp(rule->passed[k].name, rule->passed[i].name) == 0)
				rule_fatal(reading->found, rule,
					   "PassEnvironment=: named twice: %s",
					   rule->passed[i].name);
	}
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
	check_passed(reading);
	set_defaults(reading);
}
