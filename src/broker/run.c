#include "run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "errand.h"

static const int signals_passed[] = { SIGHUP,  SIGINT,  SIGQUIT, SIGUSR1,
				      SIGUSR2, SIGTERM, SIGCONT, SIGWINCH };

struct run *
run_find(const struct peer *peer, uint64_t id)
{
	struct run *run = peer->runs;

	while (run != NULL && run->id != id)
		run = run->next;
	return run;
}

static struct run *
add(struct monitor *monitor, struct peer *peer, uint64_t id, const struct policy_rule *rule)
{
	struct run *run = calloc(1, sizeof(*run));

	if (run == NULL)
		return NULL;
	run->monitor = monitor;
	run->peer = peer;
	run->id = id;
	run->rule = rule;
	run->book = rulebook_get(monitor->book);
	run->next = peer->runs;
	run->link = &peer->runs;
	if (run->next != NULL)
		run->next->link = &run->next;
	peer->runs = run;
	monitor->run_count++;
	return run;
}

static void
drop(struct run *run)
{
	struct monitor *monitor = run->monitor;
	struct peer *peer = run->peer;

	*run->link = run->next;
	if (run->next != NULL)
		run->next->link = run->link;
	rulebook_end(run->book, run->rule);
	rulebook_put(run->book);
	free(run);
	monitor->run_count--;
	monitor_release(monitor, peer);
}

static void
refuse(struct monitor *monitor, const struct peer *peer, uint64_t id, enum wire_code code,
       int err_no, const char *text)
{
	char frame[1024];
	struct wire_refusal refusal = { .code = code, .err_no = err_no };
	size_t len = wire_write_refusal(frame, id, &refusal, text);

	monitor_answer(monitor, peer, frame, len);
}

/* Why no rule takes it, if the rule that comes closest is open about that. */
static void
explain(const struct monitor *monitor, const struct policy_peer *peer,
	const struct policy_request *request, char *text, size_t size)
{
	struct policy_near near;

	text[0] = '\0';
	if (policy_explain(monitor->book->policy, peer, request, &near, 1) == 0 ||
	    !policy_rule_settings(near.rule)->explain)
		return;
	snprintf(text, size, "the closest rule is %s: argument %zu: %s", policy_rule_name(near.rule),
		 near.argument, near.why);
}

/* Recorded before it is answered. */
static void
refuse_request(struct monitor *monitor, const struct decision *decision, const char *text)
{
	journal_decision(&monitor->journal, decision);
	refuse(monitor, decision->peer, decision->id, decision->code, 0, text);
}

static void
fill_result(const struct writ_result *res, struct wire_result *ret)
{
	*ret = (struct wire_result){
		.started_ns = res->started_ns,
		.wall_ns = res->wall_ns,
		.user_ns = res->usage.user_ns,
		.sys_ns = res->usage.sys_ns,
		.max_rss_bytes = res->usage.max_rss_bytes,
		.in_bytes = res->in.bytes,
		.out_bytes = res->out.bytes,
		.err_bytes = res->err.bytes,
		.cause = res->cause,
		.exit_code = res->exit_code,
		.signal = res->signal,
		.containment = res->containment,
		.left_count = res->left_behind.count,
		.left_killed = res->left_behind.killed,
		.left_kept = res->left_behind.kept,
		.left_survived = res->left_behind.survived,
		.core_dumped = res->core_dumped,
		.timed_out = res->timed_out,
		.forced = res->forced,
		.out_truncated = res->out.truncated,
		.err_truncated = res->err.truncated,
	};
	memcpy(ret->id, res->id, sizeof(res->id));
	memcpy(ret->stopped_by, res->stopped_by, sizeof(ret->stopped_by) - 1);
}

