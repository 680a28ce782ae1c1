/* idle_writ.c - many children at once under one loop: started, one signal each,
 * all reaped.
 *
 *   idle_writ COUNT PROGRAM
 *
 * prints "NS_PER_CHILD BYTES_PER_CHILD DESCRIPTORS_PER_CHILD LEVEL", the latter
 * two while all are alive.
 */
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <writ.h>

static int started;
static int ended;
static int wrong;

static int64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

static long
resident_bytes(void)
{
	FILE *file = fopen("/proc/self/smaps_rollup", "re");
	char line[256];
	long kib = 0;

	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, "Rss:", 4) == 0)
			kib = atol(line + 4);
	if (file != NULL)
		fclose(file);
	return kib * 1024;
}

static long
count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	long count = 0;

	while (dir != NULL && readdir(dir) != NULL)
		count++;
	if (dir != NULL)
		closedir(dir);
	return count;
}

static void
note_start(void *ctx, struct writ_proc *proc)
{
	(void)ctx;
	(void)proc;
	started++;
}

static void
note_end(void *ctx, struct writ_proc *proc, struct writ_result *res)
{
	(void)ctx;
	(void)proc;
	ended++;
	wrong += res->cause != WRIT_SIGNALED || res->signal != SIGTERM;
}

static int
fail(const char *what, const struct writ_error *err)
{
	char text[512];

	fprintf(stderr, "idle_writ: %s: %s\n", what, writ_error_text(err, text, sizeof(text)));
	return 1;
}

int
main(int argc, char **argv)
{
	const struct writ_events events = { .size = sizeof(events),
					    .later = true,
					    .keep = true,
					    .started = note_start,
					    .ended = note_end };
	struct rlimit limit;
	struct writ_error err = { .size = sizeof(err) };
	struct writ_host *host = NULL;
	struct writ_cmd cmd;
	int count = argc == 3 ? atoi(argv[1]) : 0;
	struct writ_proc **procs = calloc((size_t)count, sizeof(*procs));
	long bytes, descriptors;
	int64_t begin_ns, ns;

	getrlimit(RLIMIT_NOFILE, &limit);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	writ_cmd_init(&cmd, argc == 3 ? WRIT_LIST(argv[2]) : NULL);
	cmd.out.kind = cmd.err.kind = WRIT_OUT_NULL;
	if (count == 0 || writ_host_new(NULL, &host, &err) < 0)
		return fail("writ_host_new", &err);

	bytes = resident_bytes();
	descriptors = count_descriptors();
	begin_ns = now_ns();
	for (int i = 0; i < count; i++) {
		if (writ_start(host, &cmd, &events, &procs[i], &err) < 0)
			return fail("writ_start", &err);
		writ_host_step(host);
	}
	while (started < count)
		writ_host_wait(host, -1);
	ns = now_ns() - begin_ns;
	bytes = resident_bytes() - bytes;
	descriptors = count_descriptors() - descriptors;

	begin_ns = now_ns();
	for (int i = 0; i < count; i++)
		if (writ_proc_signal(procs[i], SIGTERM, &err) < 0)
			return fail("writ_proc_signal", &err);
	while (ended < count)
		writ_host_wait(host, -1);
	ns += now_ns() - begin_ns;
	printf("%lld %ld %ld %s%s\n", (long long)(ns / count), bytes / count, descriptors / count,
	       writ_level_name(writ_proc_level(procs[0])), wrong > 0 ? " WRONG" : "");
	for (int i = 0; i < count; i++)
		writ_proc_free(procs[i]);
	writ_host_free(host);
	return wrong > 0;
}
