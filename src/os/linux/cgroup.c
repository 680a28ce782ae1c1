#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "leaf.h"
#include "lift.h"
#include "os/os_clock.h"
#include "os/os_fd.h"
#include "procfs.h"

enum { CGROUP2_MAGIC = 0x63677270 }; /* linux/magic.h */

static bool
is_cgroup2(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == CGROUP2_MAGIC;
}

/* The mount point: the two usual places first, for reading all mounts costs
 * more than starting a program. */
static bool
find_mount(char *path, size_t size)
{
	static const char *const usual[] = { "/sys/fs/cgroup", "/sys/fs/cgroup/unified" };
	char line[1024];
	bool found = false;
	FILE *mounts;

	for (int i = 0; i < 2; i++) {
		if (is_cgroup2(usual[i])) {
			snprintf(path, size, "%s", usual[i]);
			return true;
		}
	}
	mounts = fopen("/proc/self/mounts", "re");
	while (mounts != NULL && !found && fgets(line, sizeof(line), mounts) != NULL) {
		char point[512];
		char type[32];

		found = sscanf(line, "%*s %511s %31s", point, type) == 2 &&
			strcmp(type, "cgroup2") == 0;
		if (found)
			snprintf(path, size, "%s", point);
	}
	if (mounts != NULL)
		fclose(mounts);
	return found;
}

/* "0::/system.slice/foo.service" */
static bool
find_own(char *path, size_t size)
{
	char text[CGROUP_PATH_MAX];

	if (procfs_read("/proc/self/cgroup", text, sizeof(text)) < 0)
		return false;
	for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;) {
		if (strncmp(line, "0::/", 4) != 0)
			continue;
		snprintf(path, size, "%s", line + 3);
		return true;
	}
	return false;
}

/* systemd owns the tree, and lets others make groups only below a unit with
 * Delegate=yes, which it marks so (systemd 251 and later; root's mark before). */
static bool
is_delegated(const char *path, size_t mount_len)
{
	char at[CGROUP_PATH_MAX];
	char value[4];

	snprintf(at, sizeof(at), "%s", path);
	for (;;) {
		if (getxattr(at, "user.delegate", value, sizeof(value)) > 0 ||
		    getxattr(at, "trusted.delegate", value, sizeof(value)) > 0)
			return true;
		char *slash = strrchr(at, '/');

		if (slash == NULL || (size_t)(slash - at) <= mount_len)
			return false;
		*slash = '\0';
	}
}

static int
refuse(struct cgroups *groups, int err_no, const char *reason)
{
	groups->err_no = err_no;
	snprintf(groups->reason, sizeof(groups->reason), "%s", reason);
	return -1;
}

