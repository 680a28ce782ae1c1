#include "proc/beneath.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "base/strv.h"

enum {
	PATH_BYTES_MAX = 4096,
	NAME_BYTES = 24, /* of "/proc/self/fd/N" */
};

static int
refuse(struct writ_error *err, const char *subject, const char *why)
{
	return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_PATH, 0, why, "%s", subject);
}

/* Is there a name ".." in it? */
static bool
goes_up(const char *path)
{
	for (const char *at = path; (at = strstr(at, "..")) != NULL; at += 2)
		if ((at == path || at[-1] == '/') && (at[2] == '/' || at[2] == '\0'))
			return true;
	return false;
}

static bool
is_name(const char *name)
{
	return *name != '\0' && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* What of the path is in `base`; NULL: it does not begin with that. */
static const char *
path_in(const char *base, const char *path)
{
	size_t len = strlen(base);

	if (*path != '/')
		return path;
	while (len > 0 && base[len - 1] == '/')
		len--;
	if (strncmp(path, base, len) != 0 || (path[len] != '/' && path[len] != '\0'))
		return NULL;
	path += len;
	path += strspn(path, "/");
	return *path != '\0' ? path : ".";
}

static int
check_base(const struct writ_beneath *beneath, struct writ_error *err)
{
	const char *base = beneath->base;

	if (base == NULL || *base != '/' || goes_up(base))
		return refuse(err, base != NULL ? base : "base", "not a plain absolute path");
	if (beneath->kind < WRIT_BENEATH_READ || beneath->kind > WRIT_BENEATH_PARENT)
		return refuse(err, base, "not a kind of file");
	if (strlen(base) >= PATH_BYTES_MAX)
		return writ_fail(err, WRIT_E_LIMIT, WRIT_STAGE_PATH, 0, "too long", "base");
	return 0;
}

static int
check_path(const struct writ_beneath *beneath, const char *path, struct writ_error *err)
{
	const char *in = path_in(beneath->base, path);
	const char *slash = strrchr(path, '/');

	if (*path == '\0' || in == NULL)
		return refuse(err, path, "not in the directory that it must be in");
	if (beneath->kind == WRIT_BENEATH_PARENT &&
	    (*path != '/' || strcmp(in, ".") == 0 || !is_name(slash + 1)))
		return refuse(err, path, "not the absolute path of a file");
	if (strlen(path) >= PATH_BYTES_MAX)
		return writ_fail(err, WRIT_E_LIMIT, WRIT_STAGE_PATH, 0, "too long", "path");
	return 0;
}

int
beneath_check(const struct writ_cmd *cmd, struct writ_error *err)
{
	size_t args = strv_count(cmd->argv);
	int r = 0;

	if (cmd->beneath == NULL && cmd->beneath_count > 0)
		return refuse(err, "beneath", "a count without files");
	if (cmd->beneath_count > WRIT_BENEATH_MAX)
		return writ_fail(err, WRIT_E_LIMIT, WRIT_STAGE_PATH, 0, "too many", "%zu",
				 cmd->beneath_count);
	for (size_t i = 0; i < cmd->beneath_count && r == 0; i++) {
		const struct writ_beneath *beneath = &cmd->beneath[i];

		for (size_t k = 0; k < i; k++)
			if (cmd->beneath[k].arg == beneath->arg)
				return refuse(err, "beneath", "two files in one argument");
		if (beneath->arg < 1 || beneath->arg >= args ||
		    beneath->offset >= strlen(cmd->argv[beneath->arg]))
			return refuse(err, "beneath", "not in an argument");
		r = check_base(beneath, err);
		if (r == 0)
			r = check_path(beneath, cmd->argv[beneath->arg] + beneath->offset, err);
	}
	return r;
}

/* The lowest from `from` on that is not passed. */
static int
free_number(const struct writ_cmd *cmd, int from)
{
	for (size_t i = 0; i < cmd->pass_count; i++)
		if (cmd->pass[i].to == from)
			return free_number(cmd, from + 1);
	return from;
}

/* Room for the pointers, and behind them for the texts that change. */
static char **
copy_argv(const struct writ_cmd *cmd, char **ret_texts)
{
	size_t count = strv_count(cmd->argv);
	size_t size = (count + 1) * sizeof(char *);
	char **argv;

	for (size_t i = 0; i < cmd->beneath_count; i++)
		size += cmd->beneath[i].offset + NAME_BYTES;
	argv = malloc(size);
	if (argv == NULL)
		return NULL;
	memcpy(argv, cmd->argv, (count + 1) * sizeof(char *));
	*ret_texts = (char *)(argv + count + 1);
	return argv;
}

int
beneath_plan(const struct writ_cmd *cmd, struct plan *plan, struct writ_error *err)
{
	int next = 3;
	char *text;

	plan->argv = copy_argv(cmd, &text);
	plan->beneath = calloc(cmd->beneath_count, sizeof(*plan->beneath));
	if (plan->argv == NULL || plan->beneath == NULL)
		return writ_fail_nomem(err, WRIT_STAGE_PATH);
	for (size_t i = 0; i < cmd->beneath_count; i++) {
		const struct writ_beneath *from = &cmd->beneath[i];
		const char *arg = cmd->argv[from->arg];
		struct os_beneath *to = &plan->beneath[i];

		*to = (struct os_beneath){ .fd = -1,
					   .kind = from->kind,
					   .base = from->base,
					   .path = path_in(from->base, arg + from->offset) };
		if (from->kind == WRIT_BENEATH_PARENT)
			continue;
		to->fd = free_number(cmd, next);
		next = to->fd + 1;
		plan->argv[from->arg] = text;
		text += snprintf(text, from->offset + NAME_BYTES, "%.*s/proc/self/fd/%d",
				 (int)from->offset, arg, to->fd) +
			1;
	}
	plan->start.beneath = plan->beneath;
	plan->start.beneath_count = cmd->beneath_count;
	plan->start.apart = true;
	return 0;
}
