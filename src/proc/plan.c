#include "proc/plan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fail.h"
#include "base/json.h"
#include "base/strv.h"
#include "os/os_path.h"
#include "os/os_tty.h"
#include "proc/check.h"
#include "proc/envp.h"
#include "proc/identity.h"
#include "proc/search.h"

static int
parse_limits(const struct writ_cmd *cmd, struct plan *plan, struct writ_error *err)
{
	size_t count = strv_count(cmd->limits);

	if (count == 0)
		return 0;
	if (count > 64)
		return writ_fail(err, WRIT_E_LIMIT, WRIT_STAGE_LIMIT, 0, "too many", "%zu", count);
	plan->limits = calloc(count, sizeof(*plan->limits));
	if (plan->limits == NULL)
		return writ_fail_nomem(err, WRIT_STAGE_LIMIT);
	for (size_t i = 0; i < count; i++) {
		int r = os_limit_parse(cmd->limits[i], &plan->limits[i], err);

		if (r < 0)
			return r;
		for (size_t k = 0; k < i; k++)
			if (plan->limits[k].resource == plan->limits[i].resource)
				return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_LIMIT, 0,
						 "given twice", "%s", cmd->limits[i]);
	}
	plan->start.limits = plan->limits;
	plan->start.limit_count = count;
	return 0;
}

/* Adds up one list; its longest string is looked at too (MAX_ARG_STRLEN). */
static int
add_sizes(const char *const *list, const char *what, uint64_t *sum, struct writ_error *err)
{
	for (size_t i = 0; list != NULL && list[i] != NULL; i++) {
		size_t len = strlen(list[i]) + 1;

		if (len > OS_ARG_STRING_MAX) {
			writ_fail(err, WRIT_E_LIMIT, WRIT_STAGE_ARGV, E2BIG,
				  "longer than the kernel takes", "%s[%zu] of %zu bytes", what, i,
				  len);
			return writ_hint(
				err, WRIT_E_LIMIT,
				"one string may have %d bytes; use standard input or a file",
				OS_ARG_STRING_MAX);
		}
		*sum += len + sizeof(char *);
	}
	return 0;
}

static int
check_sizes(const struct plan *plan, struct writ_error *err)
{
	uint64_t max = OS_ARG_STRING_MAX; /* what is always taken */
	uint64_t sum = 2 * sizeof(char *) + strlen(plan->exe) + 1 + 256; /* the launcher's own */
	int r = add_sizes(plan->start.argv, "argv", &sum, err);

	if (r == 0)
		r = add_sizes(plan->start.envp, "env", &sum, err);
	if (r == 0 && sum > max)
		max = os_args_max(plan->limits, plan->start.limit_count);
	if (r < 0 || sum <= max)
		return r;
	writ_fail(err, WRIT_E_LIMIT, WRIT_STAGE_ARGV, E2BIG, "more than the kernel takes",
		  "arguments and environment of %" PRIu64 " bytes", sum);
	return writ_hint(err, WRIT_E_LIMIT,
			 "the limit here is %" PRIu64 " bytes, a quarter of the stack limit", max);
}

static int
look_up(const struct writ_cmd *cmd, struct plan *plan, struct writ_error *err)
{
	int r = search_program(cmd, !plan->start.later, &plan->exe, err);

	if (r == 0)
		r = envp_make(&cmd->env, &plan->envp, err);
	if (r == 0)
		r = parse_limits(cmd, plan, err);
	if (r == 0 && cmd->user != NULL) {
		r = os_creds_find(cmd->user, &plan->creds, err);
		plan->start.creds = &plan->creds;
	}
	if (r == 0)
		r = identity_plan(cmd, plan, err);
	if (r < 0)
		return r;
	plan->start.exe = plan->exe;
	plan->start.argv = plan->argv != NULL ? (const char *const *)plan->argv : cmd->argv;
	plan->start.envp = plan->envp;
	return check_sizes(plan, err);
}

int
plan_make(const struct writ_cmd *cmd, struct plan *ret_plan, struct writ_error *err)
{
	int r;

	*ret_plan = (struct plan){
		.start = { .cwd = cmd->cwd,
			   .set_nice = cmd->set_nice,
			   .nice = cmd->nice,
			   .set_umask = cmd->set_umask,
			   .umask = cmd->umask,
			   .contain = cmd->contain,
			   .later = ret_plan->start.later,
			   .tell = ret_plan->start.tell,
			   .quiet = ret_plan->start.quiet },
	};
	r = look_up(cmd, ret_plan, err);
	if (r < 0) /* what was found stays for the record */
		ret_plan->start.creds = NULL;
	return r;
}

