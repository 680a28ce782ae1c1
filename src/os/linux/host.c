#include "host.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/fail.h"
#include "launcher/blob.h"
#include "lift.h"
#include "os/os_fd.h"
#include "os/os_id.h"
#include "pidfd.h"

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U /* since 6.3 */
#endif

int
os_host_open(const char *cgroup_dir, int level_max, struct os_host **ret_host,
	     struct writ_error *err)
{
	struct os_host *host = calloc(1, sizeof(*host));
	int r;

	if (host == NULL)
		return writ_fail_nomem(err, WRIT_STAGE_HOST);
	host->owner = getpid();
	host->level_max = level_max == WRIT_LEVEL_ANY ? WRIT_LEVEL_CGROUP : level_max;
	host->launcher = host->guardian = host->null = -1;
	host->self_fd = pidfd_open_one(host->owner);
	host->cgroups.base = -1;
	r = os_id_of(host->owner, host->self_fd, os_boot(), &host->self);
	if (r < 0) {
		os_host_close(host);
		return writ_fail_sys(err, WRIT_STAGE_HOST, -r, "/proc");
	}
	host->null = fd_lift(open("/dev/null", O_RDWR | O_CLOEXEC));
	if (host->null < 0) {
		r = host->null == -1 ? errno : -host->null;
		os_host_close(host);
		return writ_fail_sys(err, WRIT_STAGE_OPEN, r, "/dev/null");
	}
	host->low.null = host->null;
	if (host->level_max >= WRIT_LEVEL_CGROUP)
		cgroups_open(&host->cgroups, cgroup_dir, &host->self);
	else
		snprintf(host->cgroups.reason, sizeof(host->cgroups.reason), "not to be used");
	*ret_host = host;
	return 0;
}

struct os_host *
os_host_close(struct os_host *host)
{
	bool is_read = false; /* by a guardian that somebody stopped on its way */

	if (host == NULL)
		return NULL;
	if (os_host_is_ours(host)) {
		host_reap(host, true);
		while (host->leaving_count > 0) /* what is in D state */
			os_fd_close(host->leaving[--host->leaving_count]);
		is_read = !guardian_dismiss(host);
		cgroups_close(&host->cgroups);
	} else {
		/* the copy in a fork: what it holds goes, what runs is not its own */
		os_fd_close(host->guardian);
	}
	os_fd_close(host->launcher);
	os_fd_close(host->self_fd);
	low_close(&host->low);
	os_fd_close(host->null);
	free(host->leaving);
	if (is_read)
		return NULL;
	spawner_close(&host->spawner);
	free(host);
	return NULL;
}

bool
os_host_is_ours(const struct os_host *host)
{
	return host->owner == getpid();
}

void
os_host_tidy(struct os_host *host)
{
	host_reap(host, false);
}

void
os_host_prepare(struct os_host *host)
{
	if (host->guardian < 0 && host->cgroups.base >= 0)
		guardian_ensure(host);
}

writ_fd
os_host_null(const struct os_host *host)
{
	return host->null;
}

static int
write_blob(int fd)
{
	size_t done = 0;

	while (done < launcher_blob_size) {
		ssize_t r = write(fd, launcher_blob + done, launcher_blob_size - done);

		if (r < 0)
			return -errno;
		done += (size_t)r;
	}
	return 0;
}

/* In memory: no path to look up, none to replace, and a moved tree works. */
static int
make_in_memory(void)
{
	int fd = memfd_create("writ-launcher", MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
	int r;

	if (fd < 0 && errno == EINVAL) /* before 6.3 every one is executable */
		fd = memfd_create("writ-launcher", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd < 0)
		return -errno;
	fd = fd_lift(fd);
	r = write_blob(fd);
	if (r == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		r = -errno;
	if (r < 0)
		os_fd_close(fd);
	return r < 0 ? r : fd;
}

/* vm.memfd_noexec=2 forbids that one: a file without a name instead. */
static int
make_in_directory(const char *dir)
{
	char path[32];
	int made = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0700);
	int fd = -1;

	if (made >= 0 && write_blob(made) == 0) {
		/* execve(2) refuses what is open for writing */
		snprintf(path, sizeof(path), "/proc/self/fd/%d", made);
		fd = open(path, O_RDONLY | O_CLOEXEC);
	}
	os_fd_close(made);
	return fd < 0 ? -EACCES : fd_lift(fd);
}

int
host_launcher(struct os_host *host)
{
	static const char *const dirs[] = { "/dev/shm", "/tmp", "/var/tmp" };

	if (host->launcher != -1)
		return host->launcher;
	if (launcher_blob_size == 0)
		return host->launcher = -ENOSYS; /* no assembly for this machine */
	host->launcher = make_in_memory();
	for (size_t i = 0; host->launcher < 0 && i < sizeof(dirs) / sizeof(dirs[0]); i++)
		host->launcher = make_in_directory(dirs[i]);
	return host->launcher;
}
