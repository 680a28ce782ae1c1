#include "runopt.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "caplist.h"
#include "textfile.h"

int
runopt_refuse(struct run *run, const char *option, const char *value, const char *expected)
{
	say(&run->say, "%s: not %s: %s", option, expected, value);
	return -1;
}

static int
refuse_error(struct run *run, const struct writ_error *err)
{
	say_error(&run->say, err);
	return -1;
}

static int
add(struct run *run, struct words *words, const char *word)
{
	const char **list;

	if (words->count == RUN_LIST_MAX) {
		say(&run->say, "too many: %s", word);
		return -1;
	}
	list = reallocarray(words->list, words->count + 2, sizeof(*list));
	if (list == NULL) {
		say(&run->say, "out of memory");
		return -1;
	}
	list[words->count++] = word;
	list[words->count] = NULL;
	words->list = list;
	return 0;
}

/* A string that is ours until the end. */
static int
add_owned(struct run *run, char *take_word)
{
	if (take_word != NULL && add(run, &run->owned, take_word) == 0)
		return 0;
	free(take_word);
	return -1;
}

static int
take_duration(struct run *run, const char *option, const char *value, int64_t *ret_ms)
{
	if (writ_duration_parse(value, ret_ms, NULL) == 0)
		return 0;
	return runopt_refuse(run, option, value, "a duration (10, 500ms, 1.5s, 2m, 1h30m)");
}

static int
take_timeout(void *ctx, const char *value)
{
	struct run *run = ctx;

	return take_duration(run, "--timeout", value, &run->cmd.timeout_ms);
}

static int
take_idle(void *ctx, const char *value)
{
	struct run *run = ctx;

	return take_duration(run, "--idle-timeout", value, &run->cmd.idle_timeout_ms);
}

static int
take_kill_after(void *ctx, const char *value)
{
	struct run *run = ctx;

	return take_duration(run, "--kill-after", value, &run->teardown.wait_ms);
}

static int
take_drain(void *ctx, const char *value)
{
	struct run *run = ctx;
	int r = take_duration(run, "--drain", value, &run->cmd.drain_ms);

	if (r == 0 && run->cmd.drain_ms == 0)
		run->cmd.drain_ms = -1; /* no grace at all */
	return r;
}

static int
take_signal(void *ctx, const char *value)
{
	struct run *run = ctx;
	struct writ_error err = { 0 };

	return writ_signal_parse(value, &run->teardown.signal, &err) < 0 ? refuse_error(run, &err)
									  : 0;
}

static int
take_keep_tree(void *ctx, const char *value)
{
	((struct run *)ctx)->cmd.keep_tree = true;
	(void)value;
	return 0;
}

static int
take_env(void *ctx, const char *value)
{
	struct run *run = ctx;

	return add(run, &run->set, value);
}

/* "NAME,GLOB,...": split into a copy of it. */
static int
take_keep_env(void *ctx, const char *value)
{
	struct run *run = ctx;
	char *copy = strdup(value);
	int r = add_owned(run, copy);

	for (char *rest = copy, *name; r == 0 && (name = strsep(&rest, ",")) != NULL;)
		r = add(run, &run->keep, name);
	return r;
}

