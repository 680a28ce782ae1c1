#include "proc/search.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fail.h"
#include "os/os_path.h"
#include "proc/envp.h"

/* One entry of the path, and the program below it. NULL: out of memory. */
static char *
join(const char *dir, size_t dir_len, const char *name)
{
	size_t name_len = strlen(name);
	char *path = malloc(dir_len + name_len + 2);

	if (path == NULL)
		return NULL;
	memcpy(path, dir, dir_len);
	path[dir_len] = '/';
	memcpy(path + dir_len + 1, name, name_len + 1);
	return path;
}

static int
fail_not_executable(struct writ_error *err, const char *path, int err_no)
{
	writ_fail(err, WRIT_E_NOT_EXECUTABLE, WRIT_STAGE_SEARCH, err_no,
		  err_no == EISDIR ? "a directory" : "not executable", "%s", path);
	return err_no == EISDIR ? WRIT_E_NOT_EXECUTABLE
				: writ_hint(err, WRIT_E_NOT_EXECUTABLE,
					    "chmod +x %s, if it is a program", path);
}

static int
fail_not_found(struct writ_error *err, const char *name, const char *path)
{
	writ_fail(err, WRIT_E_NOT_FOUND, WRIT_STAGE_SEARCH, ENOENT, "not in the search path", "%s",
		  name);
	return writ_hint(err, WRIT_E_NOT_FOUND, "searched: %s", path);
}

/* Relative and empty entries mean the current directory, or one below it:
 * whoever may write there would choose the program. They are skipped. */
static int
search_path(const char *name, const char *path, char **ret_exe, struct writ_error *err)
{
	auto_free char *refused = NULL;
	int refused_errno = 0;

	for (const char *dir = path, *end; dir != NULL; dir = *end == ':' ? end + 1 : NULL) {
		auto_free char *candidate = NULL;
		int r;

		end = dir + strcspn(dir, ":");
		if (*dir != '/')
			continue;
		candidate = join(dir, (size_t)(end - dir), name);
		if (candidate == NULL)
			return writ_fail_nomem(err, WRIT_STAGE_SEARCH);
		r = os_program_check(candidate);
		if (r == 0) {
			*ret_exe = TAKE(&candidate);
			return 0;
		}
		/* in a directory that we may not search, nothing was found */
		if (refused == NULL && os_path_is_there(candidate)) {
			refused = TAKE(&candidate);
			refused_errno = -r;
		}
	}
	if (refused != NULL)
		return fail_not_executable(err, refused, refused_errno);
	return fail_not_found(err, name, path);
}

int
search_look(const char *exe, struct writ_error *err)
{
	int r = os_program_check(exe);

	if (r == -ENOENT || r == -ENOTDIR)
		return writ_fail(err, WRIT_E_NOT_FOUND, WRIT_STAGE_SEARCH, -r, NULL, "%s", exe);
	return r < 0 ? fail_not_executable(err, exe, -r) : 0;
}

static int
take_path(const char *name, bool look, char **ret_exe, struct writ_error *err)
{
	auto_free char *path = os_path_absolute(name);
	int r;

	if (path == NULL)
		return writ_fail_sys(err, WRIT_STAGE_SEARCH, errno, name);
	r = look ? search_look(path, err) : 0;
	if (r < 0)
		return r;
	*ret_exe = TAKE(&path);
	return 0;
}

int
search_program(const struct writ_cmd *cmd, bool look, char **ret_exe, struct writ_error *err)
{
	const char *name = cmd->program != NULL ? cmd->program : cmd->argv[0];
	const char *path = cmd->path;

	if (*name == '\0')
		return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_ARGV, 0, "empty", "%s",
				 "the program");
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_ARGV, 0,
				 "a directory, not a program", "%s", name);
	if (strchr(name, '/') != NULL)
		return take_path(name, look, ret_exe, err);
	if (!cmd->search) {
		writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_SEARCH, 0,
			  "no '/' in it, and no search asked for", "%s", name);
		return writ_hint(err, WRIT_E_INVAL, "give a path, or set cmd.search");
	}
	if (path == NULL)
		path = envp_lookup(&cmd->env, "PATH");
	if (path == NULL || *path == '\0') {
		writ_fail(err, WRIT_E_NOT_FOUND, WRIT_STAGE_SEARCH, ENOENT, "there is no PATH",
			  "%s", name);
		return writ_hint(err, WRIT_E_NOT_FOUND, "set PATH, or give the program's path");
	}
	return search_path(name, path, ret_exe, err);
}
