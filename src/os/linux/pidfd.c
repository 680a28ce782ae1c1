#include "pidfd.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lift.h"

enum { PIDFS_MAGIC = 0x50494446 }; /* linux/magic.h, since 6.9 */

/* linux/pidfd.h, since 6.13; `exit_code` since 6.15 */
struct pidfd_info {
	uint64_t mask;
	uint64_t cgroupid;
	uint32_t pid, tgid, ppid;
	uint32_t ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	int32_t exit_code;
	uint32_t spare[4];
};
#define PIDFD_INFO_EXIT (1ULL << 3)
#define PIDFD_GET_INFO _IOWR(0xff, 11, struct pidfd_info)

int
pidfd_open_one(int64_t pid)
{
	long fd = syscall(SYS_pidfd_open, (pid_t)pid, 0);

	return fd < 0 ? -errno : fd_lift((int)fd);
}

int
pidfd_signal(int pidfd, int signal)
{
	return syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

int
pidfd_signal_held(int pidfd, int64_t pid, int signal)
{
	int r;

	if (pid <= 0) /* kill(2): not one, but a group of them */
		return -ESRCH;
	r = pidfd < 0 ? -ENOSYS : pidfd_signal(pidfd, signal);
	/* not permitted by whom? kill(2) will say */
	if (r == -ENOSYS || r == -EPERM)
		r = kill((pid_t)pid, signal) < 0 ? -errno : 0;
	return r;
}

bool
pidfd_has_inode(int pidfd, uint64_t *ret_inode)
{
	struct statfs fs;
	struct stat stat;

	if (fstatfs(pidfd, &fs) < 0 || fs.f_type != PIDFS_MAGIC || fstat(pidfd, &stat) < 0)
		return false;
	*ret_inode = stat.st_ino;
	return true;
}

bool
pidfd_exit_status(int pidfd, int *ret_status)
{
	struct pidfd_info info = { .mask = PIDFD_INFO_EXIT };

	if (ioctl(pidfd, PIDFD_GET_INFO, &info) < 0 || !(info.mask & PIDFD_INFO_EXIT))
		return false;
	*ret_status = info.exit_code;
	return true;
}
