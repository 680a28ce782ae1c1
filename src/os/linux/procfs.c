#include "procfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "os/os_fd.h"
#include "os/os_id.h"
#include "launcher/note.h"

enum { CMDLINE_BYTES_MAX = 4 * 1024 * 1024 }; /* more than the kernel lets any be */

static int
read_to_end(int fd, char *buf, size_t size)
{
	size_t len = 0;

	while (len < size - 1) {
		int64_t r = os_fd_read(fd, buf + len, size - 1 - len);

		if (r < 0)
			return (int)r;
		if (r == 0)
			break;
		len += (size_t)r;
	}
	buf[len] = '\0';
	return (int)len;
}

int
procfs_read_at(int dir, const char *path, char *buf, size_t size)
{
	auto_fd fd = openat(dir, path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return read_to_end(fd, buf, size);
}

int
procfs_read(const char *path, char *buf, size_t size)
{
	return procfs_read_at(AT_FDCWD, path, buf, size);
}

int
procfs_write_at(int dir, const char *path, const char *text)
{
	auto_fd fd = openat(dir, path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return -errno;
	return 0;
}

/* The field `number` of what follows the name, counted as in proc_pid_stat(5),
 * in which the state, right after the name, is the third. */
static bool
read_number(const char *after_name, int number, uint64_t *ret_value)
{
	const char *at = after_name;

	for (int i = 3; i < number && at != NULL; i++)
		at = strchr(at + 1, ' ');
	if (at == NULL)
		return false;
	at++;
	return num_read(&at, UINT64_MAX, ret_value);
}

/* "PID (NAME) STATE PPID PGRP SESSION ... START": the name may hold blanks and
 * parentheses, so it ends at the last ')'. */
int
os_stat_read(int64_t pid, struct os_stat *ret_stat)
{
	char path[48];
	char text[1024];
	struct os_stat stat = { .pid = pid };
	uint64_t ppid;
	uint64_t session;
	char *begin;
	char *end;
	int r;

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/stat", pid);
	r = procfs_read(path, text, sizeof(text));
	if (r < 0)
		return r == -ENOENT ? -ESRCH : r;
	begin = strchr(text, '(');
	end = strrchr(text, ')');
	if (begin == NULL || end == NULL || strlen(end) < 3 || !read_number(end + 1, 4, &ppid) ||
	    !read_number(end + 1, 6, &session) || !read_number(end + 1, 22, &stat.start_ticks))
		return -EIO;
	stat.state = end[2];
	stat.ppid = (int64_t)ppid;
	stat.session = (int64_t)session;
	*end = '\0';
	snprintf(stat.name, sizeof(stat.name), "%s", begin + 1);
	*ret_stat = stat;
	return 0;
}

int64_t *
os_pids(void)
{
	DIR *dir = opendir("/proc");
	auto_free int64_t *list = NULL;
	size_t count = 0;
	struct dirent *entry;
	bool failed = dir == NULL;

	while (!failed && (entry = readdir(dir)) != NULL) {
		uint64_t pid;

		if (!num_parse(entry->d_name, INT32_MAX, &pid))
			continue;
		if ((count & (count + 1)) == 0) { /* full: 0, 1, 3, 7 ... */
			int64_t *larger = reallocarray(list, 2 * (count + 1), sizeof(*list));

			failed = larger == NULL;
			if (failed)
				break;
			list = larger;
		}
		list[count++] = (int64_t)pid;
		list[count] = 0;
	}
	if (dir != NULL)
		closedir(dir);
	return failed ? NULL : TAKE(&list);
}

int
os_cmdline_read(int64_t pid, char **ret_block, size_t *ret_len)
{
	char path[48];
	auto_free char *block = NULL;
	int len = 0;

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/cmdline", pid);
	for (size_t size = 4096; size <= CMDLINE_BYTES_MAX; size *= 4) {
		char *larger = realloc(block, size);

		if (larger == NULL)
			return -ENOMEM;
		block = larger;
		len = procfs_read(path, block, size);
		if (len < 0)
			return len == -ENOENT ? -ESRCH : len;
		if ((size_t)len < size - 1)
			break;
	}
	*ret_len = (size_t)len;
	*ret_block = TAKE(&block);
	return 0;
}

int
os_file_head(int64_t pid, const char *path, char *buf, size_t size)
{
	char link[48];
	auto_fd cwd = -1;
	auto_fd fd = -1;

	snprintf(link, sizeof(link), "/proc/%" PRId64 "/cwd", pid);
	if (*path != '/') {
		cwd = open(link, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (cwd < 0)
			return -errno;
	}
	/* whatever it is, opening it must not wait */
	fd = openat(cwd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	return read_to_end(fd, buf, size);
}

bool
os_run_name(int64_t pid, char buf[OS_RUN_NAME_MAX])
{
	char path[48];
	char text[4096];
	char *line = NULL;
	char *leaf;

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/cgroup", pid);
	if (procfs_read(path, text, sizeof(text)) < 0)
		return false;
	for (char *rest = text, *one; (one = strsep(&rest, "\n")) != NULL;)
		if (strncmp(one, "0::", 3) == 0)
			line = one + 3;
	leaf = line != NULL ? strstr(line, "/writ-") : NULL;
	if (leaf == NULL)
		return false;
	leaf[1 + strcspn(leaf + 1, "/")] = '\0';
	snprintf(buf, OS_RUN_NAME_MAX, "%s", line);
	return true;
}

bool
os_is_launcher(const struct os_stat *stat)
{
	return strcmp(stat->name, NOTE_NAME) == 0;
}
