#include "log.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

enum { FILES = 4 };

const char *
log_path(unsigned age)
{
	static char paths[FILES][128];

	if (age == 0)
		snprintf(paths[0], sizeof(paths[0]), "%s/log", unit_dir());
	else
		snprintf(paths[age], sizeof(paths[age]), "%s/log.%u", unit_dir(), age);
	return paths[age];
}

static int64_t
next_second(void *ctx)
{
	static int64_t seconds = 1767225600; /* 2026-01-01 */

	(void)ctx;
	return seconds++ * 1000000000;
}

struct audit *
log_open(uint64_t bytes_max)
{
	const struct audit_options options = { .path = log_path(0),
					       .bytes_max = bytes_max,
					       .files_max = FILES,
					       .clock_ns = next_second };
	struct audit *audit = NULL;
	struct writ_error err = { 0 };
	char text[512];

	if (audit_open(&options, &audit, &err) < 0)
		fprintf(stderr, "%s\n", writ_error_text(&err, text, sizeof(text)));
	CHECK(audit != NULL);
	return audit;
}

void
log_fill(struct audit *audit, enum audit_kind kind, unsigned count)
{
	char object[64];

	for (unsigned i = 0; i < count; i++) {
		int len = snprintf(object, sizeof(object), "\"i\": %u", i);

		CHECK_INT(audit_write(audit, kind, object, (size_t)len, NULL), 0);
	}
}

const char *
log_text(unsigned age, size_t *ret_len)
{
	static char text[FILES][LOG_BYTES_MAX + 1];
	FILE *file = fopen(log_path(age), "re");
	size_t len = file != NULL ? fread(text[age], 1, LOG_BYTES_MAX, file) : 0;

	if (file != NULL)
		fclose(file);
	text[age][len] = '\0';
	if (ret_len != NULL)
		*ret_len = len;
	return file != NULL ? text[age] : NULL;
}

void
log_replace(unsigned age, const char *text, size_t len)
{
	int fd = open(log_path(age), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, text, len), len);
	close(fd);
}

void
log_append(const char *text)
{
	int fd = open(log_path(0), O_WRONLY | O_APPEND | O_CLOEXEC);

	CHECK(fd >= 0);
	CHECK_INT(write(fd, text, strlen(text)), strlen(text));
	close(fd);
}

enum audit_fault
log_verify(const struct audit_head *head, struct audit_verify *ret_verify)
{
	audit_verify_begin(ret_verify, head);
	for (unsigned age = FILES; age-- > 0;) {
		size_t len;
		const char *text = log_text(age, &len);

		if (text == NULL)
			continue;
		audit_verify_file(ret_verify);
		audit_verify_add(ret_verify, text, len);
	}
	return audit_verify_end(ret_verify);
}

unsigned
log_count(const char *part)
{
	unsigned count = 0;

	for (unsigned age = 0; age < FILES; age++)
		for (const char *at = log_text(age, NULL);
		     at != NULL && (at = strstr(at, part)) != NULL; at++)
			count++;
	return count;
}
