#include "broker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/fail.h"
#include "os/os_channel.h"
#include "os/os_fd.h"

static int
fail_gone(struct writ_error *err)
{
	return writ_fail(err, WRIT_E_GONE, WRIT_STAGE_ASK, 0, "it has closed the connection",
			 "writd");
}

static int
fail_send(int r, struct writ_error *err)
{
	if (r == 0)
		return 0;
	if (r == -EAGAIN || r == -ENOBUFS)
		return writ_fail(err, WRIT_E_STATE, WRIT_STAGE_ASK, -r,
				 "too much is on its way to it", "writd");
	if (r == -EPIPE || r == -ECONNRESET || r == -ENOTCONN)
		return fail_gone(err);
	return writ_fail_sys(err, WRIT_STAGE_ASK, -r, "writd");
}

int
writ_broker_open(const char *path, struct writ_broker **ret_broker, struct writ_error *err)
{
	const struct wire_hello hello = { .version = WIRE_VERSION };
	struct writ_broker *broker = calloc(1, sizeof(*broker));
	size_t len;
	int r;

	if (broker == NULL)
		return writ_fail_nomem(err, WRIT_STAGE_ASK);
	broker->channel = -1;
	r = os_channel_open(path != NULL ? path : WIRE_SOCKET, &broker->channel, err);
	if (r == 0) {
		len = wire_write(broker->frame, WIRE_HELLO, 0, &hello, sizeof(hello));
		r = fail_send(os_channel_send(broker->channel, broker->frame, len, NULL, 0), err);
	}
	if (r < 0) {
		writ_broker_close(broker);
		return r;
	}
	*ret_broker = broker;
	return 0;
}

struct writ_broker *
writ_broker_close(struct writ_broker *broker)
{
	if (broker == NULL)
		return NULL;
	while (broker->asks != NULL) {
		struct ask *ask = broker->asks;

		broker->asks = ask->next;
		free(ask);
	}
	os_fd_close(broker->channel);
	free(broker);
	return NULL;
}

writ_fd
writ_broker_fd(const struct writ_broker *broker)
{
	return broker->channel;
}

/* The request. */

static int
fail_request(struct writ_error *err, const char *subject, const char *why)
{
	return writ_fail(err, WRIT_E_INVAL, WRIT_STAGE_ASK, 0, why, "%s", subject);
}

/* What writd decides alone must not be asked for. */
static int
check(const struct writ_cmd *cmd, struct writ_error *err)
{
	if (cmd->argv == NULL || cmd->argv[0] == NULL)
		return fail_request(err, "argv", "empty");
	if (cmd->program != NULL || cmd->search || cmd->path != NULL)
		return fail_request(err, "program", "what is executed is the rule's to say");
	if (cmd->env.preset != WRIT_ENV_NONE || cmd->env.keep != NULL)
		return fail_request(err, "env", "variables can only be set");
	if (cmd->cwd != NULL)
		return fail_request(err, "cwd", "the rule's to say, or given as a descriptor");
	if (cmd->user != NULL || cmd->limits != NULL || cmd->set_nice || cmd->set_umask ||
	    cmd->pass_count > 0 || cmd->contain != 0 || cmd->keep_tree || cmd->record)
		return fail_request(err, "request", "the rule's to say");
	return 0;
}

/* The descriptors of a request, and the flags that say which they are. */
struct attached {
	uint32_t flags;
	unsigned count;
	writ_fd fds[OS_CHANNEL_FDS_MAX];
};

static void
attach(struct attached *attached, uint32_t flag, writ_fd fd)
{
	attached->flags |= flag;
	attached->fds[attached->count++] = fd;
}

/* Nothing is attached for the null device. */
static int
attach_out(struct attached *attached, uint32_t flag, const struct writ_out *out, writ_fd inherited,
	   struct writ_error *err)
{
	if (out->kind == WRIT_OUT_FD || out->kind == WRIT_OUT_INHERIT)
		attach(attached, flag, out->kind == WRIT_OUT_FD ? out->fd : inherited);
	else if (out->kind != WRIT_OUT_NULL)
		return fail_request(err, "output", "on a loop, a descriptor or the null device");
	return 0;
}

