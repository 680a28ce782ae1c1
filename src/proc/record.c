#include "proc/record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/fail.h"
#include "base/json.h"
#include "os/os_fd.h"
#include "proc/plan.h"
#include "writ/text.h"

static const char *const cause_names[] = {
	[WRIT_NOT_STARTED] = "not-started", [WRIT_EXITED] = "exited",
	[WRIT_SIGNALED] = "signaled",	    [WRIT_TIMEOUT] = "timeout",
	[WRIT_IDLE_TIMEOUT] = "idle-timeout", [WRIT_OUTPUT_LIMIT] = "output-limit",
	[WRIT_CANCELLED] = "cancelled",	    [WRIT_LOST] = "lost",
};

static const char *const level_names[] = {
	[WRIT_LEVEL_ANY] = "any",	    [WRIT_LEVEL_PROCESS] = "process",
	[WRIT_LEVEL_SESSION] = "session",   [WRIT_LEVEL_LAUNCHER] = "launcher",
	[WRIT_LEVEL_CGROUP] = "cgroup",
};

static const char *const source_names[] = {
	[WRIT_SOURCE_NONE] = NULL,
	[WRIT_SOURCE_CGROUP] = "cgroup",
	[WRIT_SOURCE_LAUNCHER] = "launcher",
	[WRIT_SOURCE_RUSAGE] = "rusage",
	[WRIT_SOURCE_LARGEST_PROCESS] = "largest-process",
};

const char *
writ_cause_name(int cause)
{
	return cause < 0 || cause > WRIT_LOST ? "unknown" : cause_names[cause];
}

const char *
writ_level_name(int level)
{
	return level < 0 || level > WRIT_LEVEL_CGROUP ? "unknown" : level_names[level];
}

/* RFC 3339, UTC, nanoseconds. */
static void
add_time(struct json *json, const char *name, int64_t ns)
{
	time_t seconds = (time_t)(ns / 1000000000);
	struct tm tm;
	char text[64];
	size_t len;

	gmtime_r(&seconds, &tm);
	len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text + len, sizeof(text) - len, ".%09" PRId64 "Z", ns % 1000000000);
	json_text(json, name, text);
}

static void
add_head(struct json *json, const struct writ_result *res)
{
	const struct writ_order *order = res->order;
	char id[WRIT_ID_TEXT_MAX];

	json_text(json, "writ", "run/1");
	json_text(json, "id", res->id);
	json_list(json, "argv", order != NULL ? order->argv : NULL);
	json_text(json, "exe", order != NULL ? order->exe : NULL);
	json_text(json, "cwd", order != NULL ? order->cwd : NULL);
	json_list(json, "env_names", order != NULL ? order->env_names : NULL);
	json_text(json, "identity",
		  res->identity.pid != 0 ? writ_id_text(&res->identity, id) : NULL);
	add_time(json, "started", res->started_ns);
}

static void
add_end(struct json *json, const struct writ_result *res)
{
	char name[16];

	json_int(json, "wall_ns", res->wall_ns);
	json_text(json, "cause", writ_cause_name(res->cause));
	json_count(json, "exit_code", res->exit_code);
	json_text(json, "signal", res->signal != 0 ? writ_signal_name(res->signal, name) : NULL);
	json_bool(json, "core_dumped", res->core_dumped);
	json_bool(json, "timed_out", res->timed_out);
	json_text(json, "stopped_by", res->stopped_by[0] != '\0' ? res->stopped_by : NULL);
	json_bool(json, "forced", res->forced);
}

static void
add_fed(struct json *json, const struct writ_fed *fed)
{
	json_begin(json, "stdin", '{');
	json_count(json, "bytes", fed->bytes);
	if (fed->read_all == WRIT_UNKNOWN)
		json_null(json, "read_all");
	else
		json_bool(json, "read_all", fed->read_all == WRIT_YES);
	json_end(json, '}');
}

static void
add_output(struct json *json, const char *name, const struct writ_output *output)
{
	json_begin(json, name, '{');
	json_count(json, "bytes", output->bytes);
	json_count(json, "kept", output->bytes < 0 ? -1 : (int64_t)output->len);
	json_bool(json, "truncated", output->truncated);
	json_bool(json, "held_by_descendant", output->held_by_descendant);
	json_end(json, '}');
}

static void
add_usage(struct json *json, const struct writ_usage *usage)
{
	json_begin(json, "usage", '{');
	json_count(json, "user_ns", usage->user_ns);
	json_count(json, "sys_ns", usage->sys_ns);
	json_text(json, "source", source_names[usage->source]);
	json_count(json, "max_rss_bytes", usage->max_rss_bytes);
	json_text(json, "max_rss_source", source_names[usage->max_rss_source]);
	json_end(json, '}');
}

static void
add_left(struct json *json, const struct writ_left *left)
{
	char id[WRIT_ID_TEXT_MAX];

	json_begin(json, "left_behind", '{');
	json_int(json, "count", left->count);
	json_int(json, "killed", left->killed);
	json_int(json, "kept", left->kept);
	json_int(json, "survived", left->survived);
	if (left->survivors != NULL) {
		json_begin(json, "survivors", '[');
		for (int i = 0; i < left->survived && i < WRIT_SURVIVORS_MAX; i++)
			json_text(json, NULL, writ_id_text(&left->survivors[i], id));
		json_end(json, ']');
	}
	json_end(json, '}');
}

static void
add_error(struct json *json, const struct writ_error *err)
{
	char message[512];

	if (err == NULL) {
		json_null(json, "error");
		return;
	}
	json_begin(json, "error", '{');
	json_text(json, "code", writ_code_name(err->code));
	json_text(json, "stage", writ_stage_name(err->stage));
	json_int(json, "errno", err->err_no);
	json_text(json, "subject", err->subject);
	json_text(json, "message", writ_error_text(err, message, sizeof(message)));
	json_end(json, '}');
}

static char *
print_record(const struct writ_result *res)
{
	struct buf buf = { 0 };
	struct json json = { .buf = &buf };

	json_begin(&json, NULL, '{');
	add_head(&json, res);
	add_end(&json, res);
	add_fed(&json, &res->in);
	add_output(&json, "stdout", &res->out);
	add_output(&json, "stderr", &res->err);
	add_usage(&json, &res->usage);
	json_text(&json, "containment",
		  res->containment != 0 ? writ_level_name(res->containment) : NULL);
	json_bool(&json, "guarded", res->guarded);
	add_left(&json, &res->left_behind);
	add_error(&json, res->error);
	json_end(&json, '}');
	return buf_take(&buf);
}

int
writ_result_record(const struct writ_result *res, char **ret_text, struct writ_error *err)
{
	char *text = print_record(res);

	if (text == NULL)
		return writ_fail_nomem(err, WRIT_STAGE_RECORD);
	*ret_text = text;
	return 0;
}

char *
record_head(const struct writ_result *res)
{
	struct buf buf = { 0 };
	struct json json = { .buf = &buf };

	json_begin(&json, NULL, '{');
	add_head(&json, res);
	buf_add_text(&buf, ", ");
	return buf_take(&buf);
}

int
record_write(const struct writ_result *res, writ_fd fd)
{
	auto_free char *text = print_record(res);
	size_t len;
	size_t done = 0;

	if (text == NULL)
		return -ENOMEM;
	len = strlen(text);
	text[len] = '\n'; /* in place of the NUL */
	while (done < len + 1) {
		int64_t r = os_fd_write(fd, text + done, len + 1 - done);

		if (r < 0)
			return (int)r;
		done += (size_t)r;
	}
	return 0;
}
