/* Control groups of runs: made, pooled, looked at, ended, left. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "leak.h"
#include "os/linux/cgroup.h"
#include "os/linux/leaf.h"
#include "runs.h"
#include "unit.h"

static struct cgroups groups;

static void
begin(void)
{
	struct writ_id self = { .pid = getpid() };

	cgroups_open(&groups, NULL, &self);
	if (groups.base < 0)
		SKIP(groups.reason);
}

static void
enter(int dir, pid_t pid)
{
	char text[16];
	int fd = openat(dir, "cgroup.procs", O_WRONLY | O_CLOEXEC);

	snprintf(text, sizeof(text), "%d", (int)pid);
	CHECK(write(fd, text, strlen(text)) > 0);
	close(fd);
}

static pid_t
start_sleeper_in(struct leaf *leaf)
{
	pid_t pid = fork();

	if (pid == 0) {
		for (;;)
			pause();
	}
	CHECK(pid > 0);
	enter(leaf_dir(leaf), pid);
	return pid;
}

static int
reap(pid_t pid)
{
	int status = 0;

	CHECK_INT(waitpid(pid, &status, 0), pid);
	return WTERMSIG(status);
}

static bool
is_empty(const void *arg)
{
	return leaf_is_populated((struct leaf *)(uintptr_t)arg) == 0;
}

static bool
is_frozen(const void *arg)
{
	is_empty(arg);
	return ((const struct leaf *)arg)->frozen;
}

static void
count_one(int64_t pid, void *arg)
{
	*(int64_t *)arg = pid;
}

static void
a_clean_leaf_is_used_again_and_others_are_removed(void)
{
	struct leaf *first = NULL;
	struct leaf *second = NULL;
	int before = leak_count_groups();

	begin();
	CHECK_INT(leaf_get(&groups, &first), 0);
	CHECK_INT(leak_count_groups(), before + 1);
	CHECK_INT(leaf_is_populated(first), 0);
	CHECK(leaf_is_untouched(first));
	leaf_put(&groups, first, true);
	CHECK_INT(leaf_get(&groups, &second), 0);
	CHECK(first == second);
	leaf_put(&groups, second, false);
	CHECK_INT(leak_count_groups(), before);
	CHECK_INT(leaf_get(&groups, &first), 0);
	leaf_put(&groups, first, true);
	CHECK_INT(leak_count_groups(), before + 1);
	cgroups_close(&groups);
	CHECK_INT(leak_count_groups(), before);
}

static void
a_pool_is_bounded(void)
{
	struct leaf *leaves[CGROUP_POOL_MAX + 3];

	begin();
	for (int i = 0; i < CGROUP_POOL_MAX + 3; i++)
		CHECK_INT(leaf_get(&groups, &leaves[i]), 0);
	for (int i = 0; i < CGROUP_POOL_MAX + 3; i++)
		leaf_put(&groups, leaves[i], true);
	CHECK_INT(leak_count_groups(), CGROUP_POOL_MAX);
	cgroups_close(&groups);
}

static void
a_leaf_that_was_touched_is_not_used_again(void)
{
	struct leaf *leaf = NULL;

	begin();
	CHECK_INT(leaf_get(&groups, &leaf), 0);
	CHECK_INT(mkdirat(leaf_dir(leaf), "inner", 0755), 0);
	CHECK(!leaf_is_untouched(leaf));
	leaf_put(&groups, leaf, true); /* removed, with the group in it */
	CHECK_INT(groups.pooled, 0);
	CHECK_INT(leak_count_groups(), 0);
	CHECK_INT(leaf_get(&groups, &leaf), 0);
	int fd = openat(leaf_dir(leaf), "cgroup.freeze", O_WRONLY | O_CLOEXEC);

	CHECK_INT(write(fd, "1", 1), 1);
	close(fd);
	CHECK(unit_until(is_frozen, leaf));
	leaf_put(&groups, leaf, true);
	CHECK_INT(groups.pooled, 0);
	cgroups_close(&groups);
}

