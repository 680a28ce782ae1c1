#include "audit/telling.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* Names that end so, whatever comes before: "adminPassword". */
static const char *const long_keys[] = {
	"password",    "passwd",     "passphrase", "secret",	  "token",     "api_key",
	"api-key",     "apikey",     "access_key", "access-key",  "accesskey", "private_key",
	"private-key", "privatekey", "credential", "credentials", NULL,
};

/* Names whose last part is this: "db.pwd", not "bypass". */
static const char *const short_keys[] = {
	"pass", "pwd", "psk", "cookie", "dsn", "secret_key", "secret-key", "secretkey", NULL,
};

static const char *const option_words[] = {
	"password",   "passwd",	     "passphrase",    "pass",	    "pwd",
	"token",      "bearer",	     "api-key",	      "apikey",	    "secret",
	"secret-key", "private-key", "access-key",    "credential", "credentials",
	"auth",	      "cookie",	     "shared-secret", "psk",	    NULL,
};

/* Names of variables that have this in them. */
static const char *const variable_parts[] = {
	"token",   "secret",	   "pass",
	"cred",	   "cookie",	   "apikey",
	"api_key", "database_url", "connection_string",
	NULL,
};

/* A name that ends so says where the secret is, not what. */
static const char *const places[] = {
	"file", "path", "fd", "stdin", "command", "dir", "store", "name", "id", "type", NULL,
};

static const char *const query_keys[] = {
	"sig", "signature", "x-amz-signature", "x-amz-credential", "key", NULL,
};

static const struct telling_program programs[] = {
	{ "mysql", "", "-p" },
	{ "mysqldump", "", "-p" },
	{ "mysqladmin", "", "-p" },
	{ "mariadb", "", "-p" },
	{ "sshpass", "-p", "-p" },
	{ "redis-cli", "-a", "" },
	{ "mongo", "-p", "" },
	{ "mongosh", "-p", "" },
	{ "ldapsearch", "-w", "" },
	{ "ldapmodify", "-w", "" },
	{ "ldapadd", "-w", "" },
	{ "smbclient", "-U", "" },
	{ "net", "-U", "" },
	{ "curl", "-u", "-u" },
	{ "zip", "-P", "-P" },
	{ "7z", "", "-p" },
	{ "docker", "-p", "" },
	{ "podman", "-p", "" },
	{ "snmpwalk", "-c -A -X", "" },
	{ "snmpget", "-c -A -X", "" },
	{ "ipmitool", "-P", "" },
	{ "openssl", "-k", "pass:" },
};

/* Where `name` ends with `end`: what is before it; -1: it does not. */
static ptrdiff_t
before_end(const char *name, size_t len, const char *end)
{
	size_t end_len = strlen(end);

	if (len < end_len || tolower((unsigned char)name[len - 1]) != end[end_len - 1] ||
	    strncasecmp(name + len - end_len, end, end_len) != 0)
		return -1;
	return (ptrdiff_t)(len - end_len);
}

static bool
is_between(char c)
{
	return c == '-' || c == '_' || c == '.';
}

/* Is one of `list` the whole name, or its last part? */
static bool
has_last_part(const char *const *list, const char *name, size_t len)
{
	for (; *list != NULL; list++) {
		ptrdiff_t before = before_end(name, len, *list);

		if (before == 0 || (before > 0 && is_between(name[before - 1])))
			return true;
	}
	return false;
}

static bool
is_place(const char *name, size_t len)
{
	for (const char *const *place = places; *place != NULL; place++) {
		ptrdiff_t before = before_end(name, len, *place);

		if (before > 0 && (name[before - 1] == '-' || name[before - 1] == '_'))
			return true;
	}
	return false;
}

bool
telling_key(const char *name, size_t len)
{
	for (const char *const *key = long_keys; *key != NULL; key++)
		if (before_end(name, len, *key) >= 0)
			return true;
	return has_last_part(short_keys, name, len);
}

bool
telling_query(const char *name, size_t len)
{
	for (const char *const *key = query_keys; *key != NULL; key++)
		if (before_end(name, len, *key) == 0)
			return true;
	return false;
}

/* As a name has it; past anything else the rest is a value of some kind. */
static bool
has_variable_part(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		for (const char *const *part = variable_parts; *part != NULL; part++)
			if (strlen(*part) <= len - i &&
			    strncasecmp(name + i, *part, strlen(*part)) == 0)
				return true;
		if (!isalnum((unsigned char)name[i]) && name[i] != '_')
			return false;
	}
	return false;
}

static bool
is_key(const char *name, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && !is_between(name[i]))
			return false;
	return telling_key(name, len);
}

bool
telling_variable(const char *name, size_t len)
{
	return (has_variable_part(name, len) || is_key(name, len)) && !is_place(name, len);
}

bool
telling_option(const char *word, size_t len)
{
	size_t dashes = 0;

	while (dashes < 2 && dashes < len && word[dashes] == '-')
		dashes++;
	if (dashes == 0)
		return false;
	for (size_t i = dashes; i < len; i++)
		if (!isalnum((unsigned char)word[i]) && !is_between(word[i]))
			return false;
	return has_last_part(option_words, word + dashes, len - dashes);
}

const struct telling_program *
telling_program(const char *word, size_t len)
{
	const char *slash = memrchr(word, '/', len);
	const char *name = slash != NULL ? slash + 1 : word;
	size_t name_len = len - (size_t)(name - word);

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++)
		if (strncmp(programs[i].name, name, name_len) == 0 &&
		    programs[i].name[name_len] == '\0')
			return &programs[i];
	return NULL;
}

bool
telling_is_one(const char *list, const char *word, size_t len)
{
	while (*list != '\0') {
		size_t one = strcspn(list, " ");

		if (one == len && memcmp(list, word, len) == 0)
			return true;
		list += one + (list[one] == ' ');
	}
	return false;
}

size_t
telling_begins(const char *list, const char *word, size_t len)
{
	while (*list != '\0') {
		size_t one = strcspn(list, " ");

		if (one < len && memcmp(list, word, one) == 0 && strncmp(word, "--", 2) != 0)
			return one;
		list += one + (list[one] == ' ');
	}
	return 0;
}
