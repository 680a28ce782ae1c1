#include "brood.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>

#include "../sys.h"

enum { TELL_ROUNDS_MAX = 16 };

/* Field 3 of /proc/PID/stat, the state, and field 4, the parent. The name
 * before them may hold anything, so they are counted from its last ')'. */
static bool
read_stat(int32_t pid, char *ret_state, int64_t *ret_parent)
{
	struct line path = { .len = 0 };
	char stat[512];
	const char *after = NULL;

	line_add(&path, "/proc/");
	line_add_int(&path, pid);
	line_add(&path, "/stat");
	if (file_read(AT_FDCWD, path.text, stat, sizeof(stat)) <= 0)
		return false;
	for (const char *c = stat; *c != '\0'; c++)
		if (*c == ')')
			after = c;
	if (after == NULL || after[1] == '\0' || after[2] == '\0' || after[3] == '\0')
		return false;
	*ret_state = after[2];
	after += 4;
	*ret_parent = number_read(&after);
	return true;
}

static void
add(struct brood *brood, int32_t pid, int32_t parent)
{
	char state;
	int64_t ppid;

	if (brood->count == BROOD_MAX || !read_stat(pid, &state, &ppid))
		return;
	if (state == 'Z' || state == 'X')
		return;
	brood->pid[brood->count] = pid;
	brood->parent[brood->count] = parent;
	brood->count++;
}

/* The children that one thread has made: "12 34 ". */
static void
add_children_of_thread(struct brood *brood, const char *path, int32_t parent)
{
	static char list[65536];
	const char *rest = list;

	if (file_read(AT_FDCWD, path, list, sizeof(list)) <= 0)
		return;
	for (;;) {
		int64_t pid = number_read(&rest);

		if (pid < 0)
			break;
		/* a list that was cut may end within a number */
		if (*rest != ' ')
			break;
		rest++;
		add(brood, (int32_t)pid, parent);
	}
}

/* A child belongs to the thread that made it, so all threads are asked. */
static void
add_children(struct brood *brood, int32_t pid, int32_t parent)
{
	char batch[2048] __attribute__((aligned(8)));
	struct line dir = { .len = 0 };
	long fd;
	long len;

	line_add(&dir, "/proc/");
	line_add_int(&dir, pid);
	line_add(&dir, "/task");
	fd = sys_call4(SYS_openat, AT_FDCWD, dir.text, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return;
	while ((len = sys_call3(SYS_getdents64, fd, batch, sizeof(batch))) > 0) {
		const struct sys_dirent *entry;

		for (long at = 0; at < len; at += entry->length) {
			struct line path = dir;

			entry = (const void *)(batch + at);
			if (entry->name[0] == '.')
				continue;
			line_add(&path, "/");
			line_add(&path, entry->name);
			line_add(&path, "/children");
			add_children_of_thread(brood, path.text, parent);
		}
	}
	sys_call1(SYS_close, fd);
}

void
brood_look(struct brood *brood)
{
	brood->count = 0;
	add_children(brood, (int32_t)sys_call0(SYS_getpid), -1);
	for (int i = 0; i < brood->count; i++)
		add_children(brood, brood->pid[i], i);
}

/* The pid may be another's since it was listed: it is ours only if its parent,
 * read while the pidfd is held, is the one it had, or the launcher itself. */
static long
signal_one(const struct brood *brood, int i, int signal)
{
	int32_t pid = brood->pid[i];
	int32_t parent = brood->parent[i] < 0 ? 0 : brood->pid[brood->parent[i]];
	long pidfd = sys_call2(SYS_pidfd_open, pid, 0);
	bool no_pidfd = pidfd == -ENOSYS || pidfd == -EPERM;
	int64_t ppid;
	char state;
	long r = 0;

	if (pidfd < 0 && !no_pidfd)
		return 0;
	if (read_stat(pid, &state, &ppid) && state != 'Z' &&
	    (ppid == parent || ppid == sys_call0(SYS_getpid)))
		r = no_pidfd ? -ENOSYS
			     : sys_call4(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
	/* not permitted by whom? kill(2) will say */
	if (r == -ENOSYS || r == -EPERM)
		r = sys_call2(SYS_kill, pid, signal);
	if (pidfd >= 0)
		sys_call1(SYS_close, pidfd);
	return r;
}

int
brood_signal(struct brood *brood, int signal, struct note *note)
{
	int reached = 0;

	note->survived = 0;
	for (int i = 0; i < brood->count; i++) {
		long r = signal_one(brood, i, signal);

		if (r == 0) {
			reached++;
		} else if (r == -EPERM) {
			if (note->survived < NOTE_SURVIVORS_MAX)
				note->survivors[note->survived] = brood->pid[i];
			note->survived++;
		}
	}
	return reached;
}

static bool
was_told(const struct brood *brood, int32_t pid)
{
	for (int i = 0; i < brood->told_count; i++)
		if (brood->told[i] == pid)
			return true;
	return false;
}

/* Returns how many were new. */
static int
tell_new(struct brood *brood, int signal)
{
	int before = brood->told_count;

	for (int i = 0; i < brood->count && brood->told_count < BROOD_MAX; i++) {
		if (was_told(brood, brood->pid[i]))
			continue;
		brood->told[brood->told_count++] = brood->pid[i];
		signal_one(brood, i, signal);
		/* a stopped process would keep the signal pending for ever */
		if (signal != SIGCONT && signal != SIGSTOP && signal != SIGKILL)
			signal_one(brood, i, SIGCONT);
	}
	return brood->told_count - before;
}

void
brood_tell(struct brood *brood, int signal)
{
	brood->told_count = 0;
	for (int i = 0; i < TELL_ROUNDS_MAX; i++) {
		brood_look(brood);
		if (tell_new(brood, signal) == 0)
			break;
	}
}
