#include "audit/audit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audit/pen.h"
#include "audit/resume.h"
#include "audit/shelf.h"
#include "base/fail.h"
#include "os/os_clock.h"

enum {
	TELL_DROPPED_S = 60,
	/* Kept free at the end of a file, for the "dropped" line before it turns. */
	RESERVE_BYTES = PEN_OWN_LINE_MAX,
};

struct audit {
	struct shelf shelf;
	struct pen pen;
	uint64_t bytes_max;
	uint64_t refused_bytes_max;
	uint64_t refused_bytes; /* of the file */
	uint64_t dropped;
	uint64_t dropped_untold;
	int64_t told_ns;
	int64_t (*clock_ns)(void *ctx);
	void *clock_ctx;
	char broken[PEN_OWN_FIELDS_MAX]; /* why the chain breaks here; empty: it does not */
};

static const char *const event_names[] = {
	[AUDIT_REFUSED] = "refused",
	[AUDIT_ACCEPTED] = "accepted",
	[AUDIT_ENDED] = "ended",
	[AUDIT_NOTE] = "note",
};

static int64_t
read_clock(const struct audit *audit)
{
	return audit->clock_ns != NULL ? audit->clock_ns(audit->clock_ctx) : os_clock_real_ns();
}

static int
write_own(struct audit *audit, const char *event, const char *object, struct writ_error *err)
{
	int r = pen_write(&audit->pen, event, object, strlen(object), read_clock(audit), err);

	return r < 0 ? r : 0;
}

static int
tell_dropped(struct audit *audit, struct writ_error *err)
{
	char object[PEN_OWN_FIELDS_MAX];
	int r;

	if (audit->dropped_untold == 0)
		return 0;
	snprintf(object, sizeof(object), "\"refused\": %" PRIu64, audit->dropped_untold);
	r = write_own(audit, "dropped", object, err);
	if (r < 0)
		return r;
	audit->dropped_untold = 0;
	audit->told_ns = read_clock(audit);
	return 0;
}

/* The file gives way to a new one, in which the chain goes on. */
static int
turn(struct audit *audit, struct writ_error *err)
{
	int r = shelf_turn(&audit->shelf, err);

	if (r == 0)
		pen_lift(&audit->pen);
	return r;
}

static void
note_broken(struct audit *audit, const char *what, uint64_t line)
{
	snprintf(audit->broken, sizeof(audit->broken), "\"what\": \"%s\", \"line\": %" PRIu64, what,
		 line);
}

/* Nobody else writes to the file. If it is not as we left it, it was cut, moved
 * or replaced: what is there is put aside, and our own head goes on in a new
 * file, so that a gap can be seen. */
static int
check_unchanged(struct audit *audit, struct writ_error *err)
{
	if (audit->pen.fd < 0 || shelf_is(&audit->shelf, audit->pen.bytes))
		return 0;
	note_broken(audit, "changed while it was written to", 0);
	return turn(audit, err);
}

/* Something that can be written to. */
static int
ensure_file(struct audit *audit, struct writ_error *err)
{
	int r;

	if (audit->pen.fd < 0) {
		r = shelf_make(&audit->shelf, &audit->pen.fd, err);
		if (r < 0)
			return r;
		audit->refused_bytes = 0;
	}
	if (audit->pen.is_torn) {
		r = pen_close_torn(&audit->pen, read_clock(audit), err);
		if (r < 0)
			return r;
	}
	if (audit->broken[0] == '\0')
		return 0;
	r = write_own(audit, "broken", audit->broken, err);
	if (r == 0)
		audit->broken[0] = '\0';
	return r;
}

/* All that comes before a line of `len` bytes. */
static int
make_ready(struct audit *audit, size_t len, bool is_refusal, struct writ_error *err)
{
	int r = check_unchanged(audit, err);

	if (r == 0)
		r = ensure_file(audit, err);
	if (r < 0)
		return r;
	if (audit->pen.bytes > 0 && audit->pen.bytes + len + RESERVE_BYTES > audit->bytes_max) {
		r = tell_dropped(audit, err);
		if (r == 0)
			r = turn(audit, err);
		return r < 0 ? r : ensure_file(audit, err);
	}
	/* Never because of a refusal: they would fill the disk with these. */
	if (!is_refusal && audit->dropped_untold > 0 &&
	    read_clock(audit) - audit->told_ns >= TELL_DROPPED_S * NS_PER_S)
		return tell_dropped(audit, err);
	return 0;
}

