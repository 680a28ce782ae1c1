#include "proc/check.h"

#include <string.h>

#include "base/fail.h"
#include "base/strv.h"
#include "os/os_fd.h"
#include "proc/identity.h"

enum {
	PASS_MAX = 60,	       /* OS_MAP_MAX less the standard streams */
	PASS_TO_MAX = 1 << 20, /* the kernel's own default of fs.nr_open */
	SIGNAL_MAX = 64,
};

void
writ_cmd_init(struct writ_cmd *cmd, const char *const *argv)
{
	memset(cmd, 0, sizeof(*cmd));
	cmd->size = sizeof(*cmd);
	cmd->argv = argv;
	cmd->search = true;
	cmd->env.preset = WRIT_ENV_MINIMAL;
}

bool
check_is_piped(const struct writ_out *out)
{
	return out->kind == WRIT_OUT_CAPTURE || out->kind == WRIT_OUT_STREAM;
}

static int
refuse(struct writ_error *err, int stage, const char *subject, const char *why)
{
	return writ_fail(err, WRIT_E_INVAL, stage, 0, why, "%s", subject);
}

static int
check_argv(const struct writ_cmd *cmd, struct writ_error *err)
{
	if (cmd->argv == NULL || cmd->argv[0] == NULL)
		return refuse(err, WRIT_STAGE_ARGV, "argv", "no program is named");
	if (strv_count(cmd->argv) > CHECK_ARGS_MAX)
		return writ_fail(err, WRIT_E_LIMIT, WRIT_STAGE_ARGV, 0, "too many", "%s", "argv");
	if (cmd->cwd != NULL && cmd->cwd[0] == '\0')
		return refuse(err, WRIT_STAGE_CHDIR, "cwd", "empty");
	return 0;
}

static int
check_in(const struct writ_in *in, struct writ_error *err)
{
	if (in->kind < WRIT_IN_NULL || in->kind > WRIT_IN_STREAM)
		return refuse(err, WRIT_STAGE_STREAM, "in", "not a kind of input");
	if (in->kind == WRIT_IN_FILE && in->path == NULL)
		return refuse(err, WRIT_STAGE_STREAM, "in", "a file without a path");
	if (in->kind == WRIT_IN_FD && !os_fd_is_open(in->fd))
		return refuse(err, WRIT_STAGE_STREAM, "in", "the descriptor is not open");
	if (in->kind == WRIT_IN_DATA && in->data == NULL && in->len > 0)
		return refuse(err, WRIT_STAGE_STREAM, "in", "a length without data");
	return 0;
}

static int
check_out(const struct writ_out *out, const char *name, struct writ_error *err)
{
	if (out->kind < WRIT_OUT_CAPTURE || out->kind > WRIT_OUT_MERGE)
		return refuse(err, WRIT_STAGE_STREAM, name, "not a kind of output");
	if (out->kind == WRIT_OUT_FILE && out->path == NULL)
		return refuse(err, WRIT_STAGE_STREAM, name, "a file without a path");
	if (out->kind == WRIT_OUT_FD && !os_fd_is_open(out->fd))
		return refuse(err, WRIT_STAGE_STREAM, name, "the descriptor is not open");
	if (out->kind == WRIT_OUT_STREAM && out->sink == NULL)
		return refuse(err, WRIT_STAGE_STREAM, name, "streamed, but there is no sink");
	if (out->overflow < WRIT_OVERFLOW_BOTH || out->overflow > WRIT_OVERFLOW_KILL)
		return refuse(err, WRIT_STAGE_STREAM, name, "not a way to overflow");
	if (out->max_bytes > SIZE_MAX / 4)
		return refuse(err, WRIT_STAGE_STREAM, name, "the bound is too large");
	return 0;
}

static int
check_pass(const struct writ_cmd *cmd, struct writ_error *err)
{
	if (cmd->pass_count > PASS_MAX)
		return writ_fail(err, WRIT_E_LIMIT, WRIT_STAGE_DESCRIPTOR, 0, "too many", "%zu",
				 cmd->pass_count);
	if (cmd->pass == NULL && cmd->pass_count > 0)
		return refuse(err, WRIT_STAGE_DESCRIPTOR, "pass", "a count without descriptors");
	for (size_t i = 0; i < cmd->pass_count; i++) {
		const struct writ_pass *pass = &cmd->pass[i];

		if (pass->to < 3 || pass->to > PASS_TO_MAX)
			return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_DESCRIPTOR, 0,
					 "must become 3 or more", "%d", pass->to);
		if (!os_fd_is_open(pass->from))
			return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_DESCRIPTOR, 0, "not open",
					 "%d", (int)(intptr_t)pass->from);
		for (size_t k = 0; k < i; k++)
			if (cmd->pass[k].to == pass->to)
				return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_DESCRIPTOR, 0,
						 "given twice", "%d", pass->to);
	}
	return 0;
}