static void
answer_record(struct run *run, const struct writ_result *res)
{
	static char frame[WIRE_FRAME_MAX]; /* of one thread */
	const size_t room = WIRE_FRAME_MAX - sizeof(struct wire_head);
	char *text;

	if (writ_result_record(res, &text, NULL) < 0)
		return;
	for (size_t at = 0, len = strlen(text); at < len; at += room) {
		size_t piece = len - at < room ? len - at : room;

		monitor_answer(run->monitor, run->peer, frame,
			       wire_write(frame, WIRE_RECORD, run->id, text + at, piece));
	}
	free(text);
}

/* An end that waits for nothing: the program's, and those of the meters. */
static void
finish(struct run *run)
{
	char frame[sizeof(struct wire_head) + sizeof(struct wire_result)];

	if (!run->has_ended || run->out.proc != NULL || run->err.proc != NULL)
		return;
	if (run->out.run != NULL)
		run->result.out_bytes = run->out.bytes;
	if (run->err.run != NULL)
		run->result.err_bytes = run->err.bytes;
	run->result.out_truncated = run->out.is_over;
	run->result.err_truncated = run->err.is_over;
	if (run->out.is_over || run->err.is_over)
		run->result.cause = WRIT_OUTPUT_LIMIT;
	if (run->result.cause != WRIT_NOT_STARTED)
		monitor_answer(run->monitor, run->peer, frame,
			       wire_write(frame, WIRE_ENDED, run->id, &run->result,
					  sizeof(run->result)));
	drop(run);
}

void
run_note_meter(struct run *run)
{
	if ((run->out.is_over || run->err.is_over) && run->proc != NULL)
		writ_stop(run->proc, WRIT_STOP_KILL, "limit");
	finish(run);
}

/* However it ended, and if it never began: on record, then to the client. */
static void
note_end(void *ctx, struct writ_proc *proc, struct writ_result *res)
{
	struct run *run = ctx;

	(void)proc;
	run->proc = NULL;
	run->has_ended = true;
	journal_end(&run->monitor->journal, run->peer, run->id, policy_rule_name(run->rule), res);
	if (run->wants_record && res->order != NULL)
		answer_record(run, res);
	if (res->cause == WRIT_NOT_STARTED)
		refuse(run->monitor, run->peer, run->id, WIRE_NOT_STARTED,
		       res->error != NULL ? res->error->err_no : 0, "");
	fill_result(res, &run->result);
	finish(run);
}

/* Puts a meter between the program and the client's descriptor. */
static int
put_meter(struct run *run, struct meter *meter, struct writ_out *out, uint64_t max_bytes,
	  struct writ_error *err)
{
	return out->kind == WRIT_OUT_FD ? meter_start(meter, run, max_bytes, out->fd, &out->fd, err)
					: 0;
}

static int
start_parts(struct run *run, struct errand *errand, struct writ_error *err)
{
	const struct writ_events events = {
		.size = sizeof(events), .ctx = run, .later = true, .ended = note_end
	};
	uint64_t max_bytes = policy_rule_settings(run->rule)->output_max_bytes;
	struct writ_cmd *cmd = &errand->cmd;
	int r = 0;

	if (max_bytes != 0)
		r = put_meter(run, &run->out, &cmd->out, max_bytes, err);
	if (max_bytes != 0 && r == 0)
		r = put_meter(run, &run->err, &cmd->err, max_bytes, err);
	if (r == 0)
		r = writ_start(run->monitor->host, cmd, &events, &run->proc, err);
	/* the program has the meters' pipes now, or they end without it */
	if (run->out.run != NULL)
		close(cmd->out.fd);
	if (run->err.run != NULL)
		close(cmd->err.fd);
	return r;
}

static void
start(struct run *run, struct errand *errand)
{
	char frame[sizeof(struct wire_head)];
	struct writ_error err = { .size = sizeof(err) };
	struct writ_result none = { .size = sizeof(none),
				    .cause = WRIT_NOT_STARTED,
				    .exit_code = -1,
				    .error = &err };

	if (start_parts(run, errand, &err) < 0)
		note_end(run, NULL, &none);
	else
		monitor_answer(run->monitor, run->peer, frame,
			       wire_write(frame, WIRE_ACCEPTED, run->id, NULL, 0));
}

