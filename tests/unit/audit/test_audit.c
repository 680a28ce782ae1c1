#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "log.h"
#include "unit.h"

static void
check_intact(uint64_t lines, uint64_t torn)
{
	struct audit_verify verify;

	CHECK_INT(log_verify(NULL, &verify), AUDIT_INTACT);
	CHECK_INT(verify.lines, lines);
	CHECK_INT(verify.torn, torn);
}

static void
writes_a_line_as_it_is_documented(void)
{
	struct audit *audit = log_open(0);
	const char *text;
	struct stat stat_buf;

	CHECK_INT(audit_write(audit, AUDIT_ENDED, "\"a\": {}", 7, NULL), 0);
	audit_close(audit);
	text = log_text(0, NULL);
	CHECK(strncmp(text, "{\"writ\": \"audit/1\", \"n\": 1, \"time\": \"2026-01-01T", 48) == 0);
	CHECK(strstr(text,
		     "\", \"prev\": \"" LINE_NO_PREV "\", \"event\": \"ended\", \"a\": {}}\n"));
	CHECK_INT(stat(log_path(0), &stat_buf), 0);
	CHECK_INT(stat_buf.st_mode & 07777, 0600);
}

static void
refuses_what_is_not_one_line(void)
{
	struct audit *audit = log_open(0);
	char *large = malloc(AUDIT_OBJECT_BYTES_MAX + 1);

	memset(large, 'x', AUDIT_OBJECT_BYTES_MAX + 1);
	CHECK_INT(audit_write(audit, AUDIT_NOTE, "", 0, NULL), WRIT_E_INVAL);
	CHECK_INT(audit_write(audit, AUDIT_NOTE, "\"a\": 1\n", 7, NULL), WRIT_E_INVAL);
	CHECK_INT(audit_write(audit, AUDIT_NOTE, "\"a\0\": 1", 7, NULL), WRIT_E_INVAL);
	CHECK_INT(audit_write(audit, AUDIT_NOTE, large, AUDIT_OBJECT_BYTES_MAX + 1, NULL),
		  WRIT_E_LIMIT);
	CHECK_INT(audit_write(audit, AUDIT_NOTE, large, AUDIT_OBJECT_BYTES_MAX, NULL), 0);
	audit_close(audit);
	free(large);
	check_intact(1, 0);
}

static void
goes_on_where_it_ended(void)
{
	struct audit *audit = log_open(0);
	struct audit_head before;
	struct audit_head after;

	log_fill(audit, AUDIT_NOTE, 3);
	audit_head(audit, &before);
	audit_close(audit);
	audit = log_open(0);
	audit_head(audit, &after);
	CHECK_INT(after.n, 3);
	CHECK_TEXT(after.hash, before.hash);
	log_fill(audit, AUDIT_NOTE, 2);
	audit_close(audit);
	check_intact(5, 0);
}

/* Every length that the last line can have after a kill. */
static void
closes_a_torn_tail_of_any_length(void)
{
	struct audit *audit = log_open(0);
	char *text;
	size_t len;
	size_t whole;

	log_fill(audit, AUDIT_NOTE, 2);
	audit_close(audit);
	text = strdup(log_text(0, &len));
	whole = (size_t)(strchr(text, '\n') - text) + 1;
	for (size_t left = whole + 1; left < len; left++) {
		log_replace(0, text, left);
		audit = log_open(0);
		log_fill(audit, AUDIT_NOTE, 1);
		audit_close(audit);
		check_intact(3, 1);
	}
	CHECK_INT(log_count("\"event\": \"torn\", \"bytes\": "), 1);
	free(text);
}

/* Killed once more, while it closes. */
static void
closes_what_was_left_of_closing(void)
{
	struct audit *audit = log_open(0);
	char *text;
	size_t len;
	size_t torn;

	log_fill(audit, AUDIT_NOTE, 1);
	audit_close(audit);
	log_append("{\"writ\": \"aud");
	log_text(0, &torn);
	audit_close(log_open(0));
	text = strdup(log_text(0, &len));
	for (size_t left = torn; left < len; left++) {
		log_replace(0, text, left);
		audit_close(log_open(0));
		check_intact(2, 1);
	}
	free(text);
}

