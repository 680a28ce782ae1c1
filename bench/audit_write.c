/* audit_write.c [DIRECTORY]: what the record costs a privileged run.
 *
 *   ninja -C build bench/audit_write && build/bench/audit_write
 *
 * Prints a line for each: the median and the 99th percentile of batches of 100,
 * one after another. The directory is root's, and nobody else can write to it,
 * but for a sticky one above it; what is made there is removed. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit/redact.h"
#include "audit/verify.h"

enum { BATCH = 100, BATCHES = 500, WARM = 20, FILE_BYTES_MAX = AUDIT_BYTES_DEFAULT };

static const char *const command[] = {
	"/usr/sbin/ip",
	"netns",
	"exec",
	"qrouter-0e3b5a55-2f2b-4ac4-a7b1-8f1d3c4e5f60",
	"ip",
	"-4",
	"route",
	"replace",
	"default",
	"via",
	"192.0.2.1",
	"dev",
	"qg-0e3b5a55-2f",
};
enum { WORDS = sizeof(command) / sizeof(command[0]) };

struct work {
	struct audit *audit;
	struct buf object;
	enum audit_kind kind;
};

static int64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int
by_size(const void *a, const void *b)
{
	int64_t first = *(const int64_t *)a;
	int64_t second = *(const int64_t *)b;

	return (first > second) - (first < second);
}

static void
measure(const char *what, void (*once)(struct work *), struct work *work)
{
	static int64_t took[BATCHES];

	for (int batch = -WARM; batch < BATCHES; batch++) {
		int64_t begin = now_ns();

		for (int i = 0; i < BATCH; i++)
			once(work);
		if (batch >= 0)
			took[batch] = now_ns() - begin;
	}
	qsort(took, BATCHES, sizeof(took[0]), by_size);
	printf("%-44s %6.2f us, 99th percentile %6.2f us\n", what,
	       (double)took[BATCHES / 2] / BATCH / 1000,
	       (double)took[BATCHES * 99 / 100] / BATCH / 1000);
}

static void
write_line(struct work *work)
{
	if (audit_write(work->audit, work->kind, work->object.data, work->object.len, NULL) < 0)
		exit(1);
}

static void
redact_command(struct work *work)
{
	struct buf buf = { 0 };

	(void)work;
	redact_argv(&buf, command, WORDS, NULL);
	buf_done(&buf);
}

/* What was written. */
static void
verify_file(const char *path)
{
	static char text[FILE_BYTES_MAX];
	struct audit_verify verify;
	FILE *file = fopen(path, "re");
	size_t len = file != NULL ? fread(text, 1, sizeof(text), file) : 0;
	int64_t begin = now_ns();

	if (file != NULL)
		fclose(file);
	audit_verify_begin(&verify, NULL);
	audit_verify_file(&verify);
	audit_verify_add(&verify, text, len);
	if (audit_verify_end(&verify) != AUDIT_INTACT)
		exit(1);
	printf("%-44s %6.0f MiB/s\n", "verify",
	       (double)len / 1048576.0 / ((double)(now_ns() - begin) / 1e9));
}

int
main(int argc, char **argv)
{
	char dir[4096];
	char path[4200];
	char what[64];
	struct work work = { .kind = AUDIT_ACCEPTED };
	struct audit_options options = { .path = path };
	struct writ_error err = { 0 };

	snprintf(dir, sizeof(dir), "%s/writ-bench-XXXXXX", argc > 1 ? argv[1] : "/dev/shm");
	if (mkdtemp(dir) == NULL) {
		perror(dir);
		return 1;
	}
	snprintf(path, sizeof(path), "%s/record", dir);
	if (audit_open(&options, &work.audit, &err) < 0) {
		fprintf(stderr, "%s\n", writ_error_text(&err, what, sizeof(what)));
		return 1;
	}

	measure("redact the words of a command", redact_command, &work);
	for (size_t len = 300; len <= 1200; len *= 2) {
		work.object.len = 0;
		buf_add_text(&work.object, "\"argv\": \"");
		while (work.object.len < len - 1)
			buf_add(&work.object, "x", 1);
		buf_add(&work.object, "\"", 1);
		snprintf(what, sizeof(what), "write a line with %zu bytes of fields", len);
		measure(what, write_line, &work);
	}
	snprintf(path, sizeof(path), "%s/record.1", dir);
	verify_file(path);

	buf_done(&work.object);
	audit_close(work.audit);
	for (unsigned age = 0; age < AUDIT_FILES_DEFAULT; age++) {
		snprintf(path, sizeof(path), age == 0 ? "%s/record" : "%s/record.%u", dir, age);
		unlink(path);
	}
	snprintf(path, sizeof(path), "%s/record.lock", dir);
	unlink(path);
	return rmdir(dir) == 0 ? 0 : 1;
}
