#include "os/os_netns.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/fail.h"
#include "os/os_fd.h"

#define NAMED "/run/netns"
#define FILES "/etc/netns"

bool
os_netns_is_name(const char *name)
{
	return name[0] != '\0' && strchr(name, '/') == NULL && strcmp(name, ".") != 0 &&
	       strcmp(name, "..") != 0 && strlen(name) <= NAME_MAX;
}

static int
fail_finding(const char *name, int err_no, struct writ_error *err)
{
	if (err_no != ENOENT)
		return writ_fail_sys(err, WRIT_STAGE_NAMESPACE, err_no, name);
	writ_fail(err, WRIT_E_NOT_FOUND, WRIT_STAGE_NAMESPACE, 0, "no such network namespace",
		  "%s", name);
	return writ_hint(err, WRIT_E_NOT_FOUND, "'ip netns list' shows those there are");
}

static int
add_files(DIR *dir, struct os_netns *netns, struct buf *buf, struct writ_error *err)
{
	struct dirent *entry;

	while ((entry = readdir(dir)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (netns->file_count++ == OS_NETNS_FILES_MAX)
			return writ_fail(err, WRIT_E_LIMIT, WRIT_STAGE_NAMESPACE, 0,
					 "too many files", FILES "/%s", netns->name);
		buf_printf(buf, FILES "/%s/%s", netns->name, entry->d_name);
		buf_add(buf, "", 1);
	}
	return 0;
}

/* The files take the place of root's own: only root may have put them there. */
static int
find_files(struct os_netns *netns, struct writ_error *err)
{
	auto_fd above = open(FILES, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = above < 0 ? -1
			   : openat(above, netns->name,
				    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	auto_buf buf = { 0 };
	struct stat stat;
	int r;

	if (fd < 0 && errno == ENOENT)
		return 0;
	if (dir == NULL) {
		r = errno;
		os_fd_close(fd);
		return writ_fail_sys(err, WRIT_STAGE_NAMESPACE, r, FILES);
	}
	r = fstat(fd, &stat) < 0 || stat.st_uid != 0 || (stat.st_mode & (S_IWGRP | S_IWOTH))
		    ? writ_fail(err, WRIT_E_SYS, WRIT_STAGE_NAMESPACE, EACCES,
				"others than root may write to it", FILES "/%s", netns->name)
		    : add_files(dir, netns, &buf, err);
	closedir(dir);
	if (r < 0)
		return r;
	netns->files_size = buf.len;
	netns->files = buf_take(&buf);
	return netns->files == NULL ? writ_fail_nomem(err, WRIT_STAGE_NAMESPACE) : 0;
}

int
os_netns_find(const char *name, struct os_netns *ret_netns, struct writ_error *err)
{
	struct os_netns netns = { .name = name };
	auto_fd dir = open(NAMED, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat stat;
	int r;

	if (dir < 0 || fstatat(dir, name, &stat, AT_SYMLINK_NOFOLLOW) < 0)
		return fail_finding(name, errno, err);
	r = find_files(&netns, err);
	if (r == 0)
		*ret_netns = netns;
	return r;
}

void
os_netns_done(struct os_netns *netns)
{
	free(netns->files);
	*netns = (struct os_netns){ 0 };
}
