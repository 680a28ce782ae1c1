#include "policy/convert.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "policy/bytes.h"
#include "policy/path.h"
#include "policy/sending.h"
#include "writ/error.h"

/* One filter: "NAME: CLASS, FIELD, ..." */
struct filter {
	struct convert *convert;
	const char *file;
	const char *name;
	const char *class;
	const char *fields[CONVERT_FIELDS_MAX];
	size_t count;
};

__attribute__((format(printf, 2, 3))) static void
lose(const struct filter *filter, const char *format, ...)
{
	char why[400];
	va_list args;

	va_start(args, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_start is above */
	vsnprintf(why, sizeof(why), format, args);
	va_end(args);
	for (char *c = why; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	buf_printf(&filter->convert->lost, "%s: %s: %s: %s\n", filter->file, filter->name,
		   filter->class, why);
}

static void
write_literal(struct buf *text, const char *literal)
{
	if (*literal == '\0')
		buf_add_text(text, "\"\"");
	for (; *literal != '\0'; literal++) {
		if (!byte_is(BYTE_GRAPHIC, *literal) || strchr("{}()[]<>|\"\\", *literal) != NULL)
			buf_printf(text, "\\x%02x", (unsigned char)*literal);
		else
			buf_add(text, literal, 1);
	}
}

/* The program of a filter, or NULL after telling. */
static const char *
find_program(const struct filter *filter, const char *program)
{
	const char *path =
		program[0] == '/' ? program : filter->convert->find(filter->convert->ctx, program);

	if (path == NULL)
		lose(filter, "%s is in none of exec_dirs", program);
	else if (!path_is_plain(path, strlen(path))) {
		lose(filter, "%s is no plain path", path);
		path = NULL;
	}
	return path;
}

/* Does the rule load, by itself? */
static void
hear(void *ctx, const struct policy_finding *finding)
{
	lose(ctx, "%s", finding->text);
}

static bool
loads(struct filter *filter, const char *section)
{
	struct policy_ear ear = { hear, filter };
	struct policy *policy = policy_new();
	struct buf text = { 0 };
	bool good = false;

	buf_printf(&text, "[Policy]\nAllow=user:1\n%s", section);
	if (policy != NULL && !text.failed)
		good = policy_add(policy, "x.policy", text.data, text.len, &ear) == 0;
	buf_done(&text);
	policy_free(policy);
	return good;
}

/* Adds a section, and for root's commands another behind "ip netns exec". */
static void
add_rule(struct filter *filter, const char *user, const char *exec, const char *more)
{
	struct convert *convert = filter->convert;
	bool twice =
		convert->in_netns && strcmp(user, "root") == 0 && strstr(more, "Prefix") == NULL;

	for (int netns = 0; netns <= (twice ? 1 : 0); netns++) {
		struct buf section = { 0 };

		buf_printf(&section, "[Command rule-%zu]\n# %s: %s, of %s\n", ++convert->count,
			   filter->name, filter->class, filter->file);
		if (netns != 0)
			buf_add_text(&section, "CallerPrefix=ip netns exec {ns:netns}\n"
					       "NetworkNamespace={ns}\n");
		buf_printf(&section,
			   "Exec=%s\nUser=%s\n%sStandardInput=peer\nTimeoutSec=infinity\n"
			   "KeepTree=yes\nKeepIn=peer\n\n",
			   exec, user, more);
		if (!section.failed && loads(filter, section.data))
			buf_add(&convert->rules, section.data, section.len);
		buf_done(&section);
	}
}

/* CLASS, PROGRAM, USER: any arguments */
static void
convert_command(struct filter *filter)
{
	const char *program = find_program(filter, filter->fields[0]);
	struct buf exec = { 0 };

	if (program == NULL)
		return;
	write_literal(&exec, program);
	buf_add_text(&exec, " [{args:any}]...");
	if (!exec.failed)
		add_rule(filter, filter->fields[1], exec.data, "");
	buf_done(&exec);
}

static bool
is_literal(const char *pattern)
{
	return strpbrk(pattern, ".^$*+?{}[]\\|()") == NULL;
}

/* PROGRAM, USER, PATTERN...: the first is of the name by which it is called */
static void
convert_regexp(struct filter *filter)
{
	const char *program = find_program(filter, filter->fields[0]);
	struct buf exec = { 0 };

	if (program == NULL)
		return;
	if (filter->count < 3 || (strcmp(filter->fields[2], program) != 0 &&
				  strcmp(filter->fields[2], path_name(program)) != 0)) {
		lose(filter, "it is called by another name than that of what runs");
		return;
	}
	write_literal(&exec, program);
	for (size_t i = 3; i < filter->count; i++) {
		buf_add_text(&exec, " ");
		if (is_literal(filter->fields[i]))
			write_literal(&exec, filter->fields[i]);
		else
			buf_printf(&exec, "{a%zu:regex(%s)}", i - 2, filter->fields[i]);
	}
	if (!exec.failed)
		add_rule(filter, filter->fields[1], exec.data, "");
	buf_done(&exec);
}

/* PROGRAM, USER, then "pass", a word, or a directory */
static void
convert_path(struct filter *filter)
{
	const char *program = find_program(filter, filter->fields[0]);
	struct buf exec = { 0 };

	if (program == NULL)
		return;
	write_literal(&exec, program);
	for (size_t i = 2; i < filter->count; i++) {
		const char *field = filter->fields[i];

		buf_add_text(&exec, " ");
		if (strcmp(field, "pass") == 0)
			buf_printf(&exec, "{a%zu:any}", i - 1);
		else if (field[0] == '/')
			buf_printf(&exec, "{a%zu:path(%s)}", i - 1, field);
		else
			write_literal(&exec, field);
	}
	if (!exec.failed)
		add_rule(filter, filter->fields[1], exec.data, "");
	buf_done(&exec);
}

/* USER, TARGET, SIGNAL... */
static void
convert_kill(struct filter *filter)
{
	const char *target = find_program(filter, filter->fields[1]);
	struct buf section = { 0 };

	if (target == NULL)
		return;
	buf_printf(&section,
		   "[Command rule-%zu]\n# %s: %s, of %s\nSignal=", ++filter->convert->count,
		   filter->name, filter->class, filter->file);
	if (filter->count == 2)
		buf_add_text(&section, "TERM");
	for (size_t i = 2; i < filter->count; i++) {
		const char *signal = filter->fields[i] + (filter->fields[i][0] == '-');
		int number = sending_number(signal);

		if (number == 0)
			lose(filter, "no signal that a rule may send: %s", filter->fields[i]);
		else
			buf_printf(&section, "%s ", sending_name(number));
	}
	buf_printf(&section, "\nTarget=%s\n\n", target);
	if (!section.failed && loads(filter, section.data))
		buf_add(&filter->convert->rules, section.data, section.len);
	buf_done(&section);
}

/* PATH: it is shown to whom asks, by cat */
static void
convert_read(struct filter *filter)
{
	struct buf exec = { 0 };

	buf_add_text(&exec, "/bin/cat ");
	write_literal(&exec, filter->fields[0]);
	if (!exec.failed)
		add_rule(filter, "root", exec.data, "");
	buf_done(&exec);
}

/* "env", USER, NAME=..., PROGRAM, ARG...: those behind the program are not compared */
static void
convert_env(struct filter *filter)
{
	size_t names = 0;
	struct buf exec = { 0 };
	struct buf more = { 0 };
	const char *program;

	while (2 + names < filter->count && strchr(filter->fields[2 + names], '=') != NULL)
		names++;
	if (names == 0 || 2 + names >= filter->count) {
		lose(filter, "it names no variable, or no program");
		return;
	}
	program = find_program(filter, filter->fields[2 + names]);
	if (program == NULL)
		return;
	buf_add_text(&more, names > 1 ? "CallerPrefix=env <" : "CallerPrefix=env ");
	for (size_t i = 0; i < names; i++)
		buf_printf(&more, "%s%.*s={e%zu:text}", i > 0 ? " " : "",
			   (int)strcspn(filter->fields[2 + i], "="), filter->fields[2 + i], i);
	buf_add_text(&more, names > 1 ? ">\nEnvironment=" : "\nEnvironment=");
	for (size_t i = 0; i < names; i++)
		buf_printf(&more, "%.*s={e%zu} ", (int)strcspn(filter->fields[2 + i], "="),
			   filter->fields[2 + i], i);
	buf_add_text(&more, "\n");
	write_literal(&exec, program);
	for (size_t i = names + 3; i < filter->count; i++)
		buf_printf(&exec, " {a%zu:any}", i);
	buf_add_text(&exec, " [{args:any}]...");
	if (!exec.failed && !more.failed)
		add_rule(filter, filter->fields[1], exec.data, more.data);
	buf_done(&exec);
	buf_done(&more);
}

static void
convert_nothing(struct filter *filter)
{
	lose(filter, "it hands the rest to another parser: write rules for what is needed");
}

/* Its effect is CallerPrefix= of the others. */
static void
convert_netns(struct filter *filter)
{
	(void)filter;
}

static const struct {
	const char *name;
	size_t fields; /* at least */
	void (*convert)(struct filter *filter);
} classes[] = {
	{ "CommandFilter", 2, convert_command },   { "RegExpFilter", 3, convert_regexp },
	{ "PathFilter", 2, convert_path },	   { "KillFilter", 2, convert_kill },
	{ "ReadFileFilter", 1, convert_read },	   { "EnvFilter", 2, convert_env },
	{ "IpNetnsExecFilter", 2, convert_netns }, { "IpFilter", 2, convert_nothing },
	{ "ChainingFilter", 2, convert_nothing },  { "ChainingRegExpFilter", 2, convert_nothing },
};

enum { CLASS_COUNT = sizeof(classes) / sizeof(classes[0]) };

static void
convert_filter(struct filter *filter)
{
	for (size_t i = 0; i < CLASS_COUNT; i++) {
		if (strcmp(classes[i].name, filter->class) != 0)
			continue;
		if (filter->count < classes[i].fields)
			lose(filter, "too few fields");
		else
			classes[i].convert(filter);
		return;
	}
	lose(filter, "no such class");
}

static char *
trim(char *text)
{
	size_t len;

	text += strspn(text, " \t\r");
	len = strlen(text);
	while (len > 0 && strchr(" \t\r", text[len - 1]) != NULL)
		text[--len] = '\0';
	return text;
}

/* "NAME: CLASS, FIELD..." or with '='; overwritten. False: it is none. */
static bool
split(struct filter *filter, char *line)
{
	size_t len = strcspn(line, ":=");
	char *rest = line + len + 1;
	char *field;

	if (line[len] == '\0')
		return false;
	line[len] = '\0';
	filter->name = trim(line);
	filter->class = trim(strsep(&rest, ","));
	filter->count = 0;
	while ((field = strsep(&rest, ",")) != NULL && filter->count < CONVERT_FIELDS_MAX)
		filter->fields[filter->count++] = trim(field);
	return true;
}

void
convert_file(struct convert *convert, const char *file, char *text, bool only_look)
{
	struct filter filter = { .convert = convert, .file = file };
	bool in_filters = false;

	for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;) {
		if (*line == '\0' || *line == '#' || *line == ';')
			continue;
		if (*line == '[') {
			in_filters = strncmp(line, "[Filters]", 9) == 0;
			continue;
		}
		if (!in_filters || !split(&filter, line))
			continue;
		if (only_look)
			convert->in_netns =
				convert->in_netns || strcmp(filter.class, "IpNetnsExecFilter") == 0;
		else
			convert_filter(&filter);
	}
}