static void
turns_and_the_chain_goes_on(void)
{
	struct audit *audit = log_open(AUDIT_BYTES_MIN);
	struct audit_verify verify;
	struct audit_head head;
	struct stat stat_buf;

	for (unsigned i = 0; i < 20; i++) {
		log_fill(audit, AUDIT_ACCEPTED, 10);
		audit_head(audit, &head);
		CHECK_INT(log_verify(&head, &verify), AUDIT_INTACT);
		audit_close(audit);
		audit = log_open(AUDIT_BYTES_MIN);
	}
	audit_close(audit);
	CHECK_INT(log_verify(&head, &verify), AUDIT_INTACT);
	CHECK_INT(head.n, 200);
	for (unsigned age = 0; age < 4; age++) {
		CHECK_INT(stat(log_path(age), &stat_buf), 0);
		CHECK(stat_buf.st_size <= AUDIT_BYTES_MIN);
	}
	CHECK(verify.lines < 200); /* the oldest are gone */
	/* one out of the middle is missed */
	unlink(log_path(2));
	CHECK_INT(log_verify(&head, &verify), AUDIT_MISSING);
	CHECK_INT(verify.at.file, 2);
	CHECK_INT(verify.at.line, 1);
}

/* Killed between the turn and the first line of the new file, or in the turn. */
static void
finds_its_head_in_an_older_file(void)
{
	struct audit *audit = log_open(0);

	log_fill(audit, AUDIT_NOTE, 3);
	audit_close(audit);
	CHECK_INT(rename(log_path(0), log_path(1)), 0);
	audit = log_open(0);
	log_fill(audit, AUDIT_NOTE, 1);
	audit_close(audit);
	check_intact(4, 0);

	CHECK_INT(rename(log_path(1), log_path(3)), 0);
	CHECK_INT(rename(log_path(0), log_path(2)), 0);
	log_replace(0, "", 0);
	audit = log_open(0);
	log_fill(audit, AUDIT_NOTE, 1);
	audit_close(audit);
	check_intact(5, 0);

	/* the first line of the new file was torn */
	CHECK_INT(rename(log_path(0), log_path(1)), 0);
	log_replace(0, "{\"writ\": \"aud", 13);
	audit_close(log_open(0));
	check_intact(6, 1);
}

static void
refusals_have_a_share_and_are_counted_past_it(void)
{
	struct audit *audit = log_open(64 * 1024);
	struct audit_verify verify;
	uint64_t refused;
	size_t len;

	log_fill(audit, AUDIT_REFUSED, 1000);
	refused = 1000 - audit_dropped(audit);
	CHECK(refused > 30 && refused < 200);
	CHECK_INT(log_count("\"event\": \"refused\""), refused);
	log_text(0, &len);
	CHECK(len <= 16 * 1024);
	/* none of it pushes another line out, and no line tells of each */
	log_fill(audit, AUDIT_REFUSED, 100000);
	CHECK_INT(log_count("{"), refused);
	/* the clock of these tests goes by seconds */
	log_fill(audit, AUDIT_ACCEPTED, 1);
	CHECK_INT(log_count("\"event\": \"dropped\", \"refused\": "), 1);
	audit_close(audit);
	CHECK_INT(log_verify(NULL, &verify), AUDIT_INTACT);

	/* known after a restart, too */
	audit = log_open(64 * 1024);
	log_fill(audit, AUDIT_REFUSED, 10);
	CHECK_INT(audit_dropped(audit), 10);
	/* the next file has a share of its own */
	while (log_text(1, NULL) == NULL)
		log_fill(audit, AUDIT_ACCEPTED, 1);
	CHECK(strstr(log_text(1, NULL), "\"event\": \"dropped\", \"refused\": 10}\n") != NULL);
	log_fill(audit, AUDIT_REFUSED, 1);
	CHECK_INT(audit_dropped(audit), 10);
	audit_close(audit);
	CHECK_INT(log_verify(NULL, &verify), AUDIT_INTACT);
}

