#include "opt.h"

#include <stdio.h>
#include <string.h>

enum { HELP_COLUMN = 28, KNOWN_MAX = 64 };

static int
take_quiet(void *ctx, const char *value)
{
	((struct say *)ctx)->quiet = true;
	(void)value;
	return 0;
}

static int
take_verbose(void *ctx, const char *value)
{
	((struct say *)ctx)->verbose = true;
	(void)value;
	return 0;
}

static int
take_color(void *ctx, const char *value)
{
	if (say_set_color(ctx, value))
		return 0;
	say(ctx, "--color: not a choice: %s (auto, always or never)", value);
	return -1;
}

/* help and version end the parsing: opt_parse() sees to them */
const struct opt opt_common[] = {
	{ 'q', "quiet", NULL, "say nothing but errors", take_quiet },
	{ 'v', "verbose", NULL, "say more", take_verbose },
	{ 0, "color", "WHEN", "colour of messages: auto, always or never", take_color },
	{ 'h', "help", NULL, "print this help", NULL },
	{ 0, "version", NULL, "print the version", NULL },
	{ 0, NULL, NULL, NULL, NULL },
};

struct parsing {
	const struct command *command;
	void *ctx;
	struct say *say;
	int argc;
	char **argv;
	int at;
	bool helped;
};

static const struct opt *
find_in(const struct opt *opts, char letter, const char *name, size_t len)
{
	for (const struct opt *opt = opts; opt->name != NULL; opt++) {
		if (name == NULL && opt->letter != 0 && opt->letter == letter)
			return opt;
		if (name != NULL && strlen(opt->name) == len && memcmp(opt->name, name, len) == 0)
			return opt;
	}
	return NULL;
}

/* Sets `*ret_ctx` to what the option works on. */
static const struct opt *
find(const struct parsing *parsing, char letter, const char *name, size_t len, void **ret_ctx)
{
	const struct opt *opt = find_in(parsing->command->opts, letter, name, len);

	*ret_ctx = parsing->ctx;
	if (opt != NULL)
		return opt;
	*ret_ctx = parsing->say;
	return find_in(opt_common, letter, name, len);
}

static int
fail_unknown(const struct parsing *parsing, const char *word)
{
	const char *known[KNOWN_MAX + 1];
	char names[KNOWN_MAX][40];
	size_t count = 0;
	const struct opt *tables[] = { parsing->command->opts, opt_common };

	for (int i = 0; i < 2; i++) {
		for (const struct opt *opt = tables[i]; opt->name != NULL && count < KNOWN_MAX;
		     opt++) {
			snprintf(names[count], sizeof(names[0]), "--%s", opt->name);
			known[count] = names[count];
			count++;
		}
	}
	known[count] = NULL;
	say_unknown(parsing->say, "option", word, known);
	return -1;
}

static int
apply(struct parsing *parsing, const struct opt *opt, void *ctx, const char *value)
{
	if (opt->take != NULL)
		return opt->take(ctx, value);
	if (strcmp(opt->name, "version") == 0)
		printf("writ %s\n", writ_version());
	else
		opt_print_help(parsing->command);
	parsing->helped = true;
	return 0;
}

static const char *
next_argument(struct parsing *parsing)
{
	return parsing->at < parsing->argc ? parsing->argv[parsing->at++] : NULL;
}

/* "--name", "--name=value", "--name value". Never abbreviated: what is short
 * for one option today would be short for two tomorrow. */
static int
take_long(struct parsing *parsing, const char *word)
{
	const char *name = word + 2;
	size_t len = strcspn(name, "=");
	const char *value = name[len] == '=' ? name + len + 1 : NULL;
	void *ctx;
	const struct opt *opt = find(parsing, 0, name, len, &ctx);
	char plain[80];

	snprintf(plain, sizeof(plain), "%.*s", (int)(len + 2), word);
	if (opt == NULL)
		return fail_unknown(parsing, plain);
	if (opt->value == NULL && value != NULL) {
		say(parsing->say, "%s takes no value", plain);
		return -1;
	}
	if (opt->value != NULL && value == NULL)
		value = next_argument(parsing);
	if (opt->value != NULL && value == NULL) {
		say(parsing->say, "%s needs a value: %s", plain, opt->value);
		return -1;
	}
	return apply(parsing, opt, ctx, value);
}

