#include "leak.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
	LOOK_MS = 5,
	LOOKS_MAX = 1000, /* what ends without us gets 5 s */
};

static bool
is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

/* "0::/a/b" of /proc/self/cgroup, below the mount point of version 2. */
bool
leak_group_dir(char *buf, size_t size)
{
	char line[1024];
	char point[512] = "";
	char own[512] = "";
	FILE *file = fopen("/proc/self/mounts", "re");

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (point[0] == '\0' && strstr(line, " cgroup2 ") != NULL)
			sscanf(line, "%*s %511s", point);
	if (file != NULL)
		fclose(file);
	file = fopen("/proc/self/cgroup", "re");
	while (file != NULL && own[0] == '\0' && fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "0::%511s", own) != 1)
			own[0] = '\0';
	if (file != NULL)
		fclose(file);
	snprintf(buf, size, "%s%s", point, own);
	return point[0] != '\0' && own[0] != '\0';
}

/* How many names in `dir` begin so and have `part` in them; one goes to `ret_name`. */
static int
count_names(const char *dir, const char *begin, const char *part, char ret_name[256])
{
	DIR *list = opendir(dir);
	struct dirent *entry;
	int count = 0;

	while (list != NULL && (entry = readdir(list)) != NULL) {
		if (strncmp(entry->d_name, begin, strlen(begin)) != 0 ||
		    strstr(entry->d_name, part) == NULL)
			continue;
		count++;
		snprintf(ret_name, 256, "%s", entry->d_name);
	}
	if (list != NULL)
		closedir(list);
	return count;
}

static int
count_groups(char ret_name[256])
{
	char dir[1100];
	char prefix[32];

	snprintf(prefix, sizeof(prefix), "writ-%d-", (int)getpid());
	return leak_group_dir(dir, sizeof(dir)) ? count_names(dir, prefix, prefix, ret_name) : 0;
}

int
leak_count_groups(void)
{
	char name[256];

	return count_groups(name);
}

static int
count_files(char ret_name[256])
{
	static const char *const dirs[] = { "/tmp", "/var/tmp", "/dev/shm" };
	char part[32];
	int count = 0;

	snprintf(part, sizeof(part), "-%d-", (int)getpid());
	for (int i = 0; i < 3; i++)
		count += count_names(dirs[i], "writ-", part, ret_name);
	return count;
}

/* A guardian of a host of ours has the prefix of its groups in its arguments. */
static bool
is_guardian_of_ours(const char *pid)
{
	char path[300];
	char text[512];
	char prefix[32];
	size_t len;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%s/cmdline", pid);
	file = fopen(path, "re");
	if (file == NULL)
		return false;
	len = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	for (size_t i = 0; i < len; i++)
		if (text[i] == '\0')
			text[i] = ' ';
	text[len] = '\0';
	snprintf(prefix, sizeof(prefix), " writ-%d-", (int)getpid());
	return strncmp(text, "writ-launcher ", 14) == 0 && strstr(text, prefix) != NULL;
}

static int
count_guardians(char ret_name[256])
{
	DIR *list = opendir("/proc");
	struct dirent *entry;
	int count = 0;

	while (list != NULL && (entry = readdir(list)) != NULL) {
		if (entry->d_name[0] < '1' || entry->d_name[0] > '9' ||
		    !is_guardian_of_ours(entry->d_name))
			continue;
		snprintf(ret_name, 256, "pid %.200s", entry->d_name);
		count++;
	}
	if (list != NULL)
		closedir(list);
	return count;
}

/* They end without us, so they get a moment. */
static int
still_more_than(int (*count)(char ret_name[256]), int before, char ret_name[256])
{
	struct timespec pause = { 0, LOOK_MS * 1000000L };
	int now = count(ret_name);

	for (int i = 0; i < LOOKS_MAX && now > before; i++) {
		nanosleep(&pause, NULL);
		now = count(ret_name);
	}
	return now - before;
}

static void
end_children(void)
{
	siginfo_t info = { 0 };

	while (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0) {
		char path[64];
		int pid;
		FILE *file;

		snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
		file = fopen(path, "re");
		if (file == NULL)
			return;
		while (fscanf(file, "%d", &pid) == 1)
			kill(pid, SIGKILL);
		fclose(file);
		if (waitid(P_ALL, 0, &info, WEXITED) < 0)
			return;
	}
}

void
leak_begin(struct leak *leak)
{
	char name[256];

	end_children();
	for (int fd = 0; fd < LEAK_FDS_MAX; fd++)
		leak->open[fd] = is_open(fd);
	leak->groups = count_groups(name);
	leak->files = count_files(name);
	leak->guardians = count_guardians(name);
}

static bool
find_fd(const struct leak *leak, char *buf, size_t size)
{
	for (int fd = 0; fd < LEAK_FDS_MAX; fd++) {
		char path[32];
		char target[256] = "";

		if (is_open(fd) == leak->open[fd])
			continue;
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (readlink(path, target, sizeof(target) - 1) < 0)
			target[0] = '\0';
		snprintf(buf, size, "descriptor %d %s: %s", fd,
			 is_open(fd) ? "is left open" : "was closed", target);
		return true;
	}
	return false;
}

bool
leak_find(const struct leak *leak, char *buf, size_t size)
{
	siginfo_t info = { 0 };
	char name[256] = "";

	if (find_fd(leak, buf, size))
		return true;
	if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD) {
		snprintf(buf, size, "a child is left: %s %d",
			 info.si_pid != 0 ? "not reaped," : "running,", (int)info.si_pid);
		return true;
	}
	if (still_more_than(count_guardians, leak->guardians, name) > 0)
		snprintf(buf, size, "a guardian is left: %s", name);
	else if (still_more_than(count_groups, leak->groups, name) > 0)
		snprintf(buf, size, "a control group is left: %s", name);
	else if (still_more_than(count_files, leak->files, name) > 0)
		snprintf(buf, size, "a temporary file is left: %s", name);
	else
		return false;
	return true;
}
