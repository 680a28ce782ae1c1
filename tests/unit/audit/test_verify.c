#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "unit.h"

enum { LINES = 9 };

/* A record of LINES lines, closed. */
static void
make_log(struct audit_head *ret_head)
{
	struct audit *audit = log_open(0);

	log_fill(audit, AUDIT_ACCEPTED, LINES);
	if (ret_head != NULL)
		audit_head(audit, ret_head);
	audit_close(audit);
}

/* The text of line `number`, from 1, with its newline. */
static const char *
line_at(const char *text, unsigned number, size_t *ret_len)
{
	for (unsigned i = 1; i < number; i++)
		text = strchr(text, '\n') + 1;
	*ret_len = (size_t)(strchr(text, '\n') - text) + 1;
	return text;
}

static void
check_fault(enum audit_fault fault, uint64_t line, const struct audit_head *head)
{
	struct audit_verify verify;

	CHECK_INT(log_verify(head, &verify), fault);
	CHECK_INT(verify.fault, fault);
	CHECK_INT(verify.at.line, line);
}

/* The record with the lines in another order; 0 ends. */
static void
reorder(const unsigned *numbers)
{
	const char *text = log_text(0, NULL);
	char *other = calloc(1, LOG_BYTES_MAX);
	size_t len = 0;

	for (; *numbers != 0; numbers++) {
		size_t line_len;
		const char *line = line_at(text, *numbers, &line_len);

		memcpy(other + len, line, line_len);
		len += line_len;
	}
	log_replace(0, other, len);
	free(other);
}

static void
what_was_written_is_intact(void)
{
	struct audit_head head;
	struct audit_verify verify;

	make_log(&head);
	CHECK_INT(log_verify(&head, &verify), AUDIT_INTACT);
	CHECK_INT(verify.lines, LINES);
	CHECK_INT(verify.torn, 0);
	CHECK_INT(verify.head.n, LINES);
	CHECK_TEXT(verify.head.hash, head.hash);
	check_fault(AUDIT_INTACT, 0, NULL);
}

static void
is_the_same_however_it_comes_in_pieces(void)
{
	struct audit_verify verify;
	const char *text;
	size_t len;

	make_log(NULL);
	text = log_text(0, &len);
	for (size_t piece = 1; piece < 700; piece = piece * 2 + 1) {
		audit_verify_begin(&verify, NULL);
		audit_verify_file(&verify);
		for (size_t at = 0; at < len; at += piece)
			audit_verify_add(&verify, text + at, len - at < piece ? len - at : piece);
		CHECK_INT(audit_verify_end(&verify), AUDIT_INTACT);
		CHECK_INT(verify.lines, LINES);
	}
}

static void
finds_a_byte_that_was_changed_wherever_it_is(void)
{
	size_t len;
	char *text;
	uint64_t line = 1;

	make_log(NULL);
	text = strdup(log_text(0, &len));
	for (size_t i = 0; i < len; i++) {
		struct audit_verify verify;
		char was = text[i];
		enum audit_fault fault;

		text[i] ^= 1;
		log_replace(0, text, len);
		fault = log_verify(NULL, &verify);
		text[i] = was;
		if (was == '\n')
			line++;
		/* the text of the last line is vouched for by nobody but a head */
		if (line == LINES && fault == AUDIT_INTACT)
			continue;
		CHECK(fault != AUDIT_INTACT);
		/* the newline itself: the line and the next become one */
		CHECK(verify.at.line + 1 >= line - (was == '\n') && verify.at.line <= line);
	}
	free(text);
}

static void
names_the_line_whose_text_was_changed(void)
{
	char *text;
	char *at;

	make_log(NULL);
	text = strdup(log_text(0, NULL));
	at = strstr(text, "\"i\": 4");
	at[5] = '3';
	log_replace(0, text, strlen(text));
	check_fault(AUDIT_CHANGED, 5, NULL);
	free(text);
}

static void
names_the_line_whose_chain_was_changed(void)
{
	char *text;
	size_t len;
	char *line;

	make_log(NULL);
	text = strdup(log_text(0, NULL));
	line = (char *)line_at(text, 5, &len);
	line = strstr(line, "\"prev\": \"") + 9;
	*line = *line == 'a' ? 'b' : 'a';
	log_replace(0, text, strlen(text));
	check_fault(AUDIT_OTHER_PREV, 5, NULL);
	free(text);
}

static void
finds_the_last_line_changed_by_the_head(void)
{
	struct audit_head head;
	char *text;

	make_log(&head);
	text = strdup(log_text(0, NULL));
	strstr(text, "\"i\": 8")[5] = '9';
	log_replace(0, text, strlen(text));
	check_fault(AUDIT_INTACT, 0, NULL);
	check_fault(AUDIT_OTHER_HEAD, LINES, &head);
	free(text);
}

static void
finds_lines_that_were_taken_out_or_moved(void)
{
	make_log(NULL);
	reorder((const unsigned[]){ 1, 2, 3, 5, 6, 7, 8, 9, 0 });
	check_fault(AUDIT_MISSING, 4, NULL);
	log_replace(0, "", 0);
	make_log(NULL);
	reorder((const unsigned[]){ 1, 2, 4, 3, 5, 6, 7, 8, 9, 0 });
	check_fault(AUDIT_MISSING, 3, NULL);
	log_replace(0, "", 0);
	make_log(NULL);
	reorder((const unsigned[]){ 1, 2, 3, 3, 4, 5, 6, 7, 8, 9, 0 });
	check_fault(AUDIT_MISPLACED, 4, NULL);
}

