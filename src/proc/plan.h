/* plan.h - a request with everything looked up: what will run, and how. */
#ifndef WRIT_PROC_PLAN_H
#define WRIT_PROC_PLAN_H

#include "os/os_child.h"
#include "writ/result.h"

/* What the record needs of a request: one block, owned by the result. */
struct writ_order {
	const char *exe; /* NULL: not found */
	const char *cwd;
	const char **argv;	/* NULL-ended */
	const char **env_names; /* NULL-ended */
};

struct plan {
	struct os_start start; /* borrows from the rest, and from the request */
	char *kept; /* what it borrowed from the request, copied */
	char *exe;
	const char **envp;
	struct os_limit *limits;
	struct os_creds creds;
	struct os_netns netns;
	struct os_beneath *beneath;
	char **argv; /* NULL: the request's */
};

/* Looks everything up. `cmd` is checked, and must outlive the plan.
 * Errors: those of search_program(), envp_make(), os_creds_find(),
 * os_limit_parse(), and WRIT_E_LIMIT for what the kernel would refuse. */
int plan_make(const struct writ_cmd *cmd, struct plan *ret_plan, struct writ_error *err);
void plan_done(struct plan *plan);

/* Does the program stay in our session? Only where that was asked, or where it is to
 * be in the foreground of our terminal. */
bool plan_shares_session(const struct plan *plan, const struct writ_cmd *cmd);

/* From now on the plan borrows nothing from the request, nor from the environment.
 * False: out of memory. */
bool plan_keep(struct plan *plan);

/* A copy of what the record needs; NULL: out of memory. */
struct writ_order *plan_order(const struct writ_cmd *cmd, const struct plan *plan);

#endif