static int
attach_streams(struct attached *attached, const struct writ_cmd *cmd, struct writ_error *err)
{
	bool merges = cmd->err.kind == WRIT_OUT_MERGE;
	int r;

	if (cmd->in.kind == WRIT_IN_FD || cmd->in.kind == WRIT_IN_INHERIT)
		attach(attached, WIRE_HAS_IN, cmd->in.kind == WRIT_IN_FD ? cmd->in.fd : 0);
	else if (cmd->in.kind != WRIT_IN_NULL)
		return fail_request(err, "input", "on a loop, a descriptor or the null device");
	r = attach_out(attached, WIRE_HAS_OUT, &cmd->out, 1, err);
	if (r == 0)
		r = attach_out(attached, WIRE_HAS_ERR, merges ? &cmd->out : &cmd->err,
			       merges ? 1 : 2, err);
	if (r == 0 && cmd->set_cwd_fd)
		attach(attached, WIRE_HAS_CWD, cmd->cwd_fd);
	return r;
}

int
writ_ask_start(struct writ_broker *broker, const struct writ_cmd *cmd,
	       const struct writ_ask_events *events, uint64_t *ret_id, struct writ_error *err)
{
	struct attached attached = { 0 };
	struct wire_ask body = { .timeout_ms = cmd->timeout_ms };
	struct ask *ask;
	size_t len;
	int r = check(cmd, err);

	if (r == 0)
		r = attach_streams(&attached, cmd, err);
	if (r < 0)
		return r;
	body.flags = attached.flags;
	if (broker->is_gone)
		return fail_gone(err);
	len = wire_write_ask(broker->frame, broker->last_id + 1, &body, cmd->argv, cmd->env.set);
	if (len == 0)
		return writ_fail(err, WRIT_E_LIMIT, WRIT_STAGE_ASK, 0,
				 "more than a request may have", "%s", cmd->argv[0]);
	ask = calloc(1, sizeof(*ask));
	if (ask == NULL)
		return writ_fail_nomem(err, WRIT_STAGE_ASK);
	r = fail_send(os_channel_send(broker->channel, broker->frame, len, attached.fds,
				      attached.count),
		      err);
	if (r < 0) {
		free(ask);
		return r;
	}
	*ask = (struct ask){ .next = broker->asks, .id = ++broker->last_id, .events = *events };
	broker->asks = ask;
	broker->count++;
	if (ret_id != NULL)
		*ret_id = ask->id;
	return 0;
}

/* The answers. */

/* Takes it out of the list; NULL: nobody asked that. */
static struct ask *
take_ask(struct writ_broker *broker, uint64_t id)
{
	struct ask **link = &broker->asks;
	struct ask *ask;

	while (*link != NULL && (*link)->id != id)
		link = &(*link)->next;
	ask = *link;
	if (ask == NULL)
		return NULL;
	*link = ask->next;
	broker->count--;
	return ask;
}

static void
end(struct ask *take_ask, struct writ_result *res, const struct writ_error *err)
{
	take_ask->events.ended(take_ask->events.ctx, take_ask->id, res, err);
	free(take_ask);
}

static void
fill_result(const struct wire_result *from, struct writ_result *ret)
{
	*ret = (struct writ_result){
		.size = sizeof(*ret),
		.started_ns = from->started_ns,
		.wall_ns = from->wall_ns,
		.cause = from->cause,
		.exit_code = from->exit_code,
		.signal = from->signal,
		.core_dumped = from->core_dumped,
		.timed_out = from->timed_out,
		.forced = from->forced,
		.in = { .bytes = from->in_bytes, .read_all = WRIT_UNKNOWN },
		.out = { .bytes = from->out_bytes, .truncated = from->out_truncated },
		.err = { .bytes = from->err_bytes, .truncated = from->err_truncated },
		.usage = { .user_ns = from->user_ns,
			   .sys_ns = from->sys_ns,
			   .max_rss_bytes = from->max_rss_bytes },
		.containment = from->containment,
		.guarded = true,
		.left_behind = { .count = from->left_count,
				 .killed = from->left_killed,
				 .kept = from->left_kept,
				 .survived = from->left_survived },
	};
	memcpy(ret->id, from->id, sizeof(ret->id) - 1);
	memcpy(ret->stopped_by, from->stopped_by, sizeof(ret->stopped_by) - 1);
}

