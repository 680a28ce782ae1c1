#include "audit/pen.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fail.h"

/* Makes a line in `line`, from `at` on. Returns its length. */
static size_t
compose(struct pen *pen, size_t at, const char *event, const char *object, size_t len,
	int64_t time_ns)
{
	struct line line = { .n = pen->head.n + 1 };
	char *to = pen->line + at;
	size_t head;

	memcpy(line.prev, pen->head.n > 0 ? pen->head.hash : LINE_NO_PREV, sizeof(line.prev));
	snprintf(line.event, sizeof(line.event), "%s", event);
	head = line_write(to, AUDIT_HEADER_BYTES_MAX - 4, &line, time_ns);
	to[head++] = ',';
	to[head++] = ' ';
	memcpy(to + head, object, len);
	to[head + len] = '}';
	to[head + len + 1] = '\n';
	return head + len + 2;
}

static void
add_torn(struct pen *pen, const char *data, size_t len)
{
	if (!pen->is_torn) {
		pen->is_torn = true;
		pen->torn_bytes = 0;
		digest_begin(&pen->torn);
	}
	pen->torn_bytes += len;
	pen->torn_ends = data[len - 1] == '\n';
	digest_add(&pen->torn, data, len);
}

/* Writes `line`. The kernel takes it in one piece; where it does not, the rest
 * is tried once more, which tells why. */
static int
put(struct pen *pen, size_t len, struct writ_error *err)
{
	size_t done = 0;

	while (done < len) {
		ssize_t r = write(pen->fd, pen->line + done, len - done);
		int err_no = r < 0 ? errno : ENOSPC;

		if (r > 0) {
			done += (size_t)r;
			continue;
		}
		if (r < 0 && err_no == EINTR)
			continue;
		pen->bytes += done;
		if (done > 0)
			add_torn(pen, pen->line, done);
		return writ_fail_sys(err, WRIT_STAGE_RECORD, err_no, pen->path);
	}
	pen->bytes += len;
	return 0;
}

/* The line that begins at `at` was written: it is of the chain. */
static void
chain(struct pen *pen, size_t at, size_t len)
{
	pen->head.n++;
	digest_of(pen->line + at, len, pen->head.hash);
}

int
pen_write(struct pen *pen, const char *event, const char *object, size_t len, int64_t time_ns,
	  struct writ_error *err)
{
	size_t line_len = compose(pen, 0, event, object, len, time_ns);
	int r = put(pen, line_len, err);

	if (r < 0)
		return r;
	chain(pen, 0, line_len);
	return (int)line_len;
}

/* A failure is taken back: it would only add to what has to be closed. */
int
pen_close_torn(struct pen *pen, int64_t time_ns, struct writ_error *err)
{
	const uint64_t bytes = pen->bytes;
	const uint64_t torn_bytes = pen->torn_bytes;
	const struct digest before = pen->torn;
	const size_t at = pen->torn_ends ? 0 : strlen(LINE_TORN_END);
	struct digest torn = before;
	char hash[DIGEST_TEXT_MAX];
	char object[PEN_OWN_FIELDS_MAX];
	size_t len;
	int r;

	memcpy(pen->line, LINE_TORN_END, at);
	digest_add(&torn, pen->line, at);
	digest_text(&torn, hash);
	line_write_torn(object, sizeof(object), torn_bytes + at, hash);
	len = compose(pen, at, "torn", object, strlen(object), time_ns);
	r = put(pen, at + len, err);
	if (r == 0) {
		chain(pen, at, len);
		pen->is_torn = false;
		return 0;
	}
	if (pen->bytes > bytes && ftruncate(pen->fd, (off_t)bytes) == 0) {
		pen->bytes = bytes;
		pen->torn = before;
		pen->torn_bytes = torn_bytes;
		pen->torn_ends = at == 0;
	}
	return r;
}

void
pen_lift(struct pen *pen)
{
	if (pen->fd >= 0)
		close(pen->fd);
	pen->fd = -1;
	pen->bytes = 0;
	pen->is_torn = false;
}
