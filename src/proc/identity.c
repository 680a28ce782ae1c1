#include "proc/identity.h"

#include <errno.h>
#include <inttypes.h>

#include "base/fail.h"
#include "os/os_cap.h"
#include "os/os_path.h"
#include "proc/beneath.h"

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

static int
check_caps(const struct writ_cmd *cmd, struct writ_error *err)
{
	if (cmd->set_bounding_caps && (cmd->ambient_caps & ~cmd->bounding_caps) != 0)
		return refuse(err, WRIT_STAGE_CAPABILITY, "ambient_caps",
			      "not all are in the bounding set");
	return 0;
}

static int
check_directory(const struct writ_cmd *cmd, struct writ_error *err)
{
	if (!cmd->set_cwd_fd)
		return 0;
	if (cmd->cwd != NULL)
		return refuse(err, WRIT_STAGE_CHDIR, "cwd_fd", "a path is given too");
	if (!os_path_is_directory(cmd->cwd_fd))
		return refuse(err, WRIT_STAGE_CHDIR, "cwd_fd", "not an open directory");
	return 0;
}

int
identity_check(const struct writ_cmd *cmd, struct writ_error *err)
{
	int r = check_creds(cmd, err);

	if (r == 0)
		r = check_caps(cmd, err);
	if (r == 0)
		r = check_directory(cmd, err);
	if (r == 0)
		r = beneath_check(cmd, err);
	if (r == 0 && cmd->netns != NULL && !os_netns_is_name(cmd->netns))
		r = refuse(err, WRIT_STAGE_NAMESPACE, cmd->netns, "not a name of a namespace");
	return r;
}

/* The first of those that nobody here can give, by its name. */
static int
check_ambient(uint64_t caps, struct writ_error *err)
{
	uint64_t own = os_caps_permitted();

	for (int cap = 0; cap < 64; cap++) {
		const char *name = writ_cap_name(cap);
		bool known = os_cap_is_known(cap);

		if (!(caps & WRIT_CAP_BIT(cap)) || (known && (own & WRIT_CAP_BIT(cap)) != 0))
			continue;
		writ_fail(err, known ? WRIT_E_SYS : WRIT_E_UNSUPPORTED, WRIT_STAGE_CAPABILITY,
			  known ? EPERM : 0, known ? NULL : "this kernel does not have it", "%s",
			  name != NULL ? name : "number");
		return known ? writ_hint(err, WRIT_E_SYS,
					 "the caller does not have it, and cannot give it")
			     : WRIT_E_UNSUPPORTED;
	}
	return 0;
}

static int
plan_caps(const struct writ_cmd *cmd, struct os_start *start, struct writ_error *err)
{
	start->set_caps = start->creds != NULL || cmd->ambient_caps != 0 || cmd->set_bounding_caps;
	if (!start->set_caps)
		return 0;
	start->apart = true;
	start->is_root = start->creds != NULL ? start->creds->uid == 0 : os_is_root();
	start->ambient_caps = cmd->ambient_caps;
	start->bounding_caps = cmd->set_bounding_caps ? cmd->bounding_caps : UINT64_MAX;
	if (start->is_root && start->ambient_caps != 0) {
		refuse(err, WRIT_STAGE_CAPABILITY, "ambient_caps",
		       "the program is root's, and has what the bounding set has");
		return writ_hint(err, WRIT_E_INVAL,
				 "restrict the bounding set, or change the user");
	}
	return check_ambient(start->ambient_caps, err);
}

int
identity_plan(const struct writ_cmd *cmd, struct plan *plan, struct writ_error *err)
{
	struct os_start *start = &plan->start;
	int r = 0;

	if (cmd->creds != NULL) {
		r = os_creds_copy(cmd->creds, &plan->creds, err);
		start->creds = &plan->creds;
	}
	if (r == 0)
		r = plan_caps(cmd, start, err);
	if (r == 0 && cmd->netns != NULL) {
		r = os_netns_find(cmd->netns, &plan->netns, err);
		start->netns = &plan->netns;
		start->apart = true;
	}
	if (r == 0 && cmd->beneath_count > 0)
		r = beneath_plan(cmd, plan, err);
	start->no_new_privs = cmd->no_new_privs;
	start->set_cwd_fd = cmd->set_cwd_fd;
	start->cwd_fd = cmd->cwd_fd;
	return r;
}