/* What stands in the way of a request that the policy allows; 0: nothing. Then there is a
 * run of it, not yet started. */
static enum wire_code
admit(struct monitor *monitor, struct peer *peer, const struct decision *decision,
      const struct wire_ask *ask, const int *fds, struct errand *errand, struct run **ret_run)
{
	const struct policy_rule *rule = decision->verdict->rule;
	enum wire_code code = errand_make(errand, monitor, peer, ask, decision->verdict, fds);
	bool is_recorded;

	if (code != 0)
		return code;
	if (!rulebook_begin(monitor->book, rule))
		return WIRE_RULE_BUSY;
	is_recorded = journal_decision(&monitor->journal, decision) ||
		      !policy_rule_settings(rule)->log_required;
	*ret_run = is_recorded ? add(monitor, peer, decision->id, rule) : NULL;
	if (*ret_run != NULL)
		return 0;
	rulebook_end(monitor->book, rule);
	return WIRE_CANNOT;
}

static void
accept_request(struct monitor *monitor, struct peer *peer, struct decision *decision,
	       const struct wire_ask *ask, const int *fds)
{
	struct errand errand;
	struct run *run;

	decision->code = admit(monitor, peer, decision, ask, fds, &errand, &run);
	if (decision->code != 0) {
		refuse_request(monitor, decision, "");
		return;
	}
	run->wants_record = (ask->flags & WIRE_WANTS_RECORD) != 0;
	start(run, &errand);
}

/* The policy's word on it. */
static void
judge(struct monitor *monitor, struct peer *peer, uint64_t id, const struct wire_ask *ask,
      const int *fds)
{
	const struct policy_peer who = peer_who(peer);
	const struct policy_request request = errand_request(monitor, ask);
	struct policy_verdict verdict = { .captures = monitor->captures,
					  .capture_max = POLICY_CAPTURES_MAX };
	struct decision decision = {
		.peer = peer, .id = id, .request = &request, .verdict = &verdict
	};
	char text[512];

	/* a pid that a peer of another namespace names is not ours */
	if (policy_match(monitor->book->policy, &who, &request, &verdict) == POLICY_ALLOWED &&
	    !(verdict.is_signal && peer->is_foreign)) {
		accept_request(monitor, peer, &decision, ask, fds);
		return;
	}
	decision.code = WIRE_NO_RULE;
	decision.why = policy_why_name(verdict.why);
	explain(monitor, &who, &request, text, sizeof(text));
	refuse_request(monitor, &decision, text);
}

void
run_ask(struct monitor *monitor, struct peer *peer, const struct wire_frame *frame, const int *fds,
	unsigned fd_count)
{
	struct wire_ask ask;
	uint64_t id = frame->head.id;

	if (wire_read_ask(frame, &ask, monitor->words) != NULL ||
	    fd_count != wire_fd_count(ask.flags) || run_find(peer, id) != NULL)
		refuse(monitor, peer, id, WIRE_MALFORMED, 0, "");
	else if (monitor->is_draining)
		refuse(monitor, peer, id, WIRE_CANNOT, 0, "the daemon is ending");
	else
		judge(monitor, peer, id, &ask, fds);
}

void
run_signal(struct run *run, unsigned number)
{
	for (size_t i = 0; i < sizeof(signals_passed) / sizeof(signals_passed[0]); i++)
		if (signals_passed[i] == (int)number && run->proc != NULL)
			writ_proc_signal(run->proc, (int)number, NULL);
}

void
run_stop(struct run *run, bool at_once)
{
	if (run->proc != NULL)
		writ_stop(run->proc, at_once ? WRIT_STOP_KILL : WRIT_STOP_POLITE, "caller");
}
