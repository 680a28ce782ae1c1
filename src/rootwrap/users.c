#include "users.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool
users_is_name(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "0123456789_.-$");

	return len > 0 && name[len] == '\0' && len < USERS_NAME_MAX && name[0] != '-' &&
	       strspn(name, "0123456789") != len;
}

/* Calls `fits` with each entry until it says yes. */
static bool
find(bool (*fits)(const struct passwd *entry, void *arg), void *arg)
{
	FILE *file = fopen("/etc/passwd", "re");
	struct passwd entry;
	struct passwd *found = NULL;
	char buf[4096];

	if (file == NULL)
		return false;
	while (fgetpwent_r(file, &entry, buf, sizeof(buf), &found) == 0 && !fits(found, arg))
		found = NULL;
	fclose(file);
	return found != NULL;
}

struct search {
	const char *name;
	uid_t uid;
	char *buf;
};

static bool
has_name(const struct passwd *entry, void *arg)
{
	struct search *search = arg;

	search->uid = entry->pw_uid;
	return strcmp(entry->pw_name, search->name) == 0;
}

static bool
has_uid(const struct passwd *entry, void *arg)
{
	struct search *search = arg;

	snprintf(search->buf, USERS_NAME_MAX, "%s", entry->pw_name);
	return entry->pw_uid == search->uid;
}

bool
users_find(const char *name, uid_t *ret_uid)
{
	struct search search = { .name = name };

	if (!find(has_name, &search))
		return false;
	*ret_uid = search.uid;
	return true;
}

const char *
users_name(uid_t uid, char buf[USERS_NAME_MAX])
{
	struct search search = { .uid = uid, .buf = buf };

	if (!find(has_uid, &search))
		snprintf(buf, USERS_NAME_MAX, "%u", uid);
	return buf;
}

/* Who opened the session, as the kernel keeps it; none says (uid_t)-1. */
static bool
read_loginuid(uid_t *ret_uid)
{
	FILE *file = fopen("/proc/self/loginuid", "re");
	char text[32] = "";
	char *end = text;

	if (file == NULL)
		return false;
	if (fgets(text, sizeof(text), file) != NULL)
		*ret_uid = (uid_t)strtoul(text, &end, 10);
	fclose(file);
	return end > text && *ret_uid != (uid_t)-1;
}

const char *
users_login(char buf[USERS_NAME_MAX])
{
	static const char *const names[] = { "USER", "USERNAME", "LOGNAME" };
	struct search search = { .buf = buf };

	if (read_loginuid(&search.uid) && find(has_uid, &search))
		return buf;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value != NULL && *value != '\0')
			return value;
	}
	return "None";
}
