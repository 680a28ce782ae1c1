#include "os/os_path.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

int
os_program_check(const char *path)
{
	struct stat stat_buf;

	if (stat(path, &stat_buf) < 0)
		return -errno;
	if (S_ISDIR(stat_buf.st_mode))
		return -EISDIR;
	if (!S_ISREG(stat_buf.st_mode) || faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0)
		return -EACCES;
	return 0;
}

bool
os_path_is_there(const char *path)
{
	struct stat stat_buf;

	return stat(path, &stat_buf) == 0;
}

char *
os_path_current(void)
{
	char *dir = malloc(PATH_MAX);

	if (dir != NULL && getcwd(dir, PATH_MAX) != NULL && dir[0] == '/')
		return dir;
	if (dir != NULL && dir[0] != '/')
		errno = ENOENT; /* "(unreachable)/..." */
	free(dir);
	return NULL;
}

bool
os_path_is_directory(writ_fd fd)
{
	struct stat stat_buf;

	return fstat(fd, &stat_buf) == 0 && S_ISDIR(stat_buf.st_mode);
}

char *
os_path_of(writ_fd fd)
{
	char link[32];
	char *path = malloc(PATH_MAX);
	ssize_t len;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = path != NULL ? readlink(link, path, PATH_MAX - 1) : -1;
	if (len <= 0) {
		free(path);
		return NULL;
	}
	path[len] = '\0';
	return path;
}

char *
os_path_absolute(const char *path)
{
	auto_free char *dir = NULL;
	char *joined;
	size_t size;

	if (*path == '/')
		return strdup(path);
	dir = os_path_current();
	if (dir == NULL)
		return NULL;
	size = strlen(dir) + strlen(path) + 2;
	joined = malloc(size);
	if (joined != NULL)
		snprintf(joined, size, "%s/%s", strcmp(dir, "/") == 0 ? "" : dir, path);
	return joined;
}
