#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "repr.h"
#include "writ/text.h"

struct named {
	const char *name;
	int number;
};

/* By their numbers. Python knows each by this name, and by that of syslog(3). */
static const struct {
	const char *name;
	const char *of_syslog;
} facilities[] = {
	{ "kern", "LOG_KERN" },		{ "user", "LOG_USER" },
	{ "mail", "LOG_MAIL" },		{ "daemon", "LOG_DAEMON" },
	{ "auth", "LOG_AUTH" },		{ "syslog", "LOG_SYSLOG" },
	{ "lpr", "LOG_LPR" },		{ "news", "LOG_NEWS" },
	{ "uucp", "LOG_UUCP" },		{ "cron", "LOG_CRON" },
	{ "authpriv", "LOG_AUTHPRIV" }, { "ftp", "LOG_FTP" },
	{ "ntp", "LOG_NTP" },		{ "security", "LOG_SECURITY" },
	{ "console", "LOG_CONSOLE" },	{ "solaris-cron", "LOG_SOLCRON" },
	{ "local0", "LOG_LOCAL0" },	{ "local1", "LOG_LOCAL1" },
	{ "local2", "LOG_LOCAL2" },	{ "local3", "LOG_LOCAL3" },
	{ "local4", "LOG_LOCAL4" },	{ "local5", "LOG_LOCAL5" },
	{ "local6", "LOG_LOCAL6" },	{ "local7", "LOG_LOCAL7" },
};

enum { FACILITY_COUNT = sizeof(facilities) / sizeof(facilities[0]), FACILITY_DEFAULT = 5 };

static const struct named levels[] = {
	{ "CRITICAL", CONFIG_CRITICAL },
	{ "FATAL", CONFIG_CRITICAL },
	{ "ERROR", CONFIG_ERROR },
	{ "WARN", CONFIG_WARNING },
	{ "WARNING", CONFIG_WARNING },
	{ "INFO", CONFIG_INFO },
	{ "DEBUG", CONFIG_DEBUG },
	{ "NOTSET", 0 },
	{ NULL, 0 },
};

static const struct named booleans[] = {
	{ "1", 1 },  { "yes", 1 },   { "true", 1 }, { "on", 1 }, { "0", 0 },
	{ "no", 0 }, { "false", 0 }, { "off", 0 },  { NULL, 0 },
};

static const struct named modes[] = {
	{ "strict", CONFIG_STRICT },
	{ "exact", CONFIG_EXACT },
	{ NULL, 0 },
};

static const struct named path_ways[] = { { "warn", false }, { "refuse", true }, { NULL, 0 } };

static bool
look_up(const struct named *table, const char *name, bool any_case, int *ret_number)
{
	for (; table->name != NULL; table++)
		if ((any_case ? strcasecmp(table->name, name) : strcmp(table->name, name)) == 0) {
			*ret_number = table->number;
			return true;
		}
	return false;
}

bool
config_int(const char *text, int64_t *ret_number)
{
	char digits[24];
	size_t count = 0;
	bool was_digit = false;

	while (words_is_blank(*text))
		text++;
	if (*text == '+' || *text == '-')
		digits[count++] = *text++;
	for (; (*text >= '0' && *text <= '9') || (*text == '_' && was_digit); text++) {
		was_digit = *text != '_';
		if (!was_digit)
			continue;
		if (count == sizeof(digits) - 1)
			return false;
		digits[count++] = *text;
	}
	while (was_digit && words_is_blank(*text))
		text++;
	if (!was_digit || *text != '\0')
		return false;
	digits[count] = '\0';
	errno = 0;
	*ret_number = strtoll(digits, NULL, 10);
	return errno == 0;
}

/* What is being read, and what was wrong. */
struct reader {
	struct arena *arena;
	const struct ini *ini;
	const char *detail; /* NULL: nothing yet */
};

