#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/verify.h"
#include "commands.h"

enum { READ_BYTES = 64 * 1024 };

struct log_options {
	struct answering answering;
	bool has_head;
	struct audit_head head;
};

/* FILE, and the older ones beside it: FILE.1, FILE.2 ... */
struct log_files {
	unsigned count;
	int fds[AUDIT_FILES_MAX];
	unsigned ages[AUDIT_FILES_MAX];
};

static int
take_head(void *ctx, const char *value)
{
	struct log_options *options = ctx;

	if (!audit_head_parse(value, &options->head)) {
		say(&options->answering.say, "not a head: %s: write N:HASH, as writd told it",
		    value);
		return -1;
	}
	options->has_head = true;
	return 0;
}

static const struct opt opts[] = {
	{ 0, "head", "N:HASH", "a head that was kept elsewhere: finds that the end was cut off",
	  take_head },
	OPT_JSON,
	OPT_END,
};

static char *
name_of(char buf[PATH_MAX], const char *path, unsigned age)
{
	if (age == 0)
		snprintf(buf, PATH_MAX, "%s", path);
	else
		snprintf(buf, PATH_MAX, "%s.%u", path, age);
	return buf;
}

static bool
is_same_file(int first, int second)
{
	struct stat a;
	struct stat b;

	return fstat(first, &a) == 0 && fstat(second, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

/* The newest first: a file that gives way to the next meanwhile is met again, a
 * turn older, and left out then. Returns 0, or -1 after saying why not. */
static int
open_files(const struct say *say_to, const char *path, struct log_files *files)
{
	char name[PATH_MAX];

	for (unsigned age = 0; age < AUDIT_FILES_MAX; age++) {
		int fd = open(name_of(name, path, age), O_RDONLY | O_CLOEXEC | O_NOCTTY);

		if (fd < 0 && errno == ENOENT && age > 0)
			return 0;
		if (fd < 0) {
			say(say_to, "cannot open: %s: %s", name, strerror(errno));
			return -1;
		}
		if (files->count > 0 && is_same_file(fd, files->fds[files->count - 1])) {
			close(fd);
			continue;
		}
		files->fds[files->count] = fd;
		files->ages[files->count++] = age;
	}
	return 0;
}

static int
read_file(int fd, struct audit_verify *verify)
{
	char *data = malloc(READ_BYTES);
	ssize_t len = data != NULL ? 1 : -1;

	audit_verify_file(verify);
	while (len > 0 || (len < 0 && errno == EINTR)) {
		len = read(fd, data, READ_BYTES);
		if (len > 0)
			audit_verify_add(verify, data, (size_t)len);
	}
	free(data);
	return len < 0 ? -1 : 0;
}

/* The oldest first. */
static int
read_files(const struct say *say_to, const char *path, const struct log_files *files,
	   struct audit_verify *verify)
{
	char name[PATH_MAX];

	for (unsigned i = files->count; i-- > 0;)
		if (read_file(files->fds[i], verify) < 0) {
			say(say_to, "cannot read: %s: %s", name_of(name, path, files->ages[i]),
			    strerror(errno));
			return -1;
		}
	audit_verify_end(verify);
	return 0;
}

static void
answer_as_json(const struct audit_verify *verify, const char *file)
{
	char head[AUDIT_HEAD_TEXT_MAX];
	bool is_intact = verify->fault == AUDIT_INTACT;
	json_t *what = is_intact ? json_null() : json_string(audit_fault_text(verify->fault));
	json_t *line = is_intact ? json_null() : json_integer((json_int_t)verify->at.line);

	audit_head_text(&verify->head, head);
	answer_json(json_pack(
		"{s:s, s:b, s:I, s:I, s:o, s:o, s:o, s:o}", "writ", "log-verify/1", "intact",
		is_intact, "lines", (json_int_t)verify->lines, "torn", (json_int_t)verify->torn,
		"head", verify->head.n > 0 ? json_string(head) : json_null(), "file",
		is_intact ? json_null() : json_text(file), "line", line, "what", what));
}

static void
answer(const struct audit_verify *verify, const char *file)
{
	char head[AUDIT_HEAD_TEXT_MAX];

	if (verify->fault != AUDIT_INTACT)
		printf("%s:%" PRIu64 ": %s\n", file, verify->at.line,
		       audit_fault_text(verify->fault));
	else if (verify->head.n == 0)
		printf("%s: intact: 0 lines\n", file);
	else
		printf("%s: intact: %" PRIu64 " lines, %" PRIu64 " torn, head %s\n", file,
		       verify->lines, verify->torn, audit_head_text(&verify->head, head));
}

static int
verify_log(const struct log_options *options, const char *path)
{
	const struct say *say_to = &options->answering.say;
	struct log_files files = { 0 };
	struct audit_verify verify;
	char file[PATH_MAX];
	int r = open_files(say_to, path, &files);

	audit_verify_begin(&verify, options->has_head ? &options->head : NULL);
	if (r == 0)
		r = read_files(say_to, path, &files, &verify);
	for (unsigned i = 0; i < files.count; i++)
		close(files.fds[i]);
	if (r < 0)
		return STATUS_USAGE;

	/* counted from 1, the oldest first */
	name_of(file, path, verify.at.file > 0 ? files.ages[files.count - verify.at.file] : 0);
	if (options->answering.json)
		answer_as_json(&verify, file);
	else if (!say_to->quiet)
		answer(&verify, file);
	return verify.fault == AUDIT_INTACT ? STATUS_YES : STATUS_NO;
}

static int
run(const struct command *command, int argc, char **argv)
{
	struct log_options options = { 0 };
	int status = STATUS_YES;
	int verb = parse_operands(command, argc, argv, &options.answering, 1, &status);
	int first;

	if (verb < 0)
		return status;
	if (strcmp(argv[verb], "verify") != 0) {
		say_unknown(&options.answering.say, "action", argv[verb],
			    (const char *const[]){ "verify", NULL });
		return STATUS_USAGE;
	}
	argc -= verb;
	argv += verb;
	first = parse_operands(command, argc, argv, &options.answering, 1, &status);
	if (first < 0)
		return status;
	if (argc - first > 1) {
		say(&options.answering.say, "usage: writ %s [OPTIONS] %s", command->name,
		    command->operands);
		return STATUS_USAGE;
	}
	status = verify_log(&options, argv[first]);
	return answer_end(&options.answering.say, status, STATUS_USAGE);
}

const struct command command_log = {
	.name = "log",
	.operands = "verify FILE",
	.summary = "is a record of writd whole?",
	.opts = opts,
	.more = "FILE is read together with the older files beside it, FILE.1, FILE.2 ... The\n"
		"answer is one line: FILE: intact, with the last line's head, or FILE:LINE: what\n"
		"is wrong with the first line that does not hold. Who may write to the file can\n"
		"cut off its end, or write all of it anew: only a head that was kept elsewhere\n"
		"(writd tells it to the journal) shows that.\n\n"
		"  writ log verify --head 4711:9f86d0... /var/log/writ/record\n\n"
		"exit status: 0 intact; 1 not; 2 wrong usage, or an error\n",
	.run = run,
};