static int
find_base(struct cgroups *groups, const char *dir)
{
	char own[CGROUP_PATH_MAX];
	size_t mount_len;

	if (dir != NULL) {
		snprintf(groups->path, sizeof(groups->path), "%s", dir);
		if (!is_cgroup2(dir))
			return refuse(groups, EINVAL, "not a directory of a cgroup2 file system");
	} else {
		if (!find_mount(groups->path, sizeof(groups->path)))
			return refuse(groups, ENOENT, "no cgroup2 file system is mounted");
		mount_len = strlen(groups->path);
		if (!find_own(own, sizeof(own)))
			return refuse(groups, ENOENT, "we are in no version 2 control group");
		if (strcmp(own, "/") != 0)
			snprintf(groups->path + mount_len, sizeof(groups->path) - mount_len, "%s",
				 own);
		if (access("/run/systemd/system", F_OK) == 0 &&
		    !is_delegated(groups->path, mount_len))
			return refuse(groups, EPERM, "systemd has not delegated our control group");
	}
	groups->base = fd_lift(open(groups->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (groups->base < 0)
		return refuse(groups, errno, "our control group cannot be opened");
	if (faccessat(groups->base, ".", W_OK, AT_EACCESS) < 0 ||
	    faccessat(groups->base, "cgroup.procs", W_OK, AT_EACCESS) < 0) {
		int err_no = errno;

		groups->base = os_fd_close(groups->base);
		return refuse(groups, err_no, "our control group is not ours to write");
	}
	return 0;
}

void
cgroups_open(struct cgroups *groups, const char *dir, const struct writ_id *owner)
{
	uint32_t chance;

	*groups = (struct cgroups){ .base = -1 };
	if (find_base(groups, dir) < 0)
		return;
	os_random(&chance, sizeof(chance));
	snprintf(groups->prefix, sizeof(groups->prefix), "writ-%" PRId64 "-%08" PRIx32 "-",
		 owner->pid, chance);
}

static void
free_leaf(struct leaf *leaf)
{
	leaf_rest(leaf);
	free(leaf);
}

static void
remove_all(struct cgroups *groups, struct leaf *leaves)
{
	while (leaves != NULL) {
		struct leaf *leaf = leaves;

		leaves = leaf->next;
		leaf_remove(groups->base, leaf->name, true);
		free_leaf(leaf);
	}
}

void
cgroups_close(struct cgroups *groups)
{
	remove_all(groups, groups->pool);
	remove_all(groups, groups->busy);
	cgroups_spend(groups);
	groups->base = os_fd_close(groups->base);
}

/* Nobody waits for one that is busy: it is tried again with the next. */
static void
remove_leaf(struct cgroups *groups, struct leaf *take_leaf)
{
	struct leaf *trying;

	leaf_rest(take_leaf);
	take_leaf->next = groups->busy;
	trying = take_leaf;
	groups->busy = NULL;
	while (trying != NULL) {
		struct leaf *leaf = trying;

		trying = leaf->next;
		if (leaf_remove(groups->base, leaf->name, false)) {
			free_leaf(leaf);
			continue;
		}
		leaf->next = groups->busy;
		groups->busy = leaf;
	}
}

static int
make_leaf(struct cgroups *groups, struct leaf **ret_leaf)
{
	struct leaf *leaf = calloc(1, sizeof(*leaf));
	int r = 0;

	if (leaf == NULL)
		return -ENOMEM;
	leaf->groups = groups;
	leaf->dir = leaf->events = leaf->stat = -1;
	snprintf(leaf->name, sizeof(leaf->name), "%s%u", groups->prefix, groups->made++);
	if (mkdirat(groups->base, leaf->name, 0755) < 0) {
		r = -errno;
		free_leaf(leaf);
		return r;
	}
	if (leaf_dir(leaf) < 0) {
		r = leaf->dir;
		remove_leaf(groups, leaf);
		return r;
	}
	/* clone3(2) asks for its permissions: looked up once, it stays in the kernel's
	 * cache, where it would be made and dropped for each run */
	faccessat(leaf->dir, "cgroup.procs", F_OK, 0);
	*ret_leaf = leaf;
	return 0;
}

int
leaf_get(struct cgroups *groups, struct leaf **ret_leaf)
{
	struct leaf *leaf = groups->pool;

	if (groups->base < 0)
		return -groups->err_no;
	if (leaf == NULL) {
		int r = make_leaf(groups, ret_leaf);

		if (r == 0)
			groups->used++;
		return r;
	}
	groups->pool = leaf->next;
	groups->pooled--;
	groups->used++;
	*ret_leaf = leaf;
	return 0;
}

bool
cgroups_are_crowded(const struct cgroups *groups)
{
	return groups->used > CGROUP_POOL_MAX;
}

bool
cgroups_spend(struct cgroups *groups)
{
	if (groups->reserved == 0)
		return false;
	while (groups->reserved > 0)
		os_fd_close(groups->reserve[--groups->reserved]);
	return true;
}

bool
cgroups_save(struct cgroups *groups)
{
	while (groups->reserved < CGROUP_RESERVE) {
		int fd = fcntl(groups->base, F_DUPFD_CLOEXEC, 3);

		if (fd < 0)
			return false;
		groups->reserve[groups->reserved++] = fd;
	}
	return true;
}

void
leaf_is_started(struct cgroups *groups, struct leaf *leaf)
{
	if (!cgroups_are_crowded(groups))
		return;
	leaf_rest(leaf);
	cgroups_save(groups);
}

void
leaf_put(struct cgroups *groups, struct leaf *leaf, bool clean)
{
	groups->used--;
	if (cgroups_are_crowded(groups)) {
		leaf_rest(leaf);
		cgroups_save(groups);
	} else {
		cgroups_spend(groups);
	}
	if (clean && groups->pooled < CGROUP_POOL_MAX && leaf_is_untouched(leaf)) {
		leaf->next = groups->pool;
		groups->pool = leaf;
		groups->pooled++;
		return;
	}
	remove_leaf(groups, leaf);
}