static void
ends_all_that_live_in_it_and_below(void)
{
	struct leaf *leaf = NULL;
	int64_t seen = 0;
	int inner;
	pid_t a;
	pid_t b;

	begin();
	CHECK_INT(leaf_get(&groups, &leaf), 0);
	CHECK_INT(mkdirat(leaf_dir(leaf), "inner", 0755), 0);
	inner = openat(leaf_dir(leaf), "inner", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	a = start_sleeper_in(leaf);
	CHECK_INT(leaf_each(leaf, count_one, &seen), 1);
	CHECK_INT(seen, a);
	b = start_sleeper_in(leaf);
	enter(inner, b);
	close(inner);
	CHECK_INT(leaf_is_populated(leaf), 1);
	CHECK_INT(leaf_each(leaf, count_one, &seen), 2);
	CHECK(leaf_has(leaf, a) && leaf_has(leaf, b) && !leaf_has(leaf, getpid()));
	leaf_kill(leaf);
	CHECK_INT(reap(a), SIGKILL);
	CHECK_INT(reap(b), SIGKILL);
	CHECK(unit_until(is_empty, leaf));
	leaf_put(&groups, leaf, false);
	CHECK_INT(leak_count_groups(), 0);
	cgroups_close(&groups);
}

static void
a_signal_reaches_the_frozen_and_the_stopped(void)
{
	struct leaf *leaf = NULL;
	pid_t pid;
	int fd;

	begin();
	CHECK_INT(leaf_get(&groups, &leaf), 0);
	pid = start_sleeper_in(leaf);
	kill(pid, SIGSTOP);
	fd = openat(leaf_dir(leaf), "cgroup.freeze", O_WRONLY | O_CLOEXEC);
	CHECK_INT(write(fd, "1", 1), 1);
	close(fd);
	leaf_signal(leaf, SIGTERM);
	CHECK_INT(reap(pid), SIGTERM);
	CHECK(unit_until(is_empty, leaf));
	leaf_put(&groups, leaf, true);
	cgroups_close(&groups);
}

static void
lets_go_what_is_to_live_on(void)
{
	struct leaf *leaf = NULL;
	pid_t pid;

	begin();
	CHECK_INT(leaf_get(&groups, &leaf), 0);
	pid = start_sleeper_in(leaf);
	CHECK_INT(leaf_release(leaf), 1);
	CHECK(!leaf_has(leaf, pid));
	CHECK_INT(leaf_is_populated(leaf), 0);
	leaf_put(&groups, leaf, false);
	CHECK(!has_ended(pid));
	kill(pid, SIGKILL);
	CHECK_INT(reap(pid), SIGKILL);
	cgroups_close(&groups);
}

static void
each_run_has_an_account_of_its_own(void)
{
	struct leaf *leaf = NULL;
	int64_t user = 0;
	int64_t sys = 0;
	pid_t pid;

	begin();
	CHECK_INT(leaf_get(&groups, &leaf), 0);
	pid = fork();
	if (pid == 0) {
		enter(leaf_dir(leaf), getpid());
		for (volatile int i = 0; i < 20000000; i++)
			;
		raise(SIGKILL);
	}
	CHECK_INT(reap(pid), SIGKILL);
	CHECK(unit_until(is_empty, leaf));
	leaf_usage(leaf, &user, &sys);
	CHECK(user + sys > 1000000 && user + sys < 60000000000);
	leaf_usage(leaf, &user, &sys);
	CHECK_INT(user + sys, 0);
	leaf_put(&groups, leaf, true);
	cgroups_close(&groups);
}

static void
a_directory_that_is_no_control_group_is_refused(void)
{
	struct writ_id self = { .pid = getpid() };
	struct leaf *leaf = NULL;

	cgroups_open(&groups, "/tmp", &self);
	CHECK_INT(groups.base, -1);
	CHECK_INT(groups.err_no, EINVAL);
	CHECK(groups.reason[0] != '\0');
	CHECK_INT(leaf_get(&groups, &leaf), -EINVAL);
	cgroups_close(&groups);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(a_clean_leaf_is_used_again_and_others_are_removed),
		UNIT(a_pool_is_bounded),
		UNIT(a_leaf_that_was_touched_is_not_used_again),
		UNIT(ends_all_that_live_in_it_and_below),
		UNIT(a_signal_reaches_the_frozen_and_the_stopped),
		UNIT(lets_go_what_is_to_live_on),
		UNIT(each_run_has_an_account_of_its_own),
		UNIT(a_directory_that_is_no_control_group_is_refused),
	};

	return UNIT_RUN(tests);
}