/* The number of a name, as `format` complains of it. */
static int
read_name(struct reader *reader, const char *key, const struct named *table, int number,
	  const char *complaint)
{
	const char *value = ini_default(reader->ini, key);
	bool is_boolean = table == booleans;

	if (value == NULL || reader->detail != NULL ||
	    look_up(table, value, is_boolean || table == levels, &number))
		return number;
	reader->detail = arena_print(reader->arena, "%s%s", complaint,
				     table == levels ? repr_text(reader->arena, value) : value);
	return number;
}

static int
read_facility(struct reader *reader)
{
	const char *value = ini_default(reader->ini, "syslog_log_facility");

	if (value == NULL)
		return FACILITY_DEFAULT;
	for (int i = 0; i < FACILITY_COUNT; i++)
		if (strcmp(facilities[i].name, value) == 0 ||
		    strcmp(facilities[i].of_syslog, value) == 0)
			return i;
	reader->detail = arena_print(reader->arena, "Unexpected syslog_log_facility: %s", value);
	return FACILITY_DEFAULT;
}

static int64_t
read_number(struct reader *reader, const char *key, int64_t number)
{
	const char *value = ini_default(reader->ini, key);

	if (value == NULL || reader->detail != NULL || config_int(value, &number))
		return number;
	reader->detail = arena_print(reader->arena, "invalid literal for int() with base 10: %s",
				     repr_text(reader->arena, value));
	return number;
}

static struct words
read_list(struct reader *reader, const char *key, const char *otherwise, char at, int how)
{
	const char *value = ini_default(reader->ini, key);

	if (value != NULL)
		return words_split(reader->arena, value, ',', how);
	return otherwise != NULL ? words_split(reader->arena, otherwise, at, how)
				 : words_room(reader->arena, 0);
}

static int64_t
read_duration(struct reader *reader, const char *key)
{
	const char *value = ini_default(reader->ini, key);
	int64_t ms = 0;

	if (value == NULL || reader->detail != NULL || strcmp(value, "none") == 0)
		return 0;
	if (writ_duration_parse(value, &ms, NULL) == 0 && ms > 0)
		return ms;
	reader->detail = arena_print(reader->arena, "Unexpected %s: %s", key, value);
	return 0;
}

int
config_read(struct arena *arena, const struct ini *ini, const char *path, struct config *ret_config,
	    const char **ret_detail)
{
	struct reader reader = { .arena = arena, .ini = ini };
	struct config config = { 0 };
	int how;

	if (ini_default(ini, "filters_path") == NULL)
		return CONFIG_NOT_ONE;
	config.facility = read_facility(&reader);
	config.level = read_name(&reader, "syslog_log_level", levels, CONFIG_ERROR,
				 "Unexpected syslog_log_level: ");
	config.use_syslog = read_name(&reader, "use_syslog", booleans, 0, "Not a boolean: ");
	config.daemon_timeout = read_number(&reader, "daemon_timeout", 600);
	if (config.daemon_timeout > CONFIG_TIMEOUT_MAX_S)
		config.daemon_timeout = CONFIG_TIMEOUT_MAX_S;
	if (config.daemon_timeout < 0)
		config.daemon_timeout = 0;
	config.rlimit_nofile = read_number(&reader, "rlimit_nofile", 1024);

	config.mode = (enum config_mode)read_name(&reader, "writ_mode", modes, CONFIG_STRICT,
						  "Unexpected writ_mode: ");
	config.refuse_paths =
		read_name(&reader, "writ_paths", path_ways, false, "Unexpected writ_paths: ");
	config.contexts =
		read_list(&reader, "writ_privsep_contexts",
			  "neutron.,nova.,cinder.,os_brick.,vif_plug_", ',', WORDS_TRIMMED);
	config.command_timeout_ms = read_duration(&reader, "writ_command_timeout");

	/* a blank behind a comma is no part of a directory's name, but for stock it is */
	how = config.mode == CONFIG_EXACT ? WORDS_NOT_TRIMMED : WORDS_TRIMMED;
	config.filters_path = read_list(&reader, "filters_path", NULL, ',', how);
	config.exec_dirs = read_list(&reader, "exec_dirs", path, ':', how);
	if (reader.detail != NULL) {
		*ret_detail = reader.detail;
		return CONFIG_BAD_VALUE;
	}
	*ret_config = config;
	return 0;
}
