#include "journal.h"

#include <inttypes.h>
#include <string.h>

#include "audit/redact.h"
#include "base/buf.h"
#include "base/json.h"
#include "tell.h"
#include "writ.h"

enum { SECRETS_MAX = 64, HEAD_TELL_MS = 60000 };

int
journal_open(struct journal *journal, const char *path, struct writ_error *err)
{
	const struct audit_options options = { .path = path };

	*journal = (struct journal){ 0 };
	return path != NULL ? audit_open(&options, &journal->audit, err) : 0;
}

void
journal_close(struct journal *journal)
{
	journal->audit = audit_close(journal->audit);
}

/* The first failure is told; so is that it works again. */
static bool
write_line(struct journal *journal, enum audit_kind kind, struct buf *object)
{
	struct writ_error err = { .size = sizeof(err) };
	bool is_fine = !object->failed &&
		       audit_write(journal->audit, kind, object->data, object->len, &err) == 0;

	if (!is_fine && !journal->is_failing)
		tell_error("the record cannot be written", &err);
	if (is_fine && journal->is_failing)
		tell("the record is written again");
	journal->is_failing = !is_fine;
	return is_fine;
}

static void
add_peer(struct buf *object, const struct peer *peer, uint64_t id, const char *rule)
{
	buf_printf(object,
		   "\"peer\": {\"uid\": %" PRIu32 ", \"gid\": %" PRIu32
		   ", \"pid\": %d, \"foreign\": %s, \"connection\": %" PRIu64
		   "}, \"request\": %" PRIu64 ", \"rule\": ",
		   peer->uid, peer->gid, (int)peer->pid, peer->is_foreign ? "true" : "false",
		   peer->number, id);
	if (rule != NULL)
		buf_printf(object, "\"%s\"", rule); /* letters, digits, '-', '_' and '/' */
	else
		buf_add_text(object, "null");
}

/* The places of what its type makes a secret. */
static size_t
find_secrets(const struct policy_verdict *verdict, struct redact_secret *secrets)
{
	size_t count = 0;

	for (size_t i = 0; i < verdict->capture_count && count < SECRETS_MAX; i++)
		if (verdict->captures[i].type == POLICY_SECRET)
			secrets[count++] = (struct redact_secret){
				.argument = verdict->captures[i].argument,
				.offset = verdict->captures[i].offset,
				.len = verdict->captures[i].len,
			};
	return count;
}

bool
journal_decision(struct journal *journal, const struct decision *decision)
{
	const struct policy_verdict *verdict = decision->verdict;
	const struct policy_rule *rule = decision->code == 0 ? verdict->rule : NULL;
	struct redact_secret secrets[SECRETS_MAX];
	const struct redact_options options = { .secrets = secrets,
						.secret_count = find_secrets(verdict, secrets) };
	auto_buf object = { 0 };

	if (journal->audit == NULL)
		return true;
	add_peer(&object, decision->peer, decision->id,
		 rule != NULL ? policy_rule_name(rule) : NULL);
	if (decision->code != 0)
		buf_printf(&object, ", \"code\": %d, \"why\": \"%s\"", (int)decision->code,
			   decision->why != NULL ? decision->why : "");
	buf_add_text(&object, ", \"argv\": ");
	redact_argv(&object, decision->request->argv, decision->request->argc, &options);
	return write_line(journal, decision->code == 0 ? AUDIT_ACCEPTED : AUDIT_REFUSED, &object);
}

static void
add_end(struct buf *object, const struct writ_result *res)
{
	buf_printf(object,
		   ", \"run\": \"%s\", \"cause\": \"%s\", \"exit_code\": %d, \"signal\": %d, "
		   "\"started_ns\": %" PRId64 ", \"wall_ns\": %" PRId64 ", \"user_ns\": %" PRId64
		   ", \"sys_ns\": %" PRId64 ", \"max_rss_bytes\": %" PRId64,
		   res->id, writ_cause_name(res->cause), res->exit_code, res->signal,
		   res->started_ns, res->wall_ns, res->usage.user_ns, res->usage.sys_ns,
		   res->usage.max_rss_bytes);
	buf_printf(object,
		   ", \"stopped_by\": \"%s\", \"forced\": %s, \"containment\": \"%s\", "
		   "\"left_behind\": {\"count\": %d, \"killed\": %d, \"kept\": %d, \"survived\": %d}",
		   res->stopped_by, res->forced ? "true" : "false",
		   writ_level_name(res->containment), res->left_behind.count,
		   res->left_behind.killed, res->left_behind.kept, res->left_behind.survived);
	if (res->error != NULL) {
		buf_printf(object, ", \"error\": {\"stage\": \"%s\", \"errno\": %d, \"subject\": ",
			   writ_stage_name(res->error->stage), res->error->err_no);
		redact_text(object, res->error->subject, NULL);
		buf_add_text(object, "}");
	}
}

bool
journal_end(struct journal *journal, const struct peer *peer, uint64_t id, const char *rule,
	    const struct writ_result *res)
{
	auto_buf object = { 0 };

	if (journal->audit == NULL)
		return true;
	add_peer(&object, peer, id, rule);
	add_end(&object, res);
	return write_line(journal, AUDIT_ENDED, &object);
}

void
journal_note(struct journal *journal, const char *text)
{
	auto_buf object = { 0 };

	if (journal->audit == NULL)
		return;
	buf_add_text(&object, "\"text\": ");
	redact_text(&object, text, NULL);
	write_line(journal, AUDIT_NOTE, &object);
}

int
journal_tell_head(struct journal *journal, int64_t now_ms)
{
	struct audit_head head;
	char text[AUDIT_HEAD_TEXT_MAX];
	uint64_t dropped;

	if (journal->audit == NULL)
		return -1;
	if (journal->head_told_ms != 0 && now_ms - journal->head_told_ms < HEAD_TELL_MS)
		return (int)(journal->head_told_ms + HEAD_TELL_MS - now_ms);
	journal->head_told_ms = now_ms;
	audit_head(journal->audit, &head);
	dropped = audit_dropped(journal->audit);
	if (head.n != journal->head_told_n)
		tell("head of the record: %s", audit_head_text(&head, text));
	if (dropped != journal->dropped_told)
		tell("refusals that are not on record: %" PRIu64, dropped - journal->dropped_told);
	journal->head_told_n = head.n;
	journal->dropped_told = dropped;
	return HEAD_TELL_MS;
}
