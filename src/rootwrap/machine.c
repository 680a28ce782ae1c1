#include "machine.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config.h"
#include "realpath.h"
#include "trust.h"

enum { CMDLINE_MAX = 4096 };

static bool
can_execute(void *ctx, const char *path)
{
	const struct machine_own *own = ctx;
	struct trust trust = { .kind = TRUST_PROGRAM };
	struct arena arena = { 0 };
	bool can;

	if (access(path, X_OK) != 0)
		return false;
	if (!own->strict)
		return true;
	can = trust_look(&arena, path, &trust);
	arena_done(&arena);
	return can;
}

static const char *
resolve(void *ctx, struct arena *arena, const char *path)
{
	(void)ctx;
	return realpath_like_python(arena, path);
}

/* What /proc/PID/exe says, without what the kernel adds to a file that is gone. */
static const char *
program_of(struct arena *arena, int64_t pid)
{
	static const char gone[] = " (deleted)";
	char path[64];
	char program[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%lld/exe", (long long)pid);
	len = readlink(path, program, sizeof(program) - 1);
	if (len <= 0)
		return NULL;
	program[len] = '\0';
	len = (ssize_t)strlen(program);
	if (len >= (ssize_t)sizeof(gone) - 1 &&
	    strcmp(program + len - (sizeof(gone) - 1), gone) == 0)
		program[len - (ssize_t)(sizeof(gone) - 1)] = '\0';
	return arena_copy(arena, program, strlen(program));
}

static bool
is_file(const char *path)
{
	struct stat found;

	return stat(path, &found) == 0 && S_ISREG(found.st_mode);
}

/* shutil.which(), whose answer stock looks at only if it is a file. */
static const char *
which(struct arena *arena, const char *name)
{
	const char *path = getenv("PATH");

	if (strchr(name, '/') != NULL)
		return access(name, X_OK) == 0 ? name : "";
	for (const char *part = path != NULL ? path : "/bin:/usr/bin"; *part != '\0';) {
		size_t len = strcspn(part, ":");
		const char *full = arena_print(arena, "%.*s/%s", (int)len, part, name);

		if (len > 0 && is_file(full) && access(full, X_OK) == 0)
			return full;
		part += len + (part[len] == ':');
	}
	return "";
}

/* The program by its command line: what a process says of itself. */
static const char *
named_by_itself(struct arena *arena, int64_t pid, const char *program)
{
	char path[64];
	char line[CMDLINE_MAX] = "";
	const char *found;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%lld/cmdline", (long long)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return NULL;
	line[fread(line, 1, sizeof(line) - 1, file)] = '\0';
	fclose(file);
	found = which(arena, arena_copy(arena, line, strlen(line)));
	return *found != '\0' && is_file(found) ? found : program;
}

static bool
hold(void *ctx, struct arena *arena, int64_t pid, bool strict, struct target *ret_target)
{
	const char *program;

	(void)ctx;
	*ret_target = (struct target){ .fd = -1, .pid = pid };
	if (strict) {
		ret_target->fd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
		if (ret_target->fd < 0)
			return false;
	}
	program = program_of(arena, pid);
	if (program != NULL && !strict && !is_file(program))
		program = named_by_itself(arena, pid, program);
	/* still the same process, if it is still there: its number was its own all along */
	if (strict && syscall(SYS_pidfd_send_signal, ret_target->fd, 0, NULL, 0) < 0 &&
	    errno == ESRCH)
		return false;
	ret_target->program = program;
	return program != NULL;
}

/* A name in the process's own file system proves nothing: it is the file that counts. One
 * that was replaced since (an upgrade) has no name left; then root must have owned it. */
static bool
is_program(void *ctx, const struct target *held, const char *path)
{
	char exe[64];
	struct stat running;
	struct stat named;

	(void)ctx;
	snprintf(exe, sizeof(exe), "/proc/%lld/exe", (long long)held->pid);
	if (stat(exe, &running) < 0)
		return false;
	if (running.st_nlink == 0)
		return running.st_uid == 0 && (running.st_mode & (S_IWGRP | S_IWOTH)) == 0;
	return stat(path, &named) == 0 && named.st_dev == running.st_dev &&
	       named.st_ino == running.st_ino;
}

static bool
is_beneath(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	return strncmp(path, dir, len) == 0 && path[len] == '/';
}

static const char *
configures(void *ctx, struct arena *arena, const char *path, bool directory)
{
	const struct machine_own *own = ctx;
	struct trust trust = { .kind = directory ? TRUST_DIRECTORY : TRUST_FILE,
			       .also = own->service };

	if (!trust_look(arena, path, &trust) ||
	    (trust.above != NULL && trust.above_uid != own->service))
		return NULL;
	return is_beneath(trust.path, "/etc") || is_beneath(trust.path, "/usr/share") ? trust.path
										      : NULL;
}

uint32_t
machine_service(void)
{
	const char *text = getenv("SUDO_UID");
	int64_t uid;

	if (geteuid() == 0 && text != NULL && config_int(text, &uid) && uid >= 0 &&
	    uid < UINT32_MAX)
		return (uint32_t)uid;
	return getuid();
}

struct machine
machine_own(struct machine_own *own)
{
	return (struct machine){
		.ctx = own,
		.can_execute = can_execute,
		.resolve = resolve,
		.hold = hold,
		.is_program = is_program,
		.configures = configures,
		.path = getenv("PATH"),
	};
}
