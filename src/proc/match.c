#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/fail.h"
#include "base/strv.h"
#include "os/os_id.h"
#include "proc/argv.h"
#include "proc/snapshot.h"
#include "writ/tree.h"

enum { HEAD_BYTES = 257 }; /* BINPRM_BUF_SIZE, what the kernel looks at, and a NUL */

char **
argv_split(char *block, size_t len)
{
	size_t count = 0;
	char **list;

	for (size_t i = 0; i < len; i++)
		count += block[i] == '\0';
	/* a title that a process set itself may lack the last NUL */
	list = calloc(count + 2, sizeof(*list));
	if (list == NULL)
		return NULL;
	count = 0;
	for (size_t at = 0; at < len; at += strlen(block + at) + 1)
		list[count++] = block + at;
	return list;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

static bool
same_from(char *const *running, const char *const *expected)
{
	if (*running == NULL || *expected == NULL)
		return false;
	if (strcmp(base_name(*running), base_name(*expected)) != 0)
		return false;
	for (running++, expected++; *running != NULL && *expected != NULL; running++, expected++)
		if (strcmp(*running, *expected) != 0)
			return false;
	return *running == NULL && *expected == NULL;
}

/* A process that sets its title leaves one string: "name (cmd arg ...)", where
 * the command is joined by blanks. */
static bool
same_title(const char *title, const char *const *expected)
{
	const char *at = strstr(title, " (");
	size_t len = strlen(title);
	const char *name;

	if (at == NULL || len == 0 || title[len - 1] != ')')
		return false;
	at += 2;
	name = base_name(expected[0]);
	/* the first word by its base name */
	for (const char *c = at; c < title + len - 1 && *c != ' '; c++)
		if (*c == '/')
			at = c + 1;
	for (size_t i = 0; expected[i] != NULL; i++) {
		const char *word = i == 0 ? name : expected[i];
		size_t word_len = strlen(word);

		if (i > 0 && *at++ != ' ')
			return false;
		if (strncmp(at, word, word_len) != 0)
			return false;
		at += word_len;
	}
	return at == title + len - 1;
}

/* A title shorter than the arguments it covers is followed by NULs. */
static bool
is_alone(char *const *running)
{
	if (*running == NULL)
		return false;
	while (*++running != NULL)
		if (**running != '\0')
			return false;
	return true;
}

bool
argv_match(char *const *running, const char *const *expected)
{
	if (same_from(running, expected))
		return true;
	return is_alone(running) && same_title(running[0], expected);
}

/* The kernel puts the interpreter, and at most one argument, before the path
 * of a script (execve(2)). */
int
argv_match_script(char *const *running, const char *const *expected)
{
	if (running[0] == NULL || running[1] == NULL)
		return 0;
	if (same_from(running + 1, expected))
		return 1;
	return running[1][0] == '-' && same_from(running + 2, expected) ? 2 : 0;
}

/* Is the argument a script that this interpreter runs? Else a helper, which
 * has the whole command behind its own name, would pass for it. */
static bool
runs_script(int64_t pid, char *const *running, int at)
{
	char head[HEAD_BYTES];
	char *interpreter;
	char *more;

	if (os_file_head(pid, running[at], head, sizeof(head)) < 2 || strncmp(head, "#!", 2) != 0)
		return false;
	head[strcspn(head, "\n")] = '\0';
	interpreter = head + 2 + strspn(head + 2, " \t");
	more = interpreter + strcspn(interpreter, " \t");
	if (*more != '\0')
		*more++ = '\0';
	/* "#!/usr/bin/env python3": env is gone, and has left python3 */
	if (strcmp(base_name(interpreter), "env") == 0) {
		interpreter = more + strspn(more, " \t");
		interpreter[strcspn(interpreter, " \t")] = '\0';
	}
	return strcmp(base_name(interpreter), base_name(running[0])) == 0;
}

static bool
match_process(int64_t pid, char *const *running, const char *const *expected)
{
	int script;

	if (argv_match(running, expected))
		return true;
	script = argv_match_script(running, expected);
	return script > 0 && runs_script(pid, running, script);
}

int
writ_id_match(const struct writ_id *id, const char *const *argv, struct writ_error *err)
{
	auto_free char *block = NULL;
	auto_free char **running = NULL;
	size_t len = 0;
	int state;
	int r;

	if (argv == NULL || argv[0] == NULL)
		return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_ARGV, 0,
				 "no command to compare with", "%s", "argv");
	r = os_cmdline_read(id->pid, &block, &len);
	/* read, then look whether it was the one: not the other way round */
	state = writ_id_state(id, err);
	if (state < 0)
		return state;
	if (state == WRIT_ID_GONE || state == WRIT_ID_REPLACED)
		return gone_fail(id, state, err);
	if (state == WRIT_ID_ENDED)
		return 0;
	if (r < 0)
		return writ_fail(err, WRIT_E_SYS, WRIT_STAGE_PROCESS, -r, NULL, "%" PRId64,
				 id->pid);
	running = argv_split(block, len);
	if (running == NULL)
		return writ_fail_nomem(err, WRIT_STAGE_PROCESS);
	return match_process(id->pid, running, argv);
}
