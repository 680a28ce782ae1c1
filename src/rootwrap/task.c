#include "task.h"

#include <stdio.h>
#include <string.h>

#include "killing.h"
#include "order.h"
#include "query.h"
#include "repr.h"
#include "status.h"

static void
reply(struct channel *channel, int status, const char *out, const char *err)
{
	size_t len;
	char *text = message_result(status, out, strlen(out), err, strlen(err), &len);

	channel_reply(channel, text, len);
}

/* What went wrong with a command that was allowed; the client raises it. */
static void
reply_failure(struct channel *channel, const char *why)
{
	size_t len;
	char *text = message_text("#UNSERIALIZABLE", why, &len);

	channel_reply(channel, text, len);
}

static int
status_of(const struct writ_result *res)
{
	if (res->timed_out)
		return STATUS_TIMED_OUT;
	return res->signal != 0 ? -res->signal : res->exit_code;
}

static void
reply_result(struct channel *channel, const struct writ_result *res)
{
	size_t len;
	char *text;

	text = message_result(status_of(res), res->out.data != NULL ? res->out.data : "",
			      res->out.len, res->err.data != NULL ? res->err.data : "",
			      res->err.len, &len);
	channel_reply(channel, text, len);
}

static void
take_end(void *ctx, struct writ_proc *proc, struct writ_result *res)
{
	struct channel *channel = ctx;
	char text[600];

	(void)proc;
	channel->is_running = false;
	channel->proc = NULL;
	channel->server->running--;
	channel->server->last_used_ms = server_now_ms();
	if (res->cause == WRIT_NOT_STARTED && res->error != NULL) {
		reply_failure(channel, writ_error_text(res->error, text, sizeof(text)));
	} else if (res->cause == WRIT_OUTPUT_LIMIT) {
		snprintf(text, sizeof(text), "more than %d bytes of output",
			 SERVER_OUTPUT_BYTES_MAX);
		reply_failure(channel, text);
	} else {
		reply_result(channel, res);
	}
	arena_done(&channel->arena);
	if (channel->server->stopping_ms != 0)
		channel_stop(channel);
	else
		channel_go_on(channel);
}

static void
run(struct channel *channel, const struct request *request, const struct verdict *verdict)
{
	struct server *server = channel->server;
	struct writ_events events = {
		.size = sizeof(events), .ctx = channel, .later = true, .ended = take_end
	};
	struct writ_error err = { 0 };
	struct writ_cmd cmd;
	char text[600];

	if (order_make(&channel->arena, verdict, server->setup->own.strict, &cmd, &err) < 0) {
		reply_failure(channel, writ_error_text(&err, text, sizeof(text)));
		return;
	}
	if (request->input != NULL)
		cmd.in = (struct writ_in){ .kind = WRIT_IN_DATA,
					   .data = request->input,
					   .len = request->input_len };
	cmd.out.max_bytes = cmd.err.max_bytes = SERVER_OUTPUT_BYTES_MAX;
	cmd.out.overflow = cmd.err.overflow = WRIT_OVERFLOW_KILL;
	cmd.timeout_ms = server->setup->config.command_timeout_ms;
	channel->is_running = true;
	server->running++;
	if (writ_start(server->host, &cmd, &events, &channel->proc, &err) == 0)
		return;
	channel->is_running = false;
	channel->proc = NULL;
	server->running--;
	reply_failure(channel, writ_error_text(&err, text, sizeof(text)));
}

static void
send_signal(struct channel *channel, const struct query *query, const struct verdict *verdict)
{
	int err = killing_send(&query->target, verdict->signal, verdict->run_as);
	char text[128] = "";

	if (err != 0)
		snprintf(text, sizeof(text), "kill: sending signal to %lld failed: %s\n",
			 (long long)query->target.pid, strerror(err));
	reply(channel, err != 0, "", text);
}

/* Stock logs a denial as a warning, which the default level hides. */
static void
deny(struct channel *channel, const struct words *argv, const char *format, int status)
{
	struct setup *setup = channel->server->setup;
	char *text = arena_print(&channel->arena, format, words_join(&channel->arena, argv));

	if (setup->own.strict)
		text = repr_line(&channel->arena, text);
	log_denial(&setup->log, CONFIG_WARNING, text);
	reply(channel, status, "", "");
}

static void
act(struct channel *channel, const struct request *request, struct query *query)
{
	struct setup *setup = channel->server->setup;
	struct verdict verdict = query_decide(query);

	if (verdict.kind == VERDICT_SIGNAL)
		verdict.command.argv = query->argv;
	if ((verdict.kind == VERDICT_RUN || verdict.kind == VERDICT_SIGNAL) &&
	    setup->log.use_syslog)
		log_send(&setup->log, CONFIG_INFO, order_log_line(&channel->arena, &verdict));
	switch (verdict.kind) {
	case VERDICT_RUN:
		run(channel, request, &verdict);
		break;
	case VERDICT_SIGNAL:
		send_signal(channel, query, &verdict);
		break;
	case VERDICT_MISSING:
		deny(channel, &query->argv, "Executable not found for: %s", STATUS_NO_PROGRAM);
		break;
	case VERDICT_NOTHING:
	default:
		deny(channel, &query->argv, "Unauthorized command: %s (no filter matched)",
		     STATUS_DENIED);
		break;
	}
}

void
task_begin(struct channel *channel, const struct request *request)
{
	struct setup *setup = channel->server->setup;
	struct query query;

	channel->server->last_used_ms = server_now_ms();
	if (request->bad != NULL) {
		reply_failure(channel, request->bad);
		return;
	}
	query_begin(&query, &channel->arena, &setup->config, &setup->filters, &setup->machine,
		    request->argv);
	act(channel, request, &query);
	query_end(&query);
}

void
task_abandon(struct channel *channel)
{
	if (channel->proc != NULL && channel->server->setup->own.strict)
		writ_stop(channel->proc, WRIT_STOP_POLITE, "client");
}
