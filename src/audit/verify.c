#include "audit/verify.h"

#include <string.h>

const char *
audit_fault_text(enum audit_fault fault)
{
	static const char *const texts[AUDIT_FAULT_COUNT_] = {
		[AUDIT_INTACT] = "intact",
		[AUDIT_NO_LINE] = "not a line of a record",
		[AUDIT_MISSING] = "lines before this one are missing",
		[AUDIT_MISPLACED] = "out of place: its number was there before",
		[AUDIT_CHANGED] = "changed: not the line that the next one is chained to",
		[AUDIT_OTHER_PREV] = "not chained to the line before it",
		[AUDIT_TORN] = "torn: the file ends within this line",
		[AUDIT_OTHER_HEAD] = "changed: not the line that the head names",
		[AUDIT_CUT] = "the last line, but the head names a later one: the end was cut off",
		[AUDIT_HEAD_OLD] = "the first line, but the head names an earlier one",
	};

	return (unsigned)fault < AUDIT_FAULT_COUNT_ ? texts[fault] : "unknown";
}

void
audit_verify_begin(struct audit_verify *verify, const struct audit_head *expected)
{
	memset(verify, 0, sizeof(*verify));
	verify->expected = expected;
}

static void
decide(struct audit_verify *verify, enum audit_fault fault, struct audit_place at)
{
	verify->fault = fault;
	verify->at = at;
	verify->is_open = false;
	verify->state = VERIFY_DECIDED;
}

static void
begin_line(struct audit_verify *verify)
{
	verify->now.line++;
	verify->len = 0;
	verify->last_byte = '\0';
	digest_begin(&verify->digest);
	if (verify->state == VERIFY_OPEN)
		verify->open_before = verify->open;
}

/* This line is not of the chain: perhaps part of a write that was broken off.
 * What a later "torn" line says must be true of all from here to it. */
static void
begin_open(struct audit_verify *verify, enum audit_fault fault)
{
	verify->state = VERIFY_OPEN;
	verify->fault = fault;
	verify->at = verify->now;
	verify->is_open = true;
	verify->open = verify->digest;
	verify->open_bytes = verify->len;
}

/* The end of a file. What is still open there was not closed by who wrote it:
 * it went on in another file. */
static void
end_file(struct audit_verify *verify)
{
	if (verify->state == VERIFY_HOLDS && verify->len > 0)
		begin_open(verify, AUDIT_TORN);
	verify->open_ends = verify->len == 0;
}

void
audit_verify_file(struct audit_verify *verify)
{
	end_file(verify);
	if (verify->state == VERIFY_OPEN)
		decide(verify, verify->fault, verify->at);
	verify->now = (struct audit_place){ verify->now.file + 1, 0 };
	verify->refused_bytes = 0;
	begin_line(verify);
}

static void
accept(struct audit_verify *verify, const struct line *line, const char *hash)
{
	if (verify->head.n == 0) {
		verify->first = verify->now;
		verify->first_n = line->n;
	}
	verify->head.n = line->n;
	memcpy(verify->head.hash, hash, sizeof(verify->head.hash));
	verify->last = verify->now;
	verify->lines++;
	if (strcmp(line->event, "refused") == 0)
		verify->refused_bytes += verify->len;
	if (verify->expected == NULL || verify->expected->n != line->n)
		return;
	if (strcmp(verify->expected->hash, hash) == 0)
		verify->head_seen = true;
	else
		decide(verify, AUDIT_OTHER_HEAD, verify->now);
}

/* Is it the line that follows? Where the oldest file does not begin with the
 * first line of all, what was before is believed. */
static enum audit_fault
fits(const struct audit_verify *verify, const struct line *line)
{
	bool is_first = verify->head.n == 0;

	if (!is_first && line->n != verify->head.n + 1)
		return line->n > verify->head.n ? AUDIT_MISSING : AUDIT_MISPLACED;
	if (is_first && line->n > 1)
		return AUDIT_INTACT;
	return strcmp(line->prev, is_first ? LINE_NO_PREV : verify->head.hash) == 0
		       ? AUDIT_INTACT
		       : AUDIT_OTHER_PREV;
}

static bool
closes_open(const struct audit_verify *verify, const struct line *line)
{
	uint64_t bytes;
	char told[DIGEST_TEXT_MAX];
	char hash[DIGEST_TEXT_MAX];

	if (verify->len > LINE_START_BYTES || fits(verify, line) != AUDIT_INTACT ||
	    !line_read_torn(verify->start, verify->len, line, &bytes, told))
		return false;
	digest_text(&verify->open_before, hash);
	return bytes == verify->open_bytes - verify->len && strcmp(told, hash) == 0;
}