/* The place of a word in a list, or -1. */
static int
place_of(const char *word, const char *const *words)
{
	for (int i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}

static int
take_preset(void *ctx, const char *value)
{
	static const char *const names[] = { "none", "minimal", "all", NULL };
	struct run *run = ctx;

	run->cmd.env.preset = place_of(value, names);
	return run->cmd.env.preset < 0
		       ? runopt_refuse(run, "--env-preset", value, "none, minimal or all")
		       : 0;
}

static int
take_env_file(void *ctx, const char *path)
{
	struct run *run = ctx;
	struct writ_error err = { 0 };
	const char *lines[TEXTFILE_LINES_MAX];
	char *text;
	size_t len;
	int count;
	int r;

	if (textfile_read(path, &text, &len, &err) < 0)
		return refuse_error(run, &err);
	r = add_owned(run, text);
	if (r < 0)
		return r;
	count = textfile_lines(text, len, lines, TEXTFILE_LINES_MAX, path, &err);
	if (count < 0)
		return refuse_error(run, &err);
	for (int i = 0; i < count && r == 0; i++)
		r = add(run, &run->set, lines[i]);
	return r;
}

/* "NAME=FILE": the value is the file, less one newline at its end. */
static int
take_secret_env(void *ctx, const char *value)
{
	struct run *run = ctx;
	const char *path = strchr(value, '=');
	struct writ_error err = { 0 };
	char *text;
	char *setting = NULL;
	size_t len;
	int r;

	if (path == NULL)
		return runopt_refuse(run, "--secret-env", value, "NAME=FILE");
	if (textfile_read(path + 1, &text, &len, &err) < 0)
		return refuse_error(run, &err);
	if (len > 0 && text[len - 1] == '\n')
		text[--len] = '\0';
	if (strlen(text) == len)
		r = asprintf(&setting, "%.*s=%s", (int)(path - value), value, text);
	else
		r = runopt_refuse(run, "--secret-env", path + 1, "a file without NUL bytes");
	explicit_bzero(text, len);
	free(text);
	if (r < 0)
		return -1;
	return add_owned(run, setting) < 0 ? -1 : add(run, &run->secret, setting);
}

static int
take_secret_stdin(void *ctx, const char *path)
{
	struct run *run = ctx;
	struct writ_error err = { 0 };

	if (run->input != NULL) {
		say(&run->say, "--secret-stdin: given twice");
		return -1;
	}
	if (textfile_read(path, &run->input, &run->input_len, &err) < 0)
		return refuse_error(run, &err);
	run->cmd.in = (struct writ_in){ .kind = WRIT_IN_DATA,
					.data = run->input,
					.len = run->input_len };
	return 0;
}

static int
take_chdir(void *ctx, const char *value)
{
	((struct run *)ctx)->cmd.cwd = value;
	return 0;
}

static int
take_stdin(void *ctx, const char *value)
{
	struct run *run = ctx;

	if (strcmp(value, "null") == 0)
		run->cmd.in.kind = WRIT_IN_NULL;
	else if (strcmp(value, "inherit") == 0)
		run->cmd.in.kind = WRIT_IN_INHERIT;
	else
		run->cmd.in = (struct writ_in){ .kind = WRIT_IN_FILE, .path = value };
	return 0;
}

static void
take_out(struct writ_out *out, const char *value)
{
	if (strcmp(value, "null") == 0)
		out->kind = WRIT_OUT_NULL;
	else if (strcmp(value, "inherit") == 0)
		out->kind = WRIT_OUT_INHERIT;
	else
		*out = (struct writ_out){ .kind = WRIT_OUT_FILE, .path = value };
}

static int
take_stdout(void *ctx, const char *value)
{
	take_out(&((struct run *)ctx)->cmd.out, value);
	return 0;
}

static int
take_stderr(void *ctx, const char *value)
{
	struct run *run = ctx;

	if (strcmp(value, "stdout") == 0)
		run->cmd.err.kind = WRIT_OUT_MERGE;
	else
		take_out(&run->cmd.err, value);
	return 0;
}

static int
take_capture(void *ctx, const char *value)
{
	((struct run *)ctx)->capture = true;
	(void)value;
	return 0;
}

static int
take_output_max(void *ctx, const char *value)
{
	struct run *run = ctx;
	struct writ_error err = { 0 };
	uint64_t bytes;

	if (writ_size_parse(value, &bytes, &err) < 0)
		return runopt_refuse(run, "--output-max", value, "a size (4096, 512K, 16M, 2G)");
	if (bytes == 0 || bytes > SIZE_MAX / 4)
		return runopt_refuse(run, "--output-max", value, "a possible bound");
	run->cmd.out.max_bytes = run->cmd.err.max_bytes = (size_t)bytes;
	run->bounded = true;
	return 0;
}

static int
take_overflow(void *ctx, const char *value)
{
	static const char *const names[] = { "both", "head", "tail", "kill", NULL };
	struct run *run = ctx;
	int overflow = place_of(value, names);

	if (overflow < 0)
		return runopt_refuse(run, "--overflow", value, "head, tail, both or kill");
	run->cmd.out.overflow = run->cmd.err.overflow = overflow;
	run->bounded = true;
	return 0;
}

static int
take_user(void *ctx, const char *value)
{
	((struct run *)ctx)->cmd.user = value;
	return 0;
}

static int
take_caps(struct run *run, const char *value, uint64_t *ret_caps)
{
	struct writ_error err = { 0 };

	return caplist_parse(value, ret_caps, &err) < 0 ? refuse_error(run, &err) : 0;
}

static int
take_ambient_caps(void *ctx, const char *value)
{
	struct run *run = ctx;

	if (*value == '~')
		return runopt_refuse(run, "--ambient-caps", value, "NAME,...");
	return take_caps(run, value, &run->cmd.ambient_caps);
}

static int
take_bounding_caps(void *ctx, const char *value)
{
	struct run *run = ctx;

	run->cmd.set_bounding_caps = true;
	return take_caps(run, value, &run->cmd.bounding_caps);
}

static int
take_no_new_privs(void *ctx, const char *value)
{
	((struct run *)ctx)->cmd.no_new_privs = true;
	(void)value;
	return 0;
}

static int
take_netns(void *ctx, const char *value)
{
	((struct run *)ctx)->cmd.netns = value;
	return 0;
}

static int
take_limit(void *ctx, const char *value)
{
	struct run *run = ctx;

	return add(run, &run->limits, value);
}

bool
runopt_number(const char *value, int base, long least, long most, long *ret_number)
{
	char *end;

	errno = 0;
	*ret_number = strtol(value, &end, base);
	return errno == 0 && end != value && *end == '\0' && value[0] != ' ' && value[0] != '+' &&
	       *ret_number >= least && *ret_number <= most;
}

static int
take_nice(void *ctx, const char *value)
{
	struct run *run = ctx;
	long number;

	if (!runopt_number(value, 10, -20, 19, &number))
		return runopt_refuse(run, "--nice", value, "from -20 to 19");
	run->cmd.set_nice = true;
	run->cmd.nice = (int)number;
	return 0;
}

static int
take_umask(void *ctx, const char *value)
{
	struct run *run = ctx;
	long number;

	if (!runopt_number(value, 8, 0, 0777, &number))
		return runopt_refuse(run, "--umask", value, "an octal mode from 0 to 0777");
	run->cmd.set_umask = true;
	run->cmd.umask = (unsigned)number;
	return 0;
}

/* "N" or "N=M": descriptor N of ours becomes M. */
static int
take_pass_fd(void *ctx, const char *value)
{
	struct run *run = ctx;
	const char *equals = strchr(value, '=');
	char from_text[32];
	long from;
	long to;

	snprintf(from_text, sizeof(from_text), "%.*s",
		 equals != NULL ? (int)(equals - value) : 24, value);
	if (!runopt_number(from_text, 10, 0, 1 << 20, &from))
		return runopt_refuse(run, "--pass-fd", value, "N or N=M");
	to = from;
	if (equals != NULL && !runopt_number(equals + 1, 10, 3, 1 << 20, &to))
		return runopt_refuse(run, "--pass-fd", value, "N=M with M from 3 on");
	if (run->cmd.pass_count == sizeof(run->pass) / sizeof(run->pass[0]))
		return runopt_refuse(run, "--pass-fd", value, "one of at most 64");
	run->pass[run->cmd.pass_count++] = (struct writ_pass){ (int)from, (int)to };
	return 0;
}

static int
take_contain(void *ctx, const char *value)
{
	static const char *const names[] = { "any", "process", "session", "launcher", "cgroup",
					     NULL };
	struct run *run = ctx;

	run->cmd.contain = place_of(value, names);
	if (run->cmd.contain >= 0)
		return 0;
	return runopt_refuse(run, "--contain", value, "process, session, launcher or cgroup");
}

static int
take_record(void *ctx, const char *value)
{
	((struct run *)ctx)->record = value;
	return 0;
}

static int
take_dry_run(void *ctx, const char *value)
{
	((struct run *)ctx)->dry_run = true;
	(void)value;
	return 0;
}

static int
take_run_json(void *ctx, const char *value)
{
	((struct run *)ctx)->json = true;
	(void)value;
	return 0;
}

const struct opt runopt_table[] = {
	{ 't', "timeout", "DUR", "end the run after so long (none)", take_timeout },
	{ 0, "idle-timeout", "DUR", "end it after so long without output (none)", take_idle },
	{ 's', "signal", "SIG", "first signal at a time-out or Ctrl-C (TERM, then CONT)",
	  take_signal },
	{ 'k', "kill-after", "DUR", "then KILL for all that is left (5s)", take_kill_after },
	{ 0, "drain", "DUR", "read a pipe that a descendant holds on so long (100ms, 2s in all)",
	  take_drain },
	{ 0, "keep-tree", NULL, "what the program leaves behind when it ends lives on",
	  take_keep_tree },
	{ 'e', "env", "NAME=VALUE", "set a variable", take_env },
	{ 'E', "keep-env", "NAME|GLOB,...", "pass variables through", take_keep_env },
	{ 0, "env-preset", "SET", "begin with none, minimal or all variables (minimal)",
	  take_preset },
	{ 0, "env-file", "FILE", "set the variables of NAME=VALUE lines", take_env_file },
	{ 'C', "chdir", "DIR", "working directory of the program", take_chdir },
	{ 0, "stdin", "FILE|null|inherit", "standard input (inherit)", take_stdin },
	{ 0, "stdout", "FILE|null|inherit", "standard output (inherit)", take_stdout },
	{ 0, "stderr", "FILE|null|inherit|stdout", "standard error (inherit)", take_stderr },
	{ 0, "capture", NULL, "capture both outputs, print them after the end", take_capture },
	{ 0, "output-max", "SIZE", "bound of each captured output (16M)", take_output_max },
	{ 0, "overflow", "HOW", "past the bound keep head, tail or both, or kill (both)",
	  take_overflow },
	{ 'u', "user", "USER[:GROUP]", "run as another user, with that user's groups", take_user },
	{ 0, "ambient-caps", "NAME,...", "capabilities of a program that is not root's",
	  take_ambient_caps },
	{ 0, "bounding-caps", "[~]NAME,...|none", "no capability but these (~: all but these)",
	  take_bounding_caps },
	{ 0, "no-new-privs", NULL, "setuid programs and the like gain nothing", take_no_new_privs },
	{ 0, "netns", "NAME", "in the network namespace NAME, as 'ip netns exec' does",
	  take_netns },
	{ 'l', "limit", "NAME=SOFT[:HARD]", "resource limit: nofile, core, fsize ...", take_limit },
	{ 0, "nice", "N", "nice value, -20 to 19", take_nice },
	{ 0, "umask", "MODE", "file mode creation mask, octal", take_umask },
	{ 0, "pass-fd", "N[=M]", "give the program descriptor N, as M", take_pass_fd },
	{ 0, "contain", "LEVEL", "refuse to run below: process, session, launcher, cgroup",
	  take_contain },
	{ 0, "record", "FILE|fd:N", "write the record of the run there, as JSON", take_record },
	{ 'n', "dry-run", NULL, "print what would be done, and do nothing", take_dry_run },
	{ 0, "json", NULL, "with --dry-run: print it as JSON", take_run_json },
	{ 0, "secret-env", "NAME=FILE", "set a variable to what the file holds; shown nowhere",
	  take_secret_env },
	{ 0, "secret-stdin", "FILE", "give what the file holds as standard input; shown nowhere",
	  take_secret_stdin },
	{ 0, NULL, NULL, NULL, NULL },
};
