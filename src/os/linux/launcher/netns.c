/* netns.c - what `ip netns exec` does (ip-netns(8)), and what it does not look at. */
#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "../sys.h"
#include "apart.h"
#include "plain.h"

enum { NSFS_TYPE = 0x6e736673 }; /* linux/magic.h: NSFS_MAGIC */

static bool
is_same(long a, long b)
{
	struct stat x;
	struct stat y;

	return sys_call2(SYS_fstat, a, &x) == 0 && sys_call2(SYS_fstat, b, &y) == 0 &&
	       x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* The user namespace that a namespace belongs to: its owner rules in it. */
static bool
is_ours_or_roots(long owner)
{
	long own = sys_call4(SYS_openat, AT_FDCWD, "/proc/self/ns/user", O_RDONLY | O_CLOEXEC, 0);
	uint32_t uid = (uint32_t)-1;
	bool good = own >= 0 && is_same(owner, own);

	if (own >= 0)
		sys_call1(SYS_close, own);
	return good || (sys_call3(SYS_ioctl, owner, NS_GET_OWNER_UID, &uid) == 0 && uid == 0);
}

static long
check(long fd)
{
	struct statfs fs;
	long owner;
	long r = sys_call2(SYS_fstatfs, fd, &fs);

	if (r < 0)
		return r;
	if (fs.f_type != NSFS_TYPE || sys_call2(SYS_ioctl, fd, NS_GET_NSTYPE) != CLONE_NEWNET)
		return -EINVAL;
	owner = sys_call2(SYS_ioctl, fd, NS_GET_USERNS);
	if (owner < 0)
		return owner;
	r = is_ours_or_roots(owner) ? 0 : -EACCES;
	sys_call1(SYS_close, owner);
	return r;
}

/* What is there may be anything: a FIFO is not waited for, a link not followed. */
long
netns_enter(const char *name)
{
	long dir = sys_call4(SYS_openat, AT_FDCWD, "/run/netns",
			     O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	long fd = dir;
	long r = dir;

	if (dir >= 0) {
		fd = sys_call4(SYS_openat, dir, name,
			       O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0);
		sys_call1(SYS_close, dir);
		r = fd;
	}
	if (fd < 0)
		return r;
	r = check(fd);
	if (r == 0)
		r = sys_call2(SYS_setns, fd, CLONE_NEWNET);
	sys_call1(SYS_close, fd);
	return r;
}

/* One that cannot be taken away is covered; read-only, if it is (a container's). */
static long
mount_sys(const char *name)
{
	struct statfs fs;
	long flags = 0;

	if (sys_call2(SYS_umount2, "/sys", MNT_DETACH) < 0 &&
	    sys_call2(SYS_statfs, "/sys", &fs) == 0)
		flags = fs.f_flags & MS_RDONLY;
	return sys_call5(SYS_mount, name, "/sys", "sysfs", flags, NULL);
}

/* The working directory goes along into new mounts, a descriptor does not. */
static long
move_directory(int cwd)
{
	long fd = sys_call4(SYS_openat, AT_FDCWD, ".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	long r = fd;

	if (fd >= 0) {
		r = sys_call3(SYS_dup3, fd, cwd, 0);
		sys_call1(SYS_close, fd);
	}
	return r;
}

long
netns_mount(const char *name, int cwd)
{
	long r = cwd >= 0 ? sys_call1(SYS_fchdir, cwd) : 0;

	if (r >= 0)
		r = sys_call1(SYS_unshare, CLONE_NEWNS);
	/* what is mounted here stays here */
	if (r >= 0)
		r = sys_call5(SYS_mount, "", "/", "none", MS_SLAVE | MS_REC, NULL);
	if (r >= 0)
		r = mount_sys(name);
	if (r >= 0 && cwd >= 0)
		r = move_directory(cwd);
	return r;
}

static const char *
last_name(const char *path)
{
	const char *name = path;

	for (; *path != '\0'; path++)
		if (*path == '/')
			name = path + 1;
	return name;
}

/* It is opened first, so that what was looked at is what is mounted. */
long
netns_bind(const char *path)
{
	struct line source = { .len = 0 };
	struct line target = { .len = 0 };
	struct stat stat;
	long fd = sys_call4(SYS_openat, AT_FDCWD, path, O_PATH | O_CLOEXEC, 0);
	long r;

	if (fd < 0)
		return fd;
	line_add(&source, "/proc/self/fd/");
	line_add_int(&source, fd);
	line_add(&target, "/etc/");
	line_add(&target, last_name(path));
	r = sys_call2(SYS_fstat, fd, &stat);
	if (r == 0 && stat.st_uid != 0)
		r = -EACCES;
	if (r == 0 && !S_ISREG(stat.st_mode) && !S_ISDIR(stat.st_mode))
		r = -EINVAL;
	if (r == 0)
		r = sys_call5(SYS_mount, source.text, target.text, "none", MS_BIND, NULL);
	sys_call1(SYS_close, fd);
	return r;
}