static const char *const reasons[] = {
	[WRIT_REFUSED_NO_RULE] = "no rule of its policy allows it",
	[WRIT_REFUSED_MALFORMED] = "the request is malformed",
	[WRIT_REFUSED_DESCRIPTOR] = "a descriptor is not accepted",
	[WRIT_REFUSED_TOO_MANY] = "too many requests are under way",
	[WRIT_REFUSED_NOT_STARTED] = "allowed, but the program could not be started",
	[WRIT_REFUSED_CANNOT] = "it cannot at the moment",
	[WRIT_REFUSED_BUSY] = "as many as the rule allows are running",
};

static void
end_refused(struct ask *take_ask, const struct wire_frame *frame)
{
	struct wire_refusal refusal;
	struct writ_error err = { .size = sizeof(err) };
	const char *text;
	size_t len;

	if (wire_read_refusal(frame, &refusal, &text, &len) != NULL)
		refusal = (struct wire_refusal){ .code = WIRE_CANNOT }, text = "", len = 0;
	writ_fail(&err, WRIT_E_REFUSED, WRIT_STAGE_ASK, refusal.err_no,
		  refusal.code < sizeof(reasons) / sizeof(reasons[0]) &&
				  reasons[refusal.code] != NULL
			  ? reasons[refusal.code]
			  : "refused",
		  "writd");
	if (len > 0)
		writ_hint(&err, err.code, "%.*s", (int)len, text);
	end(take_ask, NULL, &err);
}

static void
take_frame(struct writ_broker *broker, const struct wire_frame *frame)
{
	struct wire_result result;
	struct writ_result res;
	struct ask *ask;

	if (frame->head.kind == WIRE_ACCEPTED) {
		for (ask = broker->asks; ask != NULL && ask->id != frame->head.id; ask = ask->next)
			;
		if (ask != NULL && ask->events.accepted != NULL)
			ask->events.accepted(ask->events.ctx, ask->id);
	} else if (frame->head.kind == WIRE_REFUSED) {
		ask = take_ask(broker, frame->head.id);
		if (ask != NULL)
			end_refused(ask, frame);
	} else if (wire_read_result(frame, &result) == NULL) {
		ask = take_ask(broker, frame->head.id);
		fill_result(&result, &res);
		if (ask != NULL)
			end(ask, &res, NULL);
	}
}

static int
give_up(struct writ_broker *broker)
{
	struct writ_error err = { .size = sizeof(err) };
	int r = fail_gone(&err);

	broker->is_gone = true;
	while (broker->asks != NULL)
		end(take_ask(broker, broker->asks->id), NULL, &err);
	return r;
}

int
writ_broker_step(struct writ_broker *broker)
{
	struct wire_frame frame;
	int64_t n;

	while ((n = os_channel_receive(broker->channel, broker->frame, sizeof(broker->frame))) > 0)
		if (wire_read(broker->frame, (size_t)n, &frame) == NULL)
			take_frame(broker, &frame);
	return n == -EAGAIN ? (int)broker->count : give_up(broker);
}

static int
send_order(struct writ_broker *broker, uint32_t kind, uint64_t id, const void *body, size_t len,
	   struct writ_error *err)
{
	char frame[64];
	size_t size = wire_write(frame, kind, id, body, len);

	return fail_send(os_channel_send(broker->channel, frame, size, NULL, 0), err);
}

int
writ_ask_signal(struct writ_broker *broker, uint64_t id, int signal, struct writ_error *err)
{
	const struct wire_signal body = { .number = (uint32_t)signal };

	return send_order(broker, WIRE_SIGNAL, id, &body, sizeof(body), err);
}

int
writ_ask_stop(struct writ_broker *broker, uint64_t id, enum writ_stop how, struct writ_error *err)
{
	const struct wire_stop body = { .at_once = how == WRIT_STOP_KILL };

	return send_order(broker, WIRE_STOP, id, &body, sizeof(body), err);
}