static int
check_times(const struct writ_cmd *cmd, struct writ_error *err)
{
	if (cmd->timeout_ms < 0)
		return refuse(err, WRIT_STAGE_TIME, "timeout", "negative");
	if (cmd->idle_timeout_ms < 0)
		return refuse(err, WRIT_STAGE_TIME, "idle-timeout", "negative");
	if (cmd->idle_timeout_ms > 0 && !check_is_piped(&cmd->out) && !check_is_piped(&cmd->err)) {
		refuse(err, WRIT_STAGE_TIME, "idle-timeout",
		       "no output passes through here to be seen");
		return writ_hint(err, WRIT_E_INVAL, "capture or stream standard output or error");
	}
	if (cmd->drain_max_ms < 0)
		return refuse(err, WRIT_STAGE_TIME, "drain", "negative");
	if (cmd->teardown == NULL && cmd->teardown_count > 0)
		return refuse(err, WRIT_STAGE_TIME, "teardown", "a count without steps");
	if (cmd->teardown_count > CHECK_TEARDOWN_MAX)
		return refuse(err, WRIT_STAGE_TIME, "teardown", "more than 8 steps");
	for (size_t i = 0; i < cmd->teardown_count; i++)
		if (cmd->teardown[i].signal < 1 || cmd->teardown[i].signal > SIGNAL_MAX ||
		    cmd->teardown[i].wait_ms < 0)
			return refuse(err, WRIT_STAGE_TIME, "teardown", "a bad signal or wait");
	return 0;
}

static int
check_attributes(const struct writ_cmd *cmd, struct writ_error *err)
{
	if (cmd->set_nice && (cmd->nice < -20 || cmd->nice > 19))
		return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_NICE, 0, "not from -20 to 19", "%d",
				 cmd->nice);
	if (cmd->set_umask && cmd->umask > 0777)
		return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_UMASK, 0, "not from 0 to 0777",
				 "%#o", cmd->umask);
	if (cmd->contain < WRIT_LEVEL_ANY || cmd->contain > WRIT_LEVEL_CGROUP)
		return refuse(err, WRIT_STAGE_CONTAIN, "contain", "not a level");
	if (cmd->same_session && (cmd->user != NULL || cmd->creds != NULL))
		return refuse(err, WRIT_STAGE_SESSION, "same_session",
			      "another's identity has a session of its own");
	if (cmd->record && !os_fd_is_writable(cmd->record_fd))
		return refuse(err, WRIT_STAGE_RECORD, "record_fd", "not open for writing");
	return 0;
}

int
check_cmd(const struct writ_cmd *cmd, struct writ_cmd *ret_cmd, struct writ_error *err)
{
	size_t size = cmd->size == 0 ? sizeof(*ret_cmd) : cmd->size;
	int r;

	*ret_cmd = (struct writ_cmd){ 0 };
	/* a caller newer than this library asks for what we do not know */
	if (size > sizeof(*ret_cmd))
		return refuse(err, WRIT_STAGE_ARGV, "cmd.size", "made for a newer libwrit");
	memcpy(ret_cmd, cmd, size);
	if (ret_cmd->out.kind == WRIT_OUT_MERGE)
		return refuse(err, WRIT_STAGE_STREAM, "out", "only standard error can be merged");

	r = check_argv(ret_cmd, err);
	if (r == 0)
		r = check_in(&ret_cmd->in, err);
	if (r == 0)
		r = check_out(&ret_cmd->out, "out", err);
	if (r == 0)
		r = check_out(&ret_cmd->err, "err", err);
	if (r == 0)
		r = check_pass(ret_cmd, err);
	if (r == 0)
		r = check_times(ret_cmd, err);
	if (r == 0)
		r = check_attributes(ret_cmd, err);
	if (r == 0)
		r = identity_check(ret_cmd, err);
	return r;
}
