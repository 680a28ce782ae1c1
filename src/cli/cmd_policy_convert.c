#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "policy.h"
#include "policy/convert.h"
#include "textfile.h"

enum { FILES_MAX = 1024, DIRS_MAX = 64 };

/* What rootwrap.conf says. */
struct converting {
	struct answering answering;
	const char *from;
	const char *user;
	char *conf;
	const char *filter_dirs[DIRS_MAX + 1];
	const char *exec_dirs[DIRS_MAX + 1];
	char *files[FILES_MAX];
	size_t file_count;
	char found[4096];
};

static int
take_from(void *ctx, const char *value)
{
	struct converting *converting = ctx;

	converting->from = value;
	if (strcmp(value, "rootwrap") == 0)
		return 0;
	say(&converting->answering.say, "--from: only rootwrap is known: %s", value);
	return -1;
}

static int
take_user(void *ctx, const char *value)
{
	((struct converting *)ctx)->user = value;
	return 0;
}

static const struct opt opts[] = {
	{ 0, "from", "KIND", "what is converted: rootwrap", take_from },
	{ 'u', "user", "USER", "whom the rules serve", take_user },
	OPT_END,
};

static const char *
find_program(void *ctx, const char *name)
{
	struct converting *converting = ctx;

	for (const char *const *dir = converting->exec_dirs; *dir != NULL; dir++) {
		snprintf(converting->found, sizeof(converting->found), "%s/%s", *dir, name);
		if (access(converting->found, X_OK) == 0)
			return converting->found;
	}
	return NULL;
}

/* "a,b" in place */
static void
split_dirs(char *text, const char *dirs[DIRS_MAX + 1])
{
	size_t count = 0;

	for (char *dir; (dir = strsep(&text, ",")) != NULL && count < DIRS_MAX;) {
		dir += strspn(dir, " \t");
		dir[strcspn(dir, " \t\r")] = '\0';
		if (*dir != '\0')
			dirs[count++] = dir;
	}
	dirs[count] = NULL;
}

static bool
read_conf(struct converting *converting, const char *path)
{
	static const char *const usual[] = { "/sbin", "/usr/sbin", "/bin", "/usr/bin", NULL };
	struct writ_error err = { 0 };
	size_t len;

	memcpy(converting->exec_dirs, usual, sizeof(usual));
	if (textfile_read(path, &converting->conf, &len, &err) < 0) {
		say_error(&converting->answering.say, &err);
		return false;
	}
	for (char *rest = converting->conf, *line; (line = strsep(&rest, "\n")) != NULL;) {
		size_t name = strcspn(line, " \t=:");
		char *value = strpbrk(line, "=:");

		if (value != NULL && name == 12 && strncmp(line, "filters_path", 12) == 0)
			split_dirs(value + 1, converting->filter_dirs);
		if (value != NULL && name == 9 && strncmp(line, "exec_dirs", 9) == 0)
			split_dirs(value + 1, converting->exec_dirs);
	}
	return true;
}

static int
compare(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

/* In the order of their names; rootwrap takes them as the directory has them. */
static void
list_files(struct converting *converting)
{
	for (const char **path = converting->filter_dirs; *path != NULL; path++) {
		DIR *dir = opendir(*path);
		char *file;

		if (dir == NULL)
			say(&converting->answering.say, "%s: %m", *path);
		for (struct dirent *entry; dir != NULL && (entry = readdir(dir)) != NULL;)
			if (entry->d_name[0] != '.' && converting->file_count < FILES_MAX &&
			    asprintf(&file, "%s/%s", *path, entry->d_name) >= 0)
				converting->files[converting->file_count++] = file;
		if (dir != NULL)
			closedir(dir);
	}
	qsort(converting->files, converting->file_count, sizeof(char *), compare);
}

static void
convert_all(struct converting *converting, struct convert *convert, bool only_look)
{
	for (size_t i = 0; i < converting->file_count; i++) {
		struct writ_error err = { 0 };
		char *text = NULL;
		size_t len;

		if (textfile_read(converting->files[i], &text, &len, &err) < 0 && !only_look)
			say_error(&converting->answering.say, &err);
		if (text != NULL)
			convert_file(convert, converting->files[i], text, only_look);
		free(text);
	}
}

static void
print_lost(char *lost)
{
	printf("\n# What could not be kept:\n");
	for (char *line; (line = strsep(&lost, "\n")) != NULL;)
		if (*line != '\0')
			printf("#   %s\n", line);
}

static bool
print_all(struct converting *converting)
{
	struct convert convert = { .find = find_program, .ctx = converting };
	char *rules;
	char *lost;

	convert_all(converting, &convert, true);
	convert_all(converting, &convert, false);
	rules = buf_take(&convert.rules);
	lost = buf_take(&convert.lost);
	if (rules != NULL && lost != NULL) {
		printf("# Converted from oslo.rootwrap's filters, which most rules still resemble: "
		       "they\n"
		       "# take any arguments. 'writ policy lint' says where that is more than it "
		       "seems.\n\n"
		       "[Policy]\nAllow=user:%s\n\n%s",
		       converting->user, rules);
		if (*lost != '\0')
			print_lost(lost);
	}
	free(rules);
	free(lost);
	return rules != NULL && lost != NULL;
}

static int
run(const struct command *command, int argc, char **argv)
{
	struct converting converting = { 0 };
	int status = STATUS_USAGE;
	int first = parse_operands(command, argc, argv, &converting.answering, 1, &status);

	if (first >= 0 && (converting.from == NULL || converting.user == NULL)) {
		say(&converting.answering.say, "usage: writ %s %s", command->name,
		    command->operands);
	} else if (first >= 0 && read_conf(&converting, argv[first])) {
		list_files(&converting);
		status = print_all(&converting) ? STATUS_YES : STATUS_USAGE;
		status = answer_end(&converting.answering.say, status, STATUS_USAGE);
	}
	for (size_t i = 0; i < converting.file_count; i++)
		free(converting.files[i]);
	free(converting.conf);
	return status;
}

const struct command policy_convert = {
	.name = "policy convert",
	.operands = "--from rootwrap --user USER CONF",
	.summary = "make rules of oslo.rootwrap's filters, which allow no more than they do",
	.opts = opts,
	.more = "CONF is rootwrap.conf. The rules are printed; what cannot be kept is listed "
		"behind\n"
		"them. Variables and files that a filter takes unseen get a type.\n\n"
		"exit status: 0; 2 wrong usage, or an error\n",
	.run = run,
};
