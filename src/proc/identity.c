#include "proc/identity.h"

#include <inttypes.h>

#include "base/fail.h"

enum { ID_MAX = UINT32_MAX - 1 }; /* -1 means "no change" to the kernel */

static int
refuse(struct writ_error *err, int stage, const char *subject, const char *why)
{
	return writ_fail(err, WRIT_E_INVAL, stage, 0, why, "%s", subject);
}

static bool
is_id(int64_t number)
{
	return number >= 0 && number <= ID_MAX;
}

static int
check_creds(const struct writ_cmd *cmd, struct writ_error *err)
{
	const struct writ_creds *creds = cmd->creds;

	if (creds == NULL)
		return 0;
	if (cmd->user != NULL)
		return refuse(err, WRIT_STAGE_IDENTITY, "creds", "a user is given too");
	if (!is_id(creds->uid) || !is_id(creds->gid))
		return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_IDENTITY, 0, "not an id",
				 "%" PRId64 ":%" PRId64, creds->uid, creds->gid);
	if (creds->groups == NULL && creds->group_count > 0)
		return refuse(err, WRIT_STAGE_IDENTITY, "groups", "a count without groups");
	if (creds->group_count > WRIT_CREDS_GROUPS_MAX)
		return writ_fail(err, WRIT_E_LIMIT, WRIT_STAGE_IDENTITY, 0, "too many groups",
				 "%zu", creds->group_count);
	for (size_t i = 0; i < creds->group_count; i++)
		if (!is_id(creds->groups[i]))
			return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_IDENTITY, 0, "not an id",
					 "groups[%zu]", i);
	return 0;
}

/* What a request can ask for, and this library cannot do yet. */
static int
check_possible(const struct writ_cmd *cmd, struct writ_error *err)
{
	const struct {
		const char *name;
		int stage;
		bool asked;
	} wishes[] = {
		{ "ambient_caps", WRIT_STAGE_CAPABILITY, cmd->ambient_caps != 0 },
		{ "bounding_caps", WRIT_STAGE_CAPABILITY, cmd->set_bounding_caps },
		{ "no_new_privs", WRIT_STAGE_CAPABILITY, cmd->no_new_privs },
		{ "netns", WRIT_STAGE_NAMESPACE, cmd->netns != NULL },
		{ "beneath", WRIT_STAGE_PATH, cmd->beneath_count > 0 },
		{ "cwd_fd", WRIT_STAGE_CHDIR, cmd->set_cwd_fd },
	};

	for (size_t i = 0; i < sizeof(wishes) / sizeof(wishes[0]); i++)
		if (wishes[i].asked)
			return writ_fail(err, WRIT_E_UNSUPPORTED, wishes[i].stage, 0, NULL, "%s",
					 wishes[i].name);
	return 0;
}

int
identity_check(const struct writ_cmd *cmd, struct writ_error *err)
{
	int r = check_creds(cmd, err);

	if (r == 0)
		r = check_possible(cmd, err);
	return r;
}

int
identity_plan(const struct writ_cmd *cmd, struct plan *plan, struct writ_error *err)
{
	int r = 0;

	if (cmd->creds != NULL) {
		r = os_creds_copy(cmd->creds, &plan->creds, err);
		plan->start.creds = &plan->creds;
	}
	return r;
}
