/* plantext.c - a plan in words, for --dry-run. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/fail.h"
#include "base/json.h"
#include "base/strv.h"
#include "proc/check.h"
#include "proc/host.h"
#include "proc/plan.h"
#include "writ/proc.h"

static const char *const in_names[] = {
	[WRIT_IN_NULL] = "null device",	  [WRIT_IN_INHERIT] = "inherited",
	[WRIT_IN_FILE] = "file ",	  [WRIT_IN_FD] = "a descriptor",
	[WRIT_IN_DATA] = "given data",	  [WRIT_IN_STREAM] = "streamed",
};

static const char *const out_names[] = {
	[WRIT_OUT_CAPTURE] = "captured", [WRIT_OUT_NULL] = "null device",
	[WRIT_OUT_INHERIT] = "inherited", [WRIT_OUT_FILE] = "file ",
	[WRIT_OUT_FD] = "a descriptor",	  [WRIT_OUT_STREAM] = "streamed",
	[WRIT_OUT_MERGE] = "with standard output",
};

/* One line, or one member of the object. */
struct telling {
	struct buf *buf;
	struct json json;
	bool as_json;
};

static void
tell(struct telling *telling, const char *name, const char *value, const char *more)
{
	struct buf text = { 0 };
	char *line;

	buf_add_text(&text, value);
	buf_add_text(&text, more != NULL ? more : "");
	line = buf_take(&text);
	if (line == NULL) {
		telling->buf->failed = true;
	} else if (telling->as_json) {
		telling->json.buf = telling->buf;
		json_text(&telling->json, name, line);
	} else {
		buf_printf(telling->buf, "%-12s %s\n", name, line);
	}
	free(line);
}

static void
tell_ms(struct telling *telling, const char *name, int64_t ms)
{
	char text[32];

	if (ms == 0)
		return;
	snprintf(text, sizeof(text), "%" PRId64 "ms", ms);
	tell(telling, name, text, NULL);
}

/* A secret's value is not shown, only that there is one. */
static void
tell_env(struct telling *telling, const struct writ_cmd *cmd, const struct plan *plan)
{
	size_t shown = strv_count(plan->envp) - strv_count(cmd->env.set_secret);

	if (telling->as_json)
		json_begin(&telling->json, "env", '[');
	for (size_t i = 0; plan->envp[i] != NULL; i++) {
		size_t len = strcspn(plan->envp[i], "=");
		struct buf text = { 0 };
		char *line;

		buf_add(&text, plan->envp[i], i < shown ? strlen(plan->envp[i]) : len + 1);
		buf_add_text(&text, i < shown ? "" : "<secret>");
		line = buf_take(&text);
		if (line != NULL && telling->as_json)
			json_text(&telling->json, NULL, line);
		else if (line != NULL)
			buf_printf(telling->buf, "%-12s %s\n", "env", line);
		free(line);
	}
	if (telling->as_json)
		json_end(&telling->json, ']');
}

static void
tell_all(struct telling *telling, const struct writ_cmd *cmd, const struct plan *plan)
{
	struct json *json = &telling->json;

	if (telling->as_json) {
		json_text(json, "writ", "plan/1");
		json_list(json, "argv", plan->start.argv);
	} else {
		for (size_t i = 0; plan->start.argv[i] != NULL; i++)
			tell(telling, "argv", plan->start.argv[i], NULL);
	}
	tell_env(telling, cmd, plan);
	tell(telling, "stdin", in_names[cmd->in.kind],
	     cmd->in.kind == WRIT_IN_FILE ? cmd->in.path : NULL);
	tell(telling, "stdout", out_names[cmd->out.kind],
	     cmd->out.kind == WRIT_OUT_FILE ? cmd->out.path : NULL);
	tell(telling, "stderr", out_names[cmd->err.kind],
	     cmd->err.kind == WRIT_OUT_FILE ? cmd->err.path : NULL);
	for (size_t i = 0; i < cmd->pass_count; i++) {
		char text[48];

		snprintf(text, sizeof(text), "%d as %d", cmd->pass[i].from, cmd->pass[i].to);
		tell(telling, "pass-fd", text, NULL);
	}
	tell_ms(telling, "timeout", cmd->timeout_ms);
	tell_ms(telling, "idle-timeout", cmd->idle_timeout_ms);
	tell(telling, "contain", writ_level_name(cmd->contain), NULL);
}

static int
print(const struct writ_cmd *cmd, const struct plan *plan, bool as_json, struct buf *buf,
      struct writ_error *err)
{
	struct telling telling = { .buf = buf, .json = { .buf = buf }, .as_json = as_json };
	int r;

	if (as_json)
		json_begin(&telling.json, NULL, '{');
	tell_all(&telling, cmd, plan);
	if (as_json)
		json_begin(&telling.json, "steps", '[');
	r = os_plan_print(&plan->start, as_json, buf, err);
	if (as_json) {
		json_end(&telling.json, ']');
		json_end(&telling.json, '}');
		buf_add_text(buf, "\n");
	}
	return r;
}

int
writ_plan_text(struct writ_host *host, const struct writ_cmd *cmd, bool json, char **ret_text,
	       struct writ_error *err)
{
	struct writ_cmd checked;
	struct plan plan = { 0 };
	auto_buf buf = { 0 };
	char *text;
	int r = check_cmd(cmd, &checked, err);

	(void)host;
	if (r == 0)
		r = plan_make(&checked, &plan, err);
	if (r == 0) {
		plan.start.on_terminal = plan_shares_session(&plan, &checked);
		r = print(&checked, &plan, json, &buf, err);
	}
	plan_done(&plan);
	if (r < 0)
		return r;
	text = buf_take(&buf);
	if (text == NULL)
		return writ_fail_nomem(err, WRIT_STAGE_NONE);
	*ret_text = text;
	return 0;
}
