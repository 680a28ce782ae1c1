#include "host.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "failure.h"

enum { IDLE_MAX = 16 }; /* more runs than that at a time are rare; then they come and go */

static struct {
	struct writ_host *list[IDLE_MAX];
	int count;
	pid_t owner;
} idle;

static void
give_up_those_of_the_parent(void)
{
	pid_t self = getpid();

	if (idle.owner == self)
		return;
	while (idle.count > 0)
		writ_host_free(idle.list[--idle.count]);
	idle.owner = self;
}

struct writ_host *
host_new(bool alone)
{
	struct writ_host_options options = { .size = sizeof(options), .alone = alone };
	const char *dir = getenv("WRIT_CGROUP"); /* as the command has it */
	struct writ_error err = { 0 };
	struct writ_host *host = NULL;
	int r;

	if (dir != NULL && strcmp(dir, "none") == 0)
		options.level_max = WRIT_LEVEL_LAUNCHER;
	else if (dir != NULL && dir[0] != '\0')
		options.cgroup_dir = dir;
	Py_BEGIN_ALLOW_THREADS
	r = writ_host_new(&options, &host, &err);
	Py_END_ALLOW_THREADS
	if (r < 0)
		failure_raise(&err);
	return host;
}

struct writ_host *
host_take(void)
{
	give_up_those_of_the_parent();
	return idle.count > 0 ? idle.list[--idle.count] : host_new(true);
}

void
host_give_back(struct writ_host *take_host)
{
	if (idle.owner == getpid() && idle.count < IDLE_MAX) {
		idle.list[idle.count++] = take_host;
		return;
	}
	Py_BEGIN_ALLOW_THREADS
	writ_host_free(take_host);
	Py_END_ALLOW_THREADS
}