/* "-q", "-qv", "-t5", "-t 5". */
static int
take_short(struct parsing *parsing, const char *word)
{
	for (const char *c = word + 1; *c != '\0'; c++) {
		void *ctx;
		const struct opt *opt = find(parsing, *c, NULL, 0, &ctx);
		const char *value = NULL;
		char plain[3] = { '-', *c, '\0' };

		if (opt == NULL)
			return fail_unknown(parsing, plain);
		if (opt->value != NULL)
			value = c[1] != '\0' ? c + 1 : next_argument(parsing);
		if (opt->value != NULL && value == NULL) {
			say(parsing->say, "%s needs a value: %s", plain, opt->value);
			return -1;
		}
		if (apply(parsing, opt, ctx, value) < 0)
			return -1;
		if (opt->value != NULL || parsing->helped)
			break;
	}
	return 0;
}

int
opt_parse(const struct command *command, int argc, char **argv, void *ctx, struct say *say_to)
{
	struct parsing parsing = {
		.command = command, .ctx = ctx, .say = say_to, .argc = argc, .argv = argv, .at = 1,
	};

	while (parsing.at < argc) {
		const char *word = argv[parsing.at];
		int r;

		if (word[0] != '-' || word[1] == '\0')
			break;
		parsing.at++;
		if (strcmp(word, "--") == 0)
			break;
		r = word[1] == '-' ? take_long(&parsing, word) : take_short(&parsing, word);
		if (r < 0) {
			say(say_to, "see 'writ %s --help'", command->name);
			return OPT_WRONG;
		}
		if (parsing.helped)
			return OPT_HELPED;
	}
	return parsing.at;
}

static void
print_opts(const struct opt *opts)
{
	for (const struct opt *opt = opts; opt->name != NULL; opt++) {
		char left[80];
		int len = 0;

		len += snprintf(left, sizeof(left), "  ");
		if (opt->letter != 0)
			len += snprintf(left + len, sizeof(left) - (size_t)len, "-%c, ",
					opt->letter);
		else
			len += snprintf(left + len, sizeof(left) - (size_t)len, "    ");
		snprintf(left + len, sizeof(left) - (size_t)len, "--%s%s%s", opt->name,
			 opt->value != NULL ? " " : "", opt->value != NULL ? opt->value : "");
		if (strlen(left) >= HELP_COLUMN)
			printf("%s\n%*s%s\n", left, HELP_COLUMN, "", opt->help);
		else
			printf("%-*s%s\n", HELP_COLUMN, left, opt->help);
	}
}

void
opt_print_help(const struct command *command)
{
	printf("usage: writ %s [OPTIONS] %s\n\n%s\n\n", command->name, command->operands,
	       command->summary);
	print_opts(command->opts);
	print_opts(opt_common);
	if (command->more != NULL)
		printf("\n%s", command->more);
}

/* scdoc takes '_' for underlining, '*' for bold and '\' for an escape. */
static void
print_escaped(const char *text)
{
	for (; *text != '\0'; text++) {
		if (strchr("_*\\|<>#[]", *text) != NULL)
			putchar('\\');
		putchar(*text);
	}
}

static void
print_manual_opts(const struct opt *opts)
{
	for (const struct opt *opt = opts; opt->name != NULL; opt++) {
		if (opt->letter != 0)
			printf("*-%c*, ", opt->letter);
		printf("*--%s*", opt->name);
		if (opt->value != NULL) {
			printf(" ");
			print_escaped(opt->value);
		}
		printf("\n\t");
		print_escaped(opt->help);
		printf(".\n\n");
	}
}

void
opt_print_manual(const struct command *command)
{
	printf("writ-%s(1)\n\n# NAME\n\nwrit-%s - ", command->name, command->name);
	print_escaped(command->summary);
	printf("\n\n# SYNOPSIS\n\n*writ %s* \\[OPTIONS\\] ", command->name);
	print_escaped(command->operands);
	printf("\n\n# OPTIONS\n\n");
	print_manual_opts(command->opts);
	print_manual_opts(opt_common);
}