static void
puts_a_broken_file_aside_and_says_where(void)
{
	struct audit *audit = log_open(0);
	struct audit_verify verify;
	char *text;

	log_fill(audit, AUDIT_NOTE, 5);
	audit_close(audit);
	text = strdup(log_text(0, NULL));
	strstr(text, "\"i\": 2")[5] = '7';
	log_replace(0, text, strlen(text));
	free(text);
	audit = log_open(0);
	log_fill(audit, AUDIT_NOTE, 1);
	audit_close(audit);
	CHECK(strstr(log_text(0, NULL), "\"event\": \"broken\", \"what\": \"changed: ") != NULL);
	CHECK(strstr(log_text(0, NULL), "\", \"line\": 3}\n") != NULL);
	CHECK_INT(log_verify(NULL, &verify), AUDIT_CHANGED);
	CHECK_INT(verify.at.file, 1);
	CHECK_INT(verify.at.line, 3);
	unlink(log_path(1));
	CHECK_INT(log_verify(NULL, &verify), AUDIT_INTACT);
}

/* Whatever is in the file, the record goes on, and what comes then holds. */
static void
goes_on_after_any_bytes(void)
{
	struct audit *audit = log_open(0);
	struct audit_verify verify;
	size_t len;
	char *whole;
	char *spoilt;

	log_fill(audit, AUDIT_NOTE, 6);
	audit_close(audit);
	whole = strdup(log_text(0, &len));
	spoilt = strdup(whole);
	for (unsigned round = 0; round < 300; round++) {
		size_t left = unit_random(3) == 0 ? unit_random((uint32_t)len) : len;

		memcpy(spoilt, whole, len);
		for (uint32_t i = unit_random(4); i > 0; i--)
			spoilt[unit_random((uint32_t)len)] = (char)unit_random(256);
		unlink(log_path(1));
		log_replace(0, spoilt, left);
		audit = log_open(0);
		log_fill(audit, AUDIT_NOTE, 2);
		audit_close(audit);
		/* the broken one, if it was, is aside */
		unlink(log_path(1));
		CHECK_INT(log_verify(NULL, &verify), AUDIT_INTACT);
		CHECK(verify.lines >= 2);
	}
	free(spoilt);
	free(whole);
}

static void
sees_that_its_file_was_cut_moved_or_removed(void)
{
	struct audit *audit = log_open(0);
	struct audit_verify verify;

	log_fill(audit, AUDIT_NOTE, 5);
	log_replace(0, "", 0);
	log_fill(audit, AUDIT_NOTE, 1);
	CHECK(strstr(log_text(0, NULL), "\"n\": 6, ") != NULL);
	CHECK(strstr(log_text(0, NULL), "\"event\": \"broken\", \"what\": \"changed while") !=
	      NULL);
	/* as logrotate(8) does it: nothing is lost */
	unlink(log_path(1));
	CHECK_INT(rename(log_path(0), log_path(1)), 0);
	log_replace(0, "", 0);
	log_fill(audit, AUDIT_NOTE, 1);
	CHECK_INT(log_verify(NULL, &verify), AUDIT_INTACT);
	CHECK_INT(verify.head.n, 9);
	unlink(log_path(0));
	log_fill(audit, AUDIT_NOTE, 1);
	CHECK_INT(log_verify(NULL, &verify), AUDIT_MISSING);
	audit_close(audit);
}