static size_t
list_size(const char *const *list)
{
	size_t size = sizeof(*list);

	for (; *list != NULL; list++)
		size += sizeof(*list) + strlen(*list) + 1;
	return size;
}

static const char *
copy_text(char **texts, const char *text)
{
	char *copy = *texts;

	*texts = stpcpy(copy, text) + 1;
	return copy;
}

/* Pointers go to `at`, which is moved on, what they point to into `texts`. */
static const char *const *
copy_list(const char ***at, char **texts, const char *const *list)
{
	const char *const *copy = *at;

	for (; *list != NULL; list++)
		*(*at)++ = copy_text(texts, *list);
	*(*at)++ = NULL;
	return copy;
}

bool
plan_keep(struct plan *plan)
{
	struct os_start *start = &plan->start;
	size_t pointers = strv_count(start->argv) + strv_count(start->envp) + 2;
	size_t cwd_size = start->cwd != NULL ? strlen(start->cwd) + 1 : 0;
	const char **at;
	char *texts;

	plan->kept = malloc(list_size(start->argv) + list_size(start->envp) + cwd_size);
	if (plan->kept == NULL)
		return false;
	at = (const char **)(void *)plan->kept;
	texts = (char *)(at + pointers);
	start->argv = copy_list(&at, &texts, start->argv);
	start->envp = copy_list(&at, &texts, start->envp);
	if (start->cwd != NULL)
		start->cwd = copy_text(&texts, start->cwd);
	return true;
}

void
plan_done(struct plan *plan)
{
	free(plan->kept);
	free(plan->exe);
	free(plan->envp);
	free(plan->limits);
	os_creds_done(&plan->creds);
	os_netns_done(&plan->netns);
	free(plan->beneath);
	free(plan->argv);
	*plan = (struct plan){ 0 };
}

/* Another's identity never shares our terminal (TIOCSTI). */
bool
plan_shares_session(const struct plan *plan, const struct writ_cmd *cmd)
{
	if (plan->start.creds != NULL)
		return false;
	return cmd->same_session || (cmd->in.kind == WRIT_IN_INHERIT && os_tty_is_ours(0));
}

static const char *
put(char **at, const char *text, size_t len)
{
	char *copy = *at;

	memcpy(copy, text, len);
	copy[len] = '\0';
	*at += len + 1;
	return copy;
}

static size_t
text_size(const char *text)
{
	return text == NULL ? 0 : strlen(text) + 1;
}

struct writ_order *
plan_order(const struct writ_cmd *cmd, const struct plan *plan)
{
	auto_free char *current = cmd->cwd != NULL   ? NULL
				  : cmd->set_cwd_fd ? os_path_of(cmd->cwd_fd)
						    : os_path_current();
	const char *cwd = cmd->cwd != NULL ? cmd->cwd : current; /* there may be none */
	size_t args = strv_count(cmd->argv);
	size_t names = strv_count(plan->envp);
	size_t size = sizeof(struct writ_order) + (args + names + 2) * sizeof(char *) +
		      text_size(plan->exe) + text_size(cwd);
	struct writ_order *order;
	char *at;

	for (size_t i = 0; i < args; i++)
		size += strlen(cmd->argv[i]) + 1;
	for (size_t i = 0; i < names; i++)
		size += strcspn(plan->envp[i], "=") + 1;
	order = malloc(size);
	if (order == NULL)
		return NULL;

	order->argv = (const char **)(order + 1);
	order->env_names = order->argv + args + 1;
	at = (char *)(order->env_names + names + 1);
	order->exe = plan->exe == NULL ? NULL : put(&at, plan->exe, strlen(plan->exe));
	order->cwd = cwd == NULL ? NULL : put(&at, cwd, strlen(cwd));
	for (size_t i = 0; i < args; i++)
		order->argv[i] = put(&at, cmd->argv[i], strlen(cmd->argv[i]));
	for (size_t i = 0; i < names; i++)
		order->env_names[i] = put(&at, plan->envp[i], strcspn(plan->envp[i], "="));
	order->argv[args] = order->env_names[names] = NULL;
	return order;
}
