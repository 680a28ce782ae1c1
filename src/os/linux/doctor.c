/* doctor.c - what this machine can enforce. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "host.h"
#include "os/os_fd.h"
#include "os/os_id.h"
#include "pidfd.h"
#include "sys.h"

__attribute__((format(printf, 3, 4))) static void
say(struct writ_finding *finding, bool good, const char *format, ...)
{
	va_list args;

	finding->good = good;
	va_start(args, format);
	vsnprintf(finding->state, sizeof(finding->state), format, args);
	va_end(args);
}

static void
advise(struct writ_finding *finding, const char *remedy)
{
	snprintf(finding->remedy, sizeof(finding->remedy), "%s", remedy);
}

static void
look_at_kernel(struct os_host *host, struct writ_finding *finding)
{
	struct utsname name;

	(void)host;
	uname(&name);
	say(finding, true, "%s %s %s", name.sysname, name.release, name.machine);
}

static void
look_at_pidfd(struct os_host *host, struct writ_finding *finding)
{
	uint64_t inode;

	if (host->self_fd < 0) {
		say(finding, false, "pidfd_open: %s", strerror(errno));
		advise(finding,
		       "a filter (seccomp) or an old kernel (before 5.3): without it there is "
		       "no guardian, and processes are told apart by their start time");
	} else if (!pidfd_has_inode(host->self_fd, &inode)) {
		say(finding, true, "yes; identity by start time (no pidfs)");
		advise(finding, "Linux 6.9 or later tells processes apart by an inode");
	} else {
		say(finding, true, "yes; identity by inode (pidfs)");
	}
}

static void
look_at_close_range(struct os_host *host, struct writ_finding *finding)
{
	(void)host;
	/* no such descriptor can be: nothing is closed */
	if (sys_call3(SYS_close_range, 0x7ffffffe, 0x7fffffff, 0) == 0) {
		say(finding, true, "yes");
		return;
	}
	say(finding, true, "no; /proc/self/fd is read instead");
}

static void
look_at_cgroup(struct os_host *host, struct writ_finding *finding)
{
	const struct cgroups *groups = &host->cgroups;

	if (groups->base >= 0) {
		bool kill = faccessat(groups->base, "cgroup.kill", F_OK, 0) == 0;

		/* the root group has no cgroup.kill, its children may */
		say(finding, true, "leaves are made in %.100s%s", groups->path,
		    kill || strstr(groups->path + 15, "/") == NULL ? "" : " (without cgroup.kill)");
		return;
	}
	say(finding, false, "%s%s%s", groups->reason, groups->err_no != 0 ? ": " : "",
	    groups->err_no != 0 ? strerror(groups->err_no) : "");
	advise(finding,
	       "under systemd: run in a unit with Delegate=yes, or under 'systemd-run --user "
	       "--scope -p Delegate=yes'; else name a directory you own in WRIT_CGROUP");
}

static void
look_at_launcher(struct os_host *host, struct writ_finding *finding)
{
	int r = host_launcher(host);

	if (r >= 0) {
		say(finding, true, "yes");
		return;
	}
	say(finding, false, "no executable file in memory can be made: %s", strerror(-r));
	advise(finding, "set vm.memfd_noexec to 0 or 1, or mount /dev/shm or /tmp without noexec");
}

static void
look_at_guardian(struct os_host *host, struct writ_finding *finding)
{
	int r = host->cgroups.base >= 0 ? guardian_ensure(host) : host_launcher(host);

	if (r >= 0) {
		say(finding, true,
		    host->cgroups.base >= 0 ? "yes" : "yes: each launcher is its own");
		return;
	}
	say(finding, false, "runs would outlive a killed owner: %s", strerror(-r));
	advise(finding, "see launcher and pidfd");
}

static void
look_at_level(struct os_host *host, struct writ_finding *finding)
{
	if (host->cgroups.base >= 0)
		say(finding, true, "cgroup: all that was ever born in the run is found and ended");
	else if (host_launcher(host) >= 0)
		say(finding, true,
		    "launcher: all that descends from the program is found and ended");
	else
		say(finding, false, "session: what leaves the program's session is not found");
	if (!finding->good)
		advise(finding, "see cgroup and launcher");
}

static const struct {
	const char *subject;
	void (*look)(struct os_host *host, struct writ_finding *finding);
} subjects[] = {
	{ "kernel", look_at_kernel },	      { "pidfd", look_at_pidfd },
	{ "close_range", look_at_close_range }, { "cgroup", look_at_cgroup },
	{ "launcher", look_at_launcher },     { "guardian", look_at_guardian },
	{ "containment", look_at_level },
};

int
os_host_finding(struct os_host *host, unsigned index, struct writ_finding *ret_finding)
{
	if (index >= sizeof(subjects) / sizeof(subjects[0]))
		return 0;
	*ret_finding = (struct writ_finding){ .subject = subjects[index].subject };
	subjects[index].look(host, ret_finding);
	return 1;
}