static void
limit_files(rlim_t bytes)
{
	const struct rlimit limit = { bytes, RLIM_INFINITY };

	signal(SIGXFSZ, SIG_IGN);
	CHECK_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A file that may not grow is as good as a disk that is full: the write of a
 * line is cut at the limit. */
static void
with_room_for_a_part(void)
{
	struct audit *audit = log_open(0);
	struct writ_error err = { 0 };
	struct audit_head before;
	struct audit_head after;
	size_t len;

	log_fill(audit, AUDIT_NOTE, 3);
	log_text(0, &len);
	audit_head(audit, &before);
	limit_files(len + 50);
	CHECK_INT(audit_write(audit, AUDIT_NOTE, "\"i\": 3", 6, &err), WRIT_E_SYS);
	CHECK_INT(err.err_no, EFBIG);
	audit_head(audit, &after);
	CHECK_INT(after.n, before.n);
	CHECK_TEXT(after.hash, before.hash);
	/* again, with a little more room each time: what closing leaves is taken back */
	for (rlim_t more = 51; more < 300; more += 7) {
		limit_files(len + more);
		if (audit_write(audit, AUDIT_NOTE, "\"i\": 3", 6, NULL) == 0)
			CHECK(more > 250);
	}
	limit_files(RLIM_INFINITY);
	log_fill(audit, AUDIT_NOTE, 1);
	audit_close(audit);
	CHECK(log_count("\"event\": \"torn\"") > 0);
}

static void
a_write_that_is_cut_off_is_an_error_and_closed_by_the_next(void)
{
	struct audit_verify verify;

	log_path(0); /* in our directory, not in one of the fork's */
	unit_fork(with_room_for_a_part);
	CHECK_INT(log_verify(NULL, &verify), AUDIT_INTACT);
	CHECK_INT(verify.torn, log_count("\"event\": \"torn\""));
	CHECK(verify.lines >= 4 + verify.torn);
}

static void
with_a_full_disk(void)
{
	struct writ_error err = { 0 };
	struct audit *audit;
	size_t len;

	/* torn by somebody who was killed; now nothing can be written */
	log_append("{\"writ\"");
	log_text(0, &len);
	limit_files(len);
	audit = log_open(0);
	CHECK_INT(audit_write(audit, AUDIT_NOTE, "\"i\": 3", 6, &err), WRIT_E_SYS);
	CHECK_INT(err.err_no, EFBIG);
	limit_files(RLIM_INFINITY);
	log_fill(audit, AUDIT_NOTE, 1);
	audit_close(audit);
}

static void
opens_on_a_full_disk_and_writes_when_there_is_room(void)
{
	struct audit *audit = log_open(0);

	log_fill(audit, AUDIT_NOTE, 1);
	audit_close(audit);
	unit_fork(with_a_full_disk);
	check_intact(3, 1);
}

static bool
has_more(const void *arg)
{
	const struct stat *before = arg;
	struct stat now;

	return stat(log_path(0), &now) == 0 &&
	       (now.st_ino != before->st_ino || now.st_size > before->st_size);
}

/* Large lines, and killed in the middle of load: again and again. */
static void
no_kill_breaks_the_chain(void)
{
	struct audit_verify verify;
	char *object = malloc(40000);

	log_path(0); /* in our directory, not in one of the fork's */
	memset(object, 'x', 40000);
	for (unsigned round = 0; round < 30; round++) {
		struct stat before = { 0 };
		pid_t pid;

		stat(log_path(0), &before);
		before.st_size += (off_t)unit_random(200000);
		pid = fork();
		CHECK(pid >= 0);
		if (pid == 0) {
			struct audit *audit = log_open(3 * 1024 * 1024);

			alarm(60);
			for (;;)
				audit_write(audit, AUDIT_ACCEPTED, object, 1 + unit_random(39999),
					    NULL);
		}
		CHECK(unit_until(has_more, &before));
		kill(pid, SIGKILL);
		CHECK_INT(waitpid(pid, NULL, 0), pid);
		audit_close(log_open(3 * 1024 * 1024));
		CHECK_INT(log_verify(NULL, &verify), AUDIT_INTACT);
	}
	free(object);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(writes_a_line_as_it_is_documented),
		UNIT(refuses_what_is_not_one_line),
		UNIT(goes_on_where_it_ended),
		UNIT(closes_a_torn_tail_of_any_length),
		UNIT(closes_what_was_left_of_closing),
		UNIT(turns_and_the_chain_goes_on),
		UNIT(finds_its_head_in_an_older_file),
		UNIT(refusals_have_a_share_and_are_counted_past_it),
		UNIT(puts_a_broken_file_aside_and_says_where),
		UNIT(goes_on_after_any_bytes),
		UNIT(sees_that_its_file_was_cut_moved_or_removed),
		UNIT(a_write_that_is_cut_off_is_an_error_and_closed_by_the_next),
		UNIT(opens_on_a_full_disk_and_writes_when_there_is_room),
		UNIT(no_kill_breaks_the_chain),
	};

	return UNIT_RUN(tests);
}
