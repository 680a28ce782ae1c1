/* query.h - may this argv run, and what runs then? */
#ifndef WRIT_ROOTWRAP_QUERY_H
#define WRIT_ROOTWRAP_QUERY_H

#include "config.h"
#include "filter.h"
#include "machine.h"

/* Many bits apart, and nothing is what it is before anything is decided: one bit that
 * falls over allows nothing. */
enum verdict_kind {
	VERDICT_NOTHING = 0,	      /* no filter matched */
	VERDICT_MISSING = 0x66666666, /* one did, but its program is not there */
	VERDICT_RUN = 0x33333333,
	VERDICT_SIGNAL = 0x55555555, /* kill, done by ourselves */
};

struct verdict {
	enum verdict_kind kind;
	const struct filter *filter; /* which one; of VERDICT_MISSING the first such */
	struct command command;
	const char *run_as;
	int signal; /* VERDICT_SIGNAL */
};

/* One question. */
struct query {
	struct arena *arena;
	const struct config *config;
	const struct filters *filters;
	const struct machine *machine;
	struct words argv; /* exact: EnvFilter takes a leading "env" away, as stock does */
	struct target target;
	bool target_known;
	struct resolved *resolved; /* strict: each path once */
	struct words privsep;	   /* class_privsep: what it made of the argv it admitted */
};

struct resolved {
	const char *value;
	const char *path;
	struct resolved *next;
};

void query_begin(struct query *query, struct arena *arena, const struct config *config,
		 const struct filters *filters, const struct machine *machine, struct words argv);
void query_end(struct query *query);

/* Decides. */
struct verdict query_decide(struct query *query);

/* What a filter, alone, makes of the argv. */
bool query_matches(struct query *query, struct filter *filter, struct words *argv);

/* The program of a filter; NULL: it is not there. */
const char *query_find_program(struct query *query, struct filter *filter);

/* os.path.realpath(). In strict mode a path is resolved once: what was matched is what
 * the command gets. */
const char *query_resolve(struct query *query, const char *value);

/* The process of a kill, held while the question lasts; NULL: there is none. */
const struct target *query_hold(struct query *query, int64_t pid);

static inline bool
query_is_strict(const struct query *query)
{
	return query->config->mode != CONFIG_EXACT;
}

#endif