/* A line that is none: part of a write that was broken off, or worse. */
static void
judge_no_line(struct audit_verify *verify)
{
	if (verify->state == VERIFY_HOLDS)
		begin_open(verify, AUDIT_NO_LINE);
	else if (verify->state == VERIFY_UNVOUCHED || verify->open_bytes > AUDIT_TORN_BYTES_MAX)
		decide(verify, verify->fault, verify->at);
}

/* The line after one that was not chained to the last: if it is chained to that
 * one, the last is wrong. */
static void
judge_by_next(struct audit_verify *verify, const struct line *line)
{
	if (strcmp(line->prev, verify->unvouched.hash) == 0)
		decide(verify, AUDIT_CHANGED, verify->last);
	else
		decide(verify, AUDIT_OTHER_PREV, verify->at);
}

static void
judge_line(struct audit_verify *verify, const struct line *line)
{
	enum audit_fault fault = fits(verify, line);
	char hash[DIGEST_TEXT_MAX];

	digest_text(&verify->digest, hash);
	if (fault == AUDIT_INTACT) {
		accept(verify, line, hash);
	} else if (fault == AUDIT_OTHER_PREV && verify->head.n != 0) {
		verify->state = VERIFY_UNVOUCHED;
		verify->fault = fault;
		verify->at = verify->now;
		memcpy(verify->unvouched.hash, hash, sizeof(hash));
	} else {
		decide(verify, fault, verify->now);
	}
}

static void
close_open(struct audit_verify *verify)
{
	verify->state = VERIFY_HOLDS;
	verify->fault = AUDIT_INTACT;
	verify->at = (struct audit_place){ 0 };
	verify->is_open = false;
	verify->torn++;
}

/* One line is whole. */
static void
judge(struct audit_verify *verify)
{
	size_t start = verify->len < LINE_START_BYTES ? (size_t)verify->len : LINE_START_BYTES;
	struct line line;

	if (verify->last_byte != '}' || !line_read(verify->start, start, &line)) {
		judge_no_line(verify);
		return;
	}
	if (verify->state == VERIFY_UNVOUCHED) {
		judge_by_next(verify, &line);
		return;
	}
	if (verify->state == VERIFY_OPEN && !closes_open(verify, &line)) {
		decide(verify, AUDIT_NO_LINE, verify->at);
		return;
	}
	if (verify->state == VERIFY_OPEN)
		close_open(verify);
	judge_line(verify, &line);
}

/* A part of one line, its newline perhaps at the end of it. */
static void
add_part(struct audit_verify *verify, const char *part, size_t len, bool is_end)
{
	size_t text = len - is_end;

	if (verify->len < LINE_START_BYTES) {
		size_t room = LINE_START_BYTES - (size_t)verify->len;

		memcpy(verify->start + verify->len, part, len < room ? len : room);
	}
	if (text > 0)
		verify->last_byte = part[text - 1];
	verify->len += len;
	digest_add(&verify->digest, part, len);
	if (verify->state == VERIFY_OPEN) {
		verify->open_bytes += len;
		digest_add(&verify->open, part, len);
	}
}

void
audit_verify_add(struct audit_verify *verify, const void *data, size_t len)
{
	const char *part = data;

	while (len > 0 && verify->state != VERIFY_DECIDED) {
		const char *newline = memchr(part, '\n', len);
		size_t part_len = newline != NULL ? (size_t)(newline - part) + 1 : len;

		add_part(verify, part, part_len, newline != NULL);
		if (newline != NULL) {
			judge(verify);
			begin_line(verify);
		}
		part += part_len;
		len -= part_len;
	}
}

enum audit_fault
audit_verify_end(struct audit_verify *verify)
{
	end_file(verify);
	/* nobody vouches for the last line; what was changed is more likely a
	 * line's text than its chain */
	if (verify->state == VERIFY_UNVOUCHED)
		decide(verify, AUDIT_CHANGED, verify->last);
	if (verify->state == VERIFY_OPEN && verify->open_bytes > AUDIT_TORN_BYTES_MAX)
		decide(verify, verify->fault, verify->at);
	if (verify->state != VERIFY_HOLDS || verify->expected == NULL || verify->head_seen)
		return verify->fault;
	if (verify->head.n < verify->expected->n)
		decide(verify, AUDIT_CUT, verify->last);
	else
		decide(verify, AUDIT_HEAD_OLD, verify->first);
	return verify->fault;
}
