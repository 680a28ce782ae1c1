#include "rulebook.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/store.h"
#include "tell.h"


static int
compare(const void *a, const void *b)
{
	uintptr_t x = (uintptr_t)((const struct tally *)a)->rule;
	uintptr_t y = (uintptr_t)((const struct tally *)b)->rule;

	return (x > y) - (x < y);
}

static struct rulebook *
wrap(struct policy *take_policy)
{
	struct rulebook *book = calloc(1, sizeof(*book));
	size_t count = policy_rule_count(take_policy);

	if (book != NULL)
		book->tallies = calloc(count + 1, sizeof(*book->tallies));
	if (book == NULL || book->tallies == NULL) {
		free(book);
		policy_free(take_policy);
		return NULL;
	}
	for (size_t i = 0; i < count; i++)
		book->tallies[i].rule = policy_rule_at(take_policy, i);
	qsort(book->tallies, count, sizeof(*book->tallies), compare);
	book->policy = take_policy;
	book->rule_count = count;
	book->holders = 1;
	return book;
}

static struct tally *
tally_of(struct rulebook *book, const struct policy_rule *rule)
{
	const struct tally key = { .rule = rule };

	return bsearch(&key, book->tallies, book->rule_count, sizeof(key), compare);
}

struct rulebook *
rulebook_get(struct rulebook *book)
{
	book->holders++;
	return book;
}

struct rulebook *
rulebook_put(struct rulebook *book)
{
	if (book == NULL || --book->holders > 0)
		return NULL;
	policy_free(book->policy);
	free(book->tallies);
	free(book);
	return NULL;
}

static void
hear(void *ctx, const struct policy_finding *finding)
{
	(void)ctx;
	if (finding->line > 0)
		tell("%s:%u: %s", finding->file, finding->line, finding->text);
	else
		tell("%s: %s", finding->file, finding->text);
}

/* What the language has, and this daemon does not do: said, never passed over. */
static void
tell_undone(const struct policy *policy)
{
	for (size_t i = 0; i < policy_rule_count(policy); i++) {
		const struct policy_rule *rule = policy_rule_at(policy, i);

		if (policy_rule_settings(rule)->keep_in == POLICY_KEEP_IN_PEER)
			tell("%s:%u: KeepIn=peer: what is kept stays in writd's control group, "
			     "and lives on there when writd ends",
			     policy_rule_file(rule), policy_rule_line(rule));
	}
}

int
rulebook_load(const char *const *dirs, struct rulebook **ret_book, struct writ_error *err)
{
	const struct store_options options = { .dirs = dirs };
	const struct policy_ear ear = { .tell = hear };
	struct policy *policy;
	int r = store_load(&options, NULL, &ear, &policy);

	if (r == 0) {
		tell_undone(policy);
		*ret_book = wrap(policy);
		r = *ret_book != NULL ? 0 : WRIT_E_NOMEM;
	}
	if (r == 0)
		return 0;
	*err = (struct writ_error){ .size = sizeof(*err), .code = r };
	snprintf(err->subject, sizeof(err->subject), "policy");
	snprintf(err->why, sizeof(err->why), "%s",
		 r == WRIT_E_NOMEM ? "out of memory" : "what is wrong is said above");
	return r;
}

bool
rulebook_begin(struct rulebook *book, const struct policy_rule *rule)
{
	uint32_t max = policy_rule_settings(rule)->max_running;
	struct tally *tally = tally_of(book, rule);

	if (max != 0 && tally->running >= max)
		return false;
	tally->running++;
	return true;
}

void
rulebook_end(struct rulebook *book, const struct policy_rule *rule)
{
	tally_of(book, rule)->running--;
}
