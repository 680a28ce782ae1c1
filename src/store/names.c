#include "store/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "writ.h"

enum {
	ANSWER_MAX_MS = 20000,
	ANSWER_BYTES_MAX = 1024 * 1024,
	GROUPS_MAX = 65536,
	STATUS_NO_ENTRY = 2, /* getent(1) */
};

/* What was found of a name, or that it is not there. */
struct known {
	struct known *next;
	char *name;
	bool is_group;
	int code;
	char *answer; /* that the texts of `user` point into */
	struct policy_user user;
	uint32_t *groups;
};

struct names {
	struct known *known;
};

struct names *
names_new(void)
{
	return calloc(1, sizeof(struct names));
}

struct names *
names_free(struct names *names)
{
	while (names != NULL && names->known != NULL) {
		struct known *known = names->known;

		names->known = known->next;
		free(known->name);
		free(known->answer);
		free(known->groups);
		free(known);
	}
	free(names);
	return NULL;
}

/* What getent prints; the caller frees it. */
static int
ask(const char *database, const char *name, char **ret_text)
{
	struct writ_cmd cmd = { .size = sizeof(cmd) };
	struct writ_result result = { .size = sizeof(result) };
	int r;

	cmd.argv = WRIT_LIST("/usr/bin/getent", "--", database, name);
	cmd.timeout_ms = ANSWER_MAX_MS;
	cmd.out.max_bytes = ANSWER_BYTES_MAX;
	r = writ_run(NULL, &cmd, &result, NULL);
	if (r < 0)
		return r;
	r = WRIT_E_SYS;
	if (result.cause == WRIT_EXITED && result.exit_code == STATUS_NO_ENTRY)
		r = WRIT_E_NOT_FOUND;
	if (result.cause == WRIT_EXITED && result.exit_code == 0 && !result.out.truncated) {
		*ret_text = strndup(result.out.data != NULL ? result.out.data : "", result.out.len);
		r = *ret_text != NULL ? 0 : WRIT_E_NOMEM;
	}
	writ_result_done(&result);
	return r;
}

static bool
take_number(char **rest, uint32_t *ret_number)
{
	const char *field = strsep(rest, ":");
	uint64_t number;

	if (field == NULL || !num_parse(field, UINT32_MAX - 1, &number))
		return false;
	*ret_number = (uint32_t)number;
	return true;
}

/* "name:x:uid:gid:gecos:home:shell" */
static int
read_user(struct known *known)
{
	char *rest = known->answer;

	rest[strcspn(rest, "\n")] = '\0';
	known->user.name = strsep(&rest, ":");
	strsep(&rest, ":");
	if (rest == NULL || !take_number(&rest, &known->user.uid) ||
	    !take_number(&rest, &known->user.gid) || strsep(&rest, ":") == NULL)
		return WRIT_E_SYNTAX;
	known->user.home = strsep(&rest, ":");
	return known->user.home != NULL ? 0 : WRIT_E_SYNTAX;
}

/* "name   gid gid ..." */
static int
read_groups(struct known *known)
{
	auto_free char *text = NULL;
	char *rest;
	int r = ask("initgroups", known->user.name, &text);

	if (r < 0)
		return r;
	known->groups = calloc(strlen(text) / 2 + 1, sizeof(*known->groups));
	if (known->groups == NULL)
		return WRIT_E_NOMEM;
	rest = text + strcspn(text, " \t\n");
	for (char *word; (word = strsep(&rest, " \t\n")) != NULL;) {
		uint64_t gid;

		if (*word == '\0')
			continue;
		if (!num_parse(word, UINT32_MAX - 1, &gid) || known->user.group_count == GROUPS_MAX)
			return WRIT_E_SYNTAX;
		known->groups[known->user.group_count++] = (uint32_t)gid;
	}
	known->user.groups = known->groups;
	return 0;
}

/* "name:x:gid:members" */
static int
read_group(struct known *known)
{
	char *rest = known->answer;

	rest[strcspn(rest, "\n")] = '\0';
	strsep(&rest, ":");
	strsep(&rest, ":");
	return rest != NULL && take_number(&rest, &known->user.gid) ? 0 : WRIT_E_SYNTAX;
}

static int
look_up(struct known *known)
{
	int r = ask(known->is_group ? "group" : "passwd", known->name, &known->answer);

	if (r < 0)
		return r;
	if (known->is_group)
		return read_group(known);
	r = read_user(known);
	return r < 0 ? r : read_groups(known);
}

static struct known *
find(struct names *names, const char *name, bool is_group)
{
	struct known *known = names->known;

	while (known != NULL && (known->is_group != is_group || strcmp(known->name, name) != 0))
		known = known->next;
	if (known != NULL)
		return known;
	known = calloc(1, sizeof(*known));
	if (known == NULL)
		return NULL;
	known->name = strdup(name);
	if (known->name == NULL) {
		free(known);
		return NULL;
	}
	known->is_group = is_group;
	known->next = names->known;
	names->known = known;
	known->code = look_up(known);
	return known;
}

int
names_user(void *ctx, const char *name, struct policy_user *ret_user)
{
	const struct known *known = find(ctx, name, false);

	if (known == NULL)
		return WRIT_E_NOMEM;
	if (known->code == 0)
		*ret_user = known->user;
	return known->code;
}

int
names_group(void *ctx, const char *name, uint32_t *ret_gid)
{
	const struct known *known = find(ctx, name, true);

	if (known == NULL)
		return WRIT_E_NOMEM;
	if (known->code == 0)
		*ret_gid = known->user.gid;
	return known->code;
}
