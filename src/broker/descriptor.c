#include "descriptor.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum { NULL_MAJOR = 1, NULL_MINOR = 3 };

static bool
has_direction(int fd, enum descriptor_use use)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || (flags & O_PATH) != 0)
		return false;
	if ((flags & O_ACCMODE) == O_RDWR)
		return true;
	return (flags & O_ACCMODE) == (use == DESCRIPTOR_IN ? O_RDONLY : O_WRONLY);
}

static bool
is_stream_socket(int fd)
{
	int domain = 0;
	int type = 0;
	int listens = 0;
	socklen_t len = sizeof(int);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == 0 && domain == AF_UNIX &&
	       getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_STREAM &&
	       getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len) == 0 && !listens;
}

/* Those that the kernel serves by itself, from memory or a disk. */
static bool
is_local_type(const char *type)
{
	static const char *const types[] = { "ext2",  "ext3",	  "ext4",    "xfs",
					     "btrfs", "bcachefs", "f2fs",    "zfs",
					     "tmpfs", "ramfs",	  "overlay", "vfat" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i], type) == 0)
			return true;
	return false;
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw": see proc(5). */
static bool
is_on_local_mount(uint64_t mount_id)
{
	FILE *mounts = fopen("/proc/self/mountinfo", "re");
	char line[8192];
	bool is_local = false;

	while (mounts != NULL && fgets(line, sizeof(line), mounts) != NULL) {
		const char *type = strstr(line, " - ");
		char name[32];

		if (strtoull(line, NULL, 10) != mount_id)
			continue;
		is_local = type != NULL && sscanf(type, " - %31s", name) == 1 &&
			   is_local_type(name);
		break;
	}
	if (mounts != NULL)
		fclose(mounts);
	return is_local;
}

/* What closes such a file, or writes to it, waits for nobody but the disk. Memory without a
 * mount (memfd_create(2)) can be sealed; nothing else can. */
static bool
is_local_file(int fd, const struct statx *at)
{
	if (fcntl(fd, F_GET_SEALS) >= 0)
		return true;
	return (at->stx_mask & STATX_MNT_ID) != 0 && is_on_local_mount(at->stx_mnt_id);
}

bool
descriptor_is_fine(int fd, enum descriptor_use use)
{
	struct statx at;

	/* what is known of it here, without asking who serves it */
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_MNT_ID, &at) < 0 ||
	    (at.stx_mask & STATX_TYPE) == 0)
		return false;
	if (use == DESCRIPTOR_CWD)
		return S_ISDIR(at.stx_mode);
	if (S_ISSOCK(at.stx_mode))
		return is_stream_socket(fd);
	if (!has_direction(fd, use))
		return false;
	if (S_ISCHR(at.stx_mode))
		return at.stx_rdev_major == NULL_MAJOR && at.stx_rdev_minor == NULL_MINOR;
	return S_ISFIFO(at.stx_mode) || (S_ISREG(at.stx_mode) && is_local_file(fd, &at));
}
