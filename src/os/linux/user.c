#include "os/os_user.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fail.h"
#include "base/num.h"
#include "getent.h"
#include "writ/cmd.h"

enum {
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

/* getent(1) takes " 0", "+0" and 4294967296 for numbers, and the last for 0: what
 * reads as a number, but is none for us, must not be asked for. */
static bool
is_like_a_number(const char *text)
{
	text += strspn(text, " \t\n\v\f\r");
	text += *text == '+' || *text == '-';
	return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

/* A name or a number of a database; see getent_ask(). */
static int
ask(const char *database, const char *key, char **ret_entry)
{
	uint32_t number;

	if (is_like_a_number(key) && !parse_number(key, &number))
		return -ENOENT;
	return getent_ask(database, key, ret_entry);
}

static int
fail_asking(struct writ_error *err, const char *name, int err_no)
{
	static const struct {
		int err_no;
		const char *why;
	} known[] = {
		{ ENOSYS, "there is no getent(1) to look it up" },
		{ ETIMEDOUT, "the user database does not answer" },
		{ EBADMSG, "getent(1) answers what is no entry" },
	};
	const char *why = NULL;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].err_no == err_no)
			why = known[i].why;
	writ_fail(err, WRIT_E_SYS, WRIT_STAGE_USER, err_no, why, "%s", name);
	return writ_hint(err, WRIT_E_SYS,
			 "'getent passwd %s' shows it; numbers need no database: UID:GID", name);
}

/* Field `index` of "a:b:c", as a number. */
static bool
number_in(const char *entry, int index, uint32_t *ret_number)
{
	char text[16];
	size_t len;

	for (; index > 0 && entry != NULL; index--) {
		entry = strchr(entry, ':');
		entry = entry != NULL ? entry + 1 : NULL;
	}
	if (entry == NULL)
		return false;
	len = strcspn(entry, ":");
	if (len >= sizeof(text))
		return false;
	memcpy(text, entry, len);
	text[len] = '\0';
	return parse_number(text, ret_number);
}

/* "NAME:PASSWORD:UID:GID:..." (passwd(5)). Returns 0, or -errno. */
static int
find_user(const char *key, struct os_creds *creds, char **ret_entry)
{
	uint32_t number;
	int r = ask("passwd", key, ret_entry);

	if (r < 0)
		return r;
	if (!number_in(*ret_entry, 2, &creds->uid) || !number_in(*ret_entry, 3, &creds->gid))
		return -EBADMSG;
	return parse_number(key, &number) && creds->uid != number ? -EBADMSG : 0;
}

static int
find_group(const char *name, uint32_t *ret_gid, struct writ_error *err)
{
	auto_free char *entry = NULL;
	int r;

	if (parse_number(name, ret_gid))
		return 0;
	r = ask("group", name, &entry);
	if (r == -ENOENT)
		return writ_fail(err, WRIT_E_NOT_FOUND, WRIT_STAGE_USER, 0, "no such group", "%s",
				 name);
	if (r == 0 && !number_in(entry, 2, ret_gid)) /* "NAME:PASSWORD:GID:..." */
		r = -EBADMSG;
	return r < 0 ? fail_asking(err, name, -r) : 0;
}

static int
compare_groups(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a;
	uint32_t y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Each once, so that as many read back are the same. */
static size_t
sort_groups(uint32_t *groups, size_t count)
{
	size_t kept = 0;

	qsort(groups, count, sizeof(*groups), compare_groups);
	for (size_t i = 0; i < count; i++)
		if (kept == 0 || groups[kept - 1] != groups[i])
			groups[kept++] = groups[i];
	return kept;
}

/* The first is that of the process, the others follow: "NAME  12 34". */
static int
take_groups(const char *rest, struct os_creds *creds)
{
	uint64_t number;

	creds->groups[0] = creds->gid;
	creds->group_count = 1;
	for (rest += strspn(rest, " "); *rest != '\0'; rest += strspn(rest, " ")) {
		if (creds->group_count == GROUPS_MAX)
			return -E2BIG;
		if (!num_read(&rest, UINT32_MAX - 1, &number))
			return -EBADMSG;
		if (number != creds->gid)
			creds->groups[creds->group_count++] = (uint32_t)number;
	}
	return 0;
}

/* `entry` is that of the user; NULL: there is none, so there are no groups. */
static int
find_groups(const char *entry, struct os_creds *creds, struct writ_error *err)
{
	auto_free char *name = entry != NULL ? strndup(entry, strcspn(entry, ":")) : NULL;
	auto_free char *line = NULL;
	int r;

	creds->groups = calloc(GROUPS_MAX, sizeof(*creds->groups));
	if (creds->groups == NULL || (entry != NULL && name == NULL))
		return writ_fail_nomem(err, WRIT_STAGE_USER);
	if (entry == NULL)
		return take_groups("", creds);
	r = getent_ask("initgroups", name, &line);
	if (r == 0)
		r = strncmp(line, name, strlen(name)) == 0
			    ? take_groups(line + strlen(name), creds)
			    : -EBADMSG;
	if (r == -E2BIG)
		return writ_fail(err, WRIT_E_LIMIT, WRIT_STAGE_USER, 0, "too many groups", "%s",
				 name);
	if (r == 0)
		creds->group_count = sort_groups(creds->groups, creds->group_count);
	return r < 0 ? fail_asking(err, name, -r) : 0;
}

/* A number that is in no database has the group of the same number, if none is
 * given, refused: a guess at a group is a privilege by accident. */
static int
find_creds(const char *user, const char *group, struct os_creds *creds, struct writ_error *err)
{
	bool is_number = parse_number(user, &creds->uid);
	auto_free char *entry = NULL;
	int r = find_user(user, creds, &entry);

	if (r == -ENOSYS && is_number && group != NULL) /* without getent(1), no entry */
		r = -ENOENT;
	if (r == -ENOENT && (!is_number || group == NULL)) {
		writ_fail(err, WRIT_E_NOT_FOUND, WRIT_STAGE_USER, 0, "no such user", "%s", user);
		return is_number ? writ_hint(err, WRIT_E_NOT_FOUND,
					     "for a number without an entry, add a group: %s:GROUP",
					     user)
				 : WRIT_E_NOT_FOUND;
	}
	if (r < 0 && r != -ENOENT)
		return fail_asking(err, user, -r);
	r = group != NULL ? find_group(group, &creds->gid, err) : 0;
	return r < 0 ? r : find_groups(entry, creds, err);
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

int
os_creds_copy(const struct writ_creds *from, struct os_creds *ret_creds, struct writ_error *err)
{
	struct os_creds creds = { .uid = (uint32_t)from->uid, .gid = (uint32_t)from->gid };
	size_t size = from->group_count * sizeof(*creds.groups);

	creds.groups = malloc(size + 1);
	if (creds.groups == NULL)
		return writ_fail_nomem(err, WRIT_STAGE_IDENTITY);
	if (size > 0)
		memcpy(creds.groups, from->groups, size);
	creds.group_count = sort_groups(creds.groups, from->group_count);
	*ret_creds = creds;
	return 0;
}

void
os_creds_done(struct os_creds *creds)
{
	free(creds->groups);
	*creds = (struct os_creds){ 0 };
}