static void
finds_an_end_that_was_cut_off_by_the_head(void)
{
	struct audit_head head;

	make_log(&head);
	reorder((const unsigned[]){ 1, 2, 3, 4, 5, 6, 0 });
	check_fault(AUDIT_INTACT, 0, NULL);
	check_fault(AUDIT_CUT, 6, &head);
	log_replace(0, "", 0);
	check_fault(AUDIT_CUT, 0, &head);
}

static void
finds_a_record_written_anew_by_the_head(void)
{
	struct audit_head head;

	make_log(&head);
	log_replace(0, "", 0);
	make_log(NULL); /* at another time */
	check_fault(AUDIT_INTACT, 0, NULL);
	check_fault(AUDIT_OTHER_HEAD, LINES, &head);
}

static void
a_head_older_than_the_oldest_line_says_nothing(void)
{
	struct audit_head head = { 1, LINE_NO_PREV };

	make_log(NULL);
	reorder((const unsigned[]){ 3, 4, 5, 0 });
	check_fault(AUDIT_INTACT, 0, NULL);
	check_fault(AUDIT_HEAD_OLD, 1, &head);
}

static void
a_line_that_is_none_is_found(void)
{
	make_log(NULL);
	log_append("{\"writ\": \"audit/1\"}\n");
	check_fault(AUDIT_NO_LINE, LINES + 1, NULL);
	log_append("hello\n");
	check_fault(AUDIT_NO_LINE, LINES + 1, NULL);
}

static void
a_last_line_without_its_newline_is_torn(void)
{
	size_t len;
	const char *text;

	make_log(NULL);
	text = log_text(0, &len);
	log_replace(0, text, len - 1);
	check_fault(AUDIT_TORN, LINES, NULL);
	log_replace(0, text, len - 100);
	check_fault(AUDIT_TORN, LINES, NULL);
}

/* "torn" is no way to have lines disappear. */
static void
a_torn_line_closes_only_what_is_no_line(void)
{
	struct audit_verify verify;
	char torn[512];
	char fields[256];
	struct line line = { .event = "torn" };
	size_t len;
	size_t last_len;
	char *last;

	make_log(NULL);
	last = strdup(line_at(log_text(0, NULL), LINES, &last_len));
	reorder((const unsigned[]){ 1, 2, 3, 4, 5, 6, 7, 8, 0 });
	log_verify(NULL, &verify);
	log_append("#");
	log_append(last);
	free(last);
	/* as if the one line had been torn */
	line.n = LINES;
	memcpy(line.prev, verify.head.hash, sizeof(line.prev));
	log_verify(NULL, &verify);
	CHECK(verify.is_open);
	digest_text(&verify.open, torn);
	line_write_torn(fields, sizeof(fields), last_len + 1, torn);
	len = line_write(torn, sizeof(torn), &line, 0);
	snprintf(torn + len, sizeof(torn) - len, ", %.200s}\n", fields);
	log_append(torn);
	check_fault(AUDIT_INTACT, 0, NULL);

	log_replace(0, "", 0);
	make_log(NULL);
	log_append("#\n");
	log_append(
		"{\"writ\": \"audit/1\", \"n\": 10, \"time\": \"2026-01-01T00:00:00.000000000Z\", "
		"\"prev\": \"" LINE_NO_PREV "\", \"event\": \"note\"}\n");
	check_fault(AUDIT_NO_LINE, LINES + 1, NULL);
}

static void
a_head_is_read_as_it_is_told(void)
{
	struct audit_head head = { 17, LINE_NO_PREV };
	struct audit_head read = { 0 };
	char text[AUDIT_HEAD_TEXT_MAX];

	CHECK_TEXT(audit_head_text(&head, text), "17:" LINE_NO_PREV);
	CHECK(audit_head_parse(text, &read));
	CHECK_INT(read.n, 17);
	CHECK_TEXT(read.hash, LINE_NO_PREV);
	CHECK(!audit_head_parse("", &read));
	CHECK(!audit_head_parse("17", &read));
	CHECK(!audit_head_parse("17:00", &read));
	CHECK(!audit_head_parse("0:" LINE_NO_PREV, &read));
	CHECK(!audit_head_parse("17:" LINE_NO_PREV "0", &read));
	CHECK(!audit_head_parse("x:" LINE_NO_PREV, &read));
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(what_was_written_is_intact),
		UNIT(is_the_same_however_it_comes_in_pieces),
		UNIT(finds_a_byte_that_was_changed_wherever_it_is),
		UNIT(names_the_line_whose_text_was_changed),
		UNIT(names_the_line_whose_chain_was_changed),
		UNIT(finds_the_last_line_changed_by_the_head),
		UNIT(finds_lines_that_were_taken_out_or_moved),
		UNIT(finds_an_end_that_was_cut_off_by_the_head),
		UNIT(finds_a_record_written_anew_by_the_head),
		UNIT(a_head_older_than_the_oldest_line_says_nothing),
		UNIT(a_line_that_is_none_is_found),
		UNIT(a_last_line_without_its_newline_is_torn),
		UNIT(a_torn_line_closes_only_what_is_no_line),
		UNIT(a_head_is_read_as_it_is_told),
	};

	return UNIT_RUN(tests);
}
