#include "os/os_id.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/num.h"
#include "os/os_fd.h"
#include "pidfd.h"
#include "procfs.h"

int64_t
os_self_pid(void)
{
	return getpid();
}

uint64_t
os_boot(void)
{
	char text[64];
	uint64_t boot = 0;
	int digits = 0;

	if (procfs_read("/proc/sys/kernel/random/boot_id", text, sizeof(text)) < 0)
		return 0;
	for (const char *c = text; *c != '\0' && digits < 16; c++) {
		char digit[2] = { *c, '\0' };
		const char *rest = digit;
		uint64_t value;

		if (*c == '-')
			continue;
		if (!num_read_hex(&rest, &value))
			return 0;
		boot = boot << 4 | value;
		digits++;
	}
	return boot;
}

int
os_id_of(int64_t pid, writ_fd handle, uint64_t boot, struct writ_id *ret_id)
{
	struct writ_id id = { .pid = pid, .boot = boot, .kind = WRIT_ID_INODE };
	struct os_stat stat;
	int r;

	if (handle < 0 || !pidfd_has_inode(handle, &id.token)) {
		r = os_stat_read(pid, &stat);
		if (r < 0)
			return r;
		id.kind = WRIT_ID_TICKS;
		id.token = stat.start_ticks;
	}
	*ret_id = id;
	return 0;
}

/* Without pidfds: read by number, then look whether it is still the one. */
static int
check_by_ticks(const struct writ_id *id)
{
	struct os_stat stat;
	int r = os_stat_read(id->pid, &stat);

	if (r < 0)
		return r;
	return stat.start_ticks == id->token ? 0 : -ESTALE;
}

int
os_id_open(const struct writ_id *id, writ_fd *ret_fd)
{
	uint64_t boot = os_boot();
	uint64_t inode;
	auto_fd fd = -1;
	int r;

	if (id->boot != 0 && boot != 0 && id->boot != boot)
		return -ESRCH; /* nobody lives through a boot */
	fd = pidfd_open_one(id->pid);
	if (fd < 0 && fd != -ENOSYS && fd != -EPERM) {
		r = fd;
		/* EINVAL, ENOENT: the number of a thread; no process has it */
		return r == -EINVAL || r == -ENOENT ? -ESRCH : r;
	}
	if (id->kind == WRIT_ID_TICKS)
		r = check_by_ticks(id);
	else if (fd < 0 || !pidfd_has_inode(fd, &inode))
		r = -ENOSYS; /* an identity of another machine's kind */
	else
		r = inode == id->token ? 0 : -ESTALE;
	if (r < 0)
		return r;
	*ret_fd = fd < 0 ? -1 : fd;
	fd = -1;
	return 0;
}

int
os_id_signal(const struct writ_id *id, int signal)
{
	auto_fd fd = -1;
	int r = os_id_open(id, &fd);

	if (r < 0)
		return r;
	if (fd >= 0) {
		r = pidfd_signal(fd, signal);
		if (r != -ENOSYS && r != -EPERM)
			return r;
		/* a filter, or not permitted at all; kill(2) will say which */
	}
	return kill((pid_t)id->pid, signal) < 0 ? -errno : 0;
}

int
writ_id_get(int64_t pid, struct writ_id *ret_id, struct writ_error *err)
{
	auto_fd fd = -1;
	int r;

	if (pid < 1 || pid > INT32_MAX)
		return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_PROCESS, 0, "not a pid", "%" PRId64,
				 pid);
	fd = pidfd_open_one(pid);
	r = fd < 0 && fd != -ENOSYS && fd != -EPERM ? fd : os_id_of(pid, fd, os_boot(), ret_id);
	if (r == -ESRCH || r == -ENOENT || r == -EINVAL)
		return writ_fail(err, WRIT_E_GONE, WRIT_STAGE_PROCESS, ESRCH, "no such process",
				 "%" PRId64, pid);
	if (r < 0)
		return writ_fail(err, WRIT_E_SYS, WRIT_STAGE_PROCESS, -r, NULL, "%" PRId64, pid);
	return 0;
}

char *
writ_id_text(const struct writ_id *id, char buf[WRIT_ID_TEXT_MAX])
{
	snprintf(buf, WRIT_ID_TEXT_MAX, "%" PRId64 "@%c%" PRIx64 ".%016" PRIx64, id->pid,
		 id->kind == WRIT_ID_TICKS ? 't' : 'i', id->token, id->boot);
	return buf;
}

static bool
read_token(const char *text, struct writ_id *id)
{
	if (*text != 'i' && *text != 't')
		return false;
	id->kind = *text++ == 'i' ? WRIT_ID_INODE : WRIT_ID_TICKS;
	if (!num_read_hex(&text, &id->token) || *text++ != '.')
		return false;
	return num_read_hex(&text, &id->boot) && *text == '\0';
}

int
writ_id_parse(const char *text, struct writ_id *ret_id, struct writ_error *err)
{
	struct writ_id id = { 0 };
	const char *rest = text;
	uint64_t pid;

	if (!num_read(&rest, INT32_MAX, &pid) || pid == 0 ||
	    (*rest != '\0' && (*rest != '@' || !read_token(rest + 1, &id)))) {
		writ_fail(err, WRIT_E_SYNTAX, WRIT_STAGE_PROCESS, 0, "not a process", "%s", text);
		return writ_hint(err, WRIT_E_SYNTAX,
				 "write a pid, or an identity PID@TOKEN as 'writ id' prints it");
	}
	if (*rest == '\0')
		return writ_id_get((int64_t)pid, ret_id, err);
	id.pid = (int64_t)pid;
	*ret_id = id;
	return 0;
}

bool
writ_id_same(const struct writ_id *a, const struct writ_id *b)
{
	return a->pid == b->pid && a->token == b->token && a->boot == b->boot && a->kind == b->kind;
}

int
writ_id_state(const struct writ_id *id, struct writ_error *err)
{
	struct os_stat stat;
	auto_fd fd = -1;
	int r;

	if (id->pid < 1 || id->kind == WRIT_ID_NONE)
		return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_PROCESS, 0, "an empty identity",
				 "%s", "0");
	r = os_id_open(id, &fd);
	if (r == -ESRCH)
		return WRIT_ID_GONE;
	if (r == -ESTALE)
		return WRIT_ID_REPLACED;
	if (r < 0)
		return writ_fail(err, WRIT_E_SYS, WRIT_STAGE_PROCESS, -r, NULL, "%" PRId64,
				 id->pid);

	r = os_stat_read(id->pid, &stat);
	if (r < 0)
		return WRIT_ID_GONE;
	return stat.state == 'Z' || stat.state == 'X' ? WRIT_ID_ENDED : WRIT_ID_RUNNING;
}