static int
check_object(const struct audit *audit, const char *object, size_t len, struct writ_error *err)
{
	if (len == 0)
		return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_RECORD, 0, "a line without fields",
				 "%s", audit->shelf.path);
	if (len > AUDIT_OBJECT_BYTES_MAX ||
	    len + AUDIT_HEADER_BYTES_MAX + RESERVE_BYTES > audit->bytes_max)
		return writ_fail(err, WRIT_E_LIMIT, WRIT_STAGE_RECORD, 0, "the line is too long",
				 "%s", audit->shelf.path);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)object[i] < 0x20)
			return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_RECORD, 0,
					 "a control byte is in the line", "%s", audit->shelf.path);
	return 0;
}

int
audit_write(struct audit *audit, enum audit_kind kind, const char *object, size_t len,
	    struct writ_error *err)
{
	bool is_refusal = kind == AUDIT_REFUSED;
	size_t most = len + AUDIT_HEADER_BYTES_MAX;
	int r = check_object(audit, object, len, err);

	if (r < 0)
		return r;
	if (is_refusal && audit->refused_bytes + most > audit->refused_bytes_max) {
		audit->dropped++;
		audit->dropped_untold++;
		return 0;
	}
	r = make_ready(audit, most, is_refusal, err);
	if (r < 0)
		return r;
	r = pen_write(&audit->pen, event_names[kind], object, len, read_clock(audit), err);
	if (r < 0)
		return r;
	if (is_refusal)
		audit->refused_bytes += (uint64_t)r;
	return 0;
}

static int
take_options(struct audit *audit, const struct audit_options *options, unsigned *ret_files_max,
	     struct writ_error *err)
{
	unsigned files_max = options->files_max != 0 ? options->files_max : AUDIT_FILES_DEFAULT;

	if (options->path == NULL)
		return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_RECORD, 0, NULL, "no path");
	audit->bytes_max = options->bytes_max != 0 ? options->bytes_max : AUDIT_BYTES_DEFAULT;
	audit->refused_bytes_max =
		options->refused_bytes_max != 0 ? options->refused_bytes_max : audit->bytes_max / 4;
	audit->clock_ns = options->clock_ns;
	audit->clock_ctx = options->clock_ctx;
	if (audit->bytes_max < AUDIT_BYTES_MIN || audit->refused_bytes_max > audit->bytes_max ||
	    files_max < AUDIT_FILES_MIN || files_max > AUDIT_FILES_MAX)
		return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_RECORD, 0, "a bound is out of range",
				 "%s", options->path);
	*ret_files_max = files_max;
	return 0;
}

/* A full disk is no reason not to open: what does without a record shall run,
 * and the next write tries again. */
static int
begin(struct audit *audit, struct writ_error *err)
{
	struct resumed resumed = { 0 };
	struct writ_error why = { 0 };
	int r = resume(&audit->shelf, &audit->pen, &resumed, err);

	if (r < 0)
		return r;
	audit->refused_bytes = resumed.refused_bytes;
	if (resumed.fault != AUDIT_INTACT) {
		note_broken(audit, audit_fault_text(resumed.fault), resumed.at.line);
		r = audit->pen.bytes > 0 ? turn(audit, err) : 0;
	}
	if (r < 0)
		return r;
	r = ensure_file(audit, &why);
	if (r < 0 && why.err_no != ENOSPC && why.err_no != EDQUOT && why.err_no != EFBIG)
		return writ_fail_as(err, &why);
	return 0;
}

int
audit_open(const struct audit_options *options, struct audit **ret_audit, struct writ_error *err)
{
	struct audit *audit = calloc(1, sizeof(*audit));
	unsigned files_max = 0;
	int r;

	if (audit == NULL)
		return writ_fail_nomem(err, WRIT_STAGE_RECORD);
	audit->shelf.dir = -1;
	audit->shelf.lock = -1;
	audit->pen.fd = -1;
	audit->pen.path = audit->shelf.path;
	r = take_options(audit, options, &files_max, err);
	if (r == 0)
		r = shelf_open(&audit->shelf, options->path, files_max, err);
	if (r == 0)
		r = begin(audit, err);
	if (r < 0) {
		audit_close(audit);
		return r;
	}
	*ret_audit = audit;
	return 0;
}

void
audit_head(const struct audit *audit, struct audit_head *ret_head)
{
	*ret_head = audit->pen.head;
}

uint64_t
audit_dropped(const struct audit *audit)
{
	return audit->dropped;
}

int
audit_sync(struct audit *audit, struct writ_error *err)
{
	if (audit->pen.fd >= 0 && fdatasync(audit->pen.fd) < 0)
		return writ_fail_sys(err, WRIT_STAGE_RECORD, errno, audit->shelf.path);
	return 0;
}

struct audit *
audit_close(struct audit *audit)
{
	if (audit == NULL)
		return NULL;
	if (audit->dropped_untold > 0 && check_unchanged(audit, NULL) == 0 &&
	    ensure_file(audit, NULL) == 0)
		tell_dropped(audit, NULL);
	pen_lift(&audit->pen);
	shelf_close(&audit->shelf);
	free(audit);
	return NULL;
}
