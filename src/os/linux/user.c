#include "os/os_user.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fail.h"
#include "base/num.h"

enum {
	ENTRY_BYTES_MAX = 1024 * 1024, /* of one entry of the user database */
	NAME_BYTES_MAX = 256,
	GROUPS_MAX = 8192, /* one order must fit a datagram (STEP_BYTES_MAX) */
};

/* -1 and its 16-bit cousin mean "no change" to the kernel. */
static bool
parse_number(const char *text, uint32_t *ret_number)
{
	uint64_t number;

	if (!num_parse(text, UINT32_MAX - 1, &number))
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

/* Calls the re-entrant look-up with a buffer that grows as it asks. */
static int
find_user(const char *name, const uint32_t *uid, struct passwd *entry, char **ret_buf)
{
	struct passwd *found = NULL;
	auto_free char *buf = NULL;
	int r = ERANGE;

	for (size_t size = 4096; r == ERANGE && size <= ENTRY_BYTES_MAX; size *= 2) {
		char *larger = realloc(buf, size);

		if (larger == NULL)
			return ENOMEM;
		buf = larger;
		r = uid != NULL ? getpwuid_r(*uid, entry, buf, size, &found)
				: getpwnam_r(name, entry, buf, size, &found);
	}
	if (found == NULL)
		return r != 0 && r != ERANGE ? r : ENOENT;
	*ret_buf = TAKE(&buf);
	return 0;
}

static int
find_group(const char *name, uint32_t *ret_gid, struct writ_error *err)
{
	struct group entry;
	struct group *found = NULL;
	auto_free char *buf = NULL;
	int r = ERANGE;

	if (parse_number(name, ret_gid))
		return 0;
	for (size_t size = 4096; r == ERANGE && size <= ENTRY_BYTES_MAX; size *= 2) {
		char *larger = realloc(buf, size);

		if (larger == NULL)
			return writ_fail_nomem(err, WRIT_STAGE_USER);
		buf = larger;
		r = getgrnam_r(name, &entry, buf, size, &found);
	}
	if (found == NULL)
		return writ_fail(err, WRIT_E_NOT_FOUND, WRIT_STAGE_USER, r, "no such group", "%s",
				 name);
	*ret_gid = entry.gr_gid;
	return 0;
}

static int
find_groups(const char *name, struct os_creds *creds, struct writ_error *err)
{
	int count = 64;

	for (;;) {
		gid_t *groups = reallocarray(creds->groups, (size_t)count, sizeof(*groups));
		int before = count;

		if (groups == NULL)
			return writ_fail_nomem(err, WRIT_STAGE_USER);
		creds->groups = groups;
		if (getgrouplist(name, creds->gid, groups, &count) >= 0)
			break;
		if (count <= before)
			count = before * 2;
		if (count > GROUPS_MAX)
			return writ_fail(err, WRIT_E_LIMIT, WRIT_STAGE_USER, 0, "too many groups",
					 "%s", name);
	}
	creds->group_count = (size_t)count;
	return 0;
}

/* A number that is in no database has the group of the same number, if none is
 * given, refused: a guess at a group is a privilege by accident. */
static int
find_creds(const char *user, const char *group, struct os_creds *creds, struct writ_error *err)
{
	bool is_number = parse_number(user, &creds->uid);
	auto_free char *buf = NULL;
	struct passwd entry = { 0 };
	int found = find_user(user, is_number ? &creds->uid : NULL, &entry, &buf);
	int r;

	if (found != 0 && (!is_number || group == NULL)) {
		writ_fail(err, WRIT_E_NOT_FOUND, WRIT_STAGE_USER, 0, "no such user", "%s", user);
		return is_number ? writ_hint(err, WRIT_E_NOT_FOUND,
					     "for a number without an entry, add a group: %s:GROUP",
					     user)
				 : WRIT_E_NOT_FOUND;
	}
	if (found == 0) {
		creds->uid = entry.pw_uid;
		creds->gid = entry.pw_gid;
	}
	if (group != NULL) {
		r = find_group(group, &creds->gid, err);
		if (r < 0)
			return r;
	}
	if (found == 0)
		return find_groups(entry.pw_name, creds, err);

	creds->groups = malloc(sizeof(*creds->groups));
	if (creds->groups == NULL)
		return writ_fail_nomem(err, WRIT_STAGE_USER);
	creds->groups[0] = creds->gid;
	creds->group_count = 1;
	return 0;
}

int
os_creds_find(const char *text, struct os_creds *ret_creds, struct writ_error *err)
{
	char user[NAME_BYTES_MAX];
	const char *colon = strchr(text, ':');
	size_t len = colon != NULL ? (size_t)(colon - text) : strlen(text);
	struct os_creds creds = { 0 };
	int r;

	if (len == 0 || len >= sizeof(user) || (colon != NULL && colon[1] == '\0'))
		return writ_fail(err, WRIT_E_SYNTAX, WRIT_STAGE_USER, 0, "not USER[:GROUP]", "%s",
				 text);
	memcpy(user, text, len);
	user[len] = '\0';

	r = find_creds(user, colon != NULL ? colon + 1 : NULL, &creds, err);
	if (r < 0) {
		os_creds_done(&creds);
		return r;
	}
	*ret_creds = creds;
	return 0;
}

void
os_creds_done(struct os_creds *creds)
{
	free(creds->groups);
	*creds = (struct os_creds){ 0 };
}
