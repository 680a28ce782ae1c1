/* journal.h - what writd puts on record: each decision before anything runs, each end, and
 * what the daemon itself does. docs/record.md describes the lines.
 *
 * Nothing here waits for more than the page cache.
 */
#ifndef WRIT_BROKER_JOURNAL_H
#define WRIT_BROKER_JOURNAL_H

#include "audit/audit.h"
#include "peer.h"
#include "policy/policy.h"
#include "wire/wire.h"
#include "writ.h"

struct journal {
	struct audit *audit; /* NULL: nothing is recorded */
	bool is_failing;     /* the administrator has been told */
	int64_t head_told_ms;
	uint64_t head_told_n;
	uint64_t dropped_told;
};

/* Opens the record at `path`; NULL: there is none. */
int journal_open(struct journal *journal, const char *path, struct writ_error *err);
void journal_close(struct journal *journal);

struct decision {
	const struct peer *peer;
	uint64_t id; /* the peer's number of the request */
	const struct policy_request *request;
	const struct policy_verdict *verdict;
	enum wire_code code; /* 0: accepted */
	const char *why;     /* a word of the policy's, or NULL */
};

/* False: it is not on record. */
bool journal_decision(struct journal *journal, const struct decision *decision);
bool journal_end(struct journal *journal, const struct peer *peer, uint64_t id, const char *rule,
		 const struct writ_result *res);
void journal_note(struct journal *journal, const char *text);

/* Tells the head of the record to standard error, once a minute, when it has moved. Returns
 * the milliseconds until it is due again; -1: there is no record. */
int journal_tell_head(struct journal *journal, int64_t now_ms);

#endif
