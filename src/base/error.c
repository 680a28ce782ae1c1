#include "base/fail.h"

#include <stdio.h>
#include <string.h>

static const struct {
	const char *name;
	const char *text;
} codes[] = {
	[-WRIT_OK] = { "OK", "no error" },
	[-WRIT_E_INVAL] = { "E_INVAL", "not a valid request" },
	[-WRIT_E_SYNTAX] = { "E_SYNTAX", "not understood" },
	[-WRIT_E_NOT_FOUND] = { "E_NOT_FOUND", "not found" },
	[-WRIT_E_NOT_EXECUTABLE] = { "E_NOT_EXECUTABLE", "cannot be executed" },
	[-WRIT_E_LIMIT] = { "E_LIMIT", "past a limit" },
	[-WRIT_E_UNSUPPORTED] = { "E_UNSUPPORTED", "not possible on this machine" },
	[-WRIT_E_GONE] = { "E_GONE", "the process has ended" },
	[-WRIT_E_STATE] = { "E_STATE", "not possible now" },
	[-WRIT_E_SYS] = { "E_SYS", "a system call failed" },
	[-WRIT_E_NOMEM] = { "E_NOMEM", "out of memory" },
	[-WRIT_E_WOULD_BLOCK] = { "E_WOULD_BLOCK", "would block the thread of a loop" },
	[-WRIT_E_REFUSED] = { "E_REFUSED", "refused" },
};

/* What failed, as the beginning of a message. */
static const struct {
	const char *name;
	const char *text;
} stages[WRIT_STAGE_COUNT_] = {
	[WRIT_STAGE_NONE] = { "none", "failed" },
	[WRIT_STAGE_ARGV] = { "argv", "cannot use the arguments" },
	[WRIT_STAGE_ENV] = { "env", "cannot make the environment" },
	[WRIT_STAGE_SEARCH] = { "search", "cannot find the program" },
	[WRIT_STAGE_OPEN] = { "open", "cannot open" },
	[WRIT_STAGE_STREAM] = { "stream", "cannot set up the standard streams" },
	[WRIT_STAGE_DESCRIPTOR] = { "descriptor", "cannot pass the descriptor" },
	[WRIT_STAGE_USER] = { "user", "cannot become the user" },
	[WRIT_STAGE_TIME] = { "time", "cannot use the time" },
	[WRIT_STAGE_RECORD] = { "record", "cannot write the record" },
	[WRIT_STAGE_CONTAIN] = { "contain", "cannot contain the run" },
	[WRIT_STAGE_GUARDIAN] = { "guardian", "cannot start the guardian" },
	[WRIT_STAGE_CLONE] = { "clone", "cannot make a process" },
	[WRIT_STAGE_SIGNAL] = { "signal", "cannot send the signal" },
	[WRIT_STAGE_SESSION] = { "session", "cannot make a session" },
	[WRIT_STAGE_CGROUP] = { "cgroup", "cannot enter the control group" },
	[WRIT_STAGE_UMASK] = { "umask", "cannot set the umask" },
	[WRIT_STAGE_NICE] = { "nice", "cannot set the nice value" },
	[WRIT_STAGE_LIMIT] = { "limit", "cannot set the limit" },
	[WRIT_STAGE_NAMESPACE] = { "namespace", "cannot enter the network namespace" },
	[WRIT_STAGE_IDENTITY] = { "identity", "cannot change the identity" },
	[WRIT_STAGE_CAPABILITY] = { "capability", "cannot set the capabilities" },
	[WRIT_STAGE_PATH] = { "path", "cannot use the path" },
	[WRIT_STAGE_CHDIR] = { "chdir", "cannot change to the directory" },
	[WRIT_STAGE_EXEC] = { "exec", "cannot execute" },
	[WRIT_STAGE_WAIT] = { "wait", "cannot wait" },
	[WRIT_STAGE_PROCESS] = { "process", "cannot use the process" },
	[WRIT_STAGE_HOST] = { "host", "cannot use the host" },
	[WRIT_STAGE_ASK] = { "ask", "cannot ask the root helper" },
};

const char *
writ_version(void)
{
	return WRIT_VERSION;
}

const char *
writ_code_name(int code)
{
	if (code > 0 || (size_t)-code >= sizeof(codes) / sizeof(codes[0]))
		return "E_UNKNOWN";
	return codes[-code].name;
}

const char *
writ_stage_name(int stage)
{
	if (stage < 0 || stage >= WRIT_STAGE_COUNT_)
		return "unknown";
	return stages[stage].name;
}

static const char *
code_text(int code)
{
	if (code > 0 || (size_t)-code >= sizeof(codes) / sizeof(codes[0]))
		return "unknown error";
	return codes[-code].text;
}

int
writ_fail(struct writ_error *err, int code, int stage, int err_no, const char *why,
	  const char *subject, ...)
{
	va_list args;
	char text[128];

	if (err == NULL)
		return code;

	err->code = code;
	err->stage = stage;
	err->err_no = err_no;
	err->line = 0;
	err->hint[0] = '\0';
	va_start(args, subject);
	vsnprintf(err->subject, sizeof(err->subject), subject, args);
	va_end(args);
	if (why == NULL)
		why = err_no != 0 ? strerror_r(err_no, text, sizeof(text)) : code_text(code);
	snprintf(err->why, sizeof(err->why), "%s", why);
	return code;
}

int
writ_hint(struct writ_error *err, int code, const char *hint, ...)
{
	va_list args;

	if (err == NULL)
		return code;

	va_start(args, hint);
	vsnprintf(err->hint, sizeof(err->hint), hint, args);
	va_end(args);
	return code;
}

int
writ_fail_sys(struct writ_error *err, int stage, int err_no, const char *subject)
{
	return writ_fail(err, WRIT_E_SYS, stage, err_no, NULL, "%s", subject);
}

int
writ_fail_nomem(struct writ_error *err, int stage)
{
	return writ_fail(err, WRIT_E_NOMEM, stage, 0, NULL, "%s", "memory");
}

int
writ_fail_as(struct writ_error *err, const struct writ_error *from)
{
	if (err == NULL)
		return from->code;
	err->code = from->code;
	err->stage = from->stage;
	err->err_no = from->err_no;
	err->line = from->line;
	memcpy(err->subject, from->subject, sizeof(err->subject));
	memcpy(err->why, from->why, sizeof(err->why));
	memcpy(err->hint, from->hint, sizeof(err->hint));
	return err->code;
}

char *
writ_error_text(const struct writ_error *err, char *buf, size_t size)
{
	int stage = err->stage >= 0 && err->stage < WRIT_STAGE_COUNT_ ? err->stage : 0;

	if (size == 0)
		return buf;
	if (err->subject[0] != '\0')
		snprintf(buf, size, "%s: %s: %s", stages[stage].text, err->subject, err->why);
	else
		snprintf(buf, size, "%s: %s", stages[stage].text, err->why);

	/* a name with an escape sequence must not reach a terminal as one */
	for (char *c = buf; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	return buf;
}
