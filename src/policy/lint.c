#include "policy/lint.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "policy/capability.h"
#include "policy/fact.h"
#include "policy/path.h"
#include "policy/rule.h"

enum { TEXT_MAX = 400, WORD_MAX = 64 };

struct linting {
	const struct policy *policy;
	const struct lint_ear *ear;
	const struct policy_rule *rule;
};

bool
lint_is_id(const char *id, size_t len)
{
	return (len == 2 && id[0] == 'B' && id[1] >= '1' && id[1] <= '9') ||
	       (len == 3 && id[0] == 'B' &&
		((id[1] == '1' && id[2] >= '0' && id[2] <= '9') || (id[1] == '2' && id[2] == '0')));
}

/* The reason for which the rule accepts findings of this class. */
static const char *
find_reason(const struct policy_rule *rule, const char *id)
{
	size_t len = strlen(id);

	for (const char *const *accept = rule->accept; accept != NULL && *accept != NULL; accept++)
		if (strncmp(*accept, id, len) == 0 && (*accept)[len] == ':')
			return *accept + len + 1 + strspn(*accept + len + 1, " ");
	return NULL;
}

__attribute__((format(printf, 3, 4))) static void
tell(struct linting *linting, const char *id, const char *format, ...)
{
	char text[TEXT_MAX];
	struct lint_finding finding = { linting->rule, id, text, find_reason(linting->rule, id) };
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	linting->ear->tell(linting->ear->ctx, &finding);
}

/* Calls for each word of a list between blanks, until one answers true. */
typedef bool (*see_name)(void *ctx, const char *name, size_t len);

static bool
any_name(const char *list, see_name see, void *ctx)
{
	while (*list != '\0') {
		size_t len = strcspn(list, " ");

		if (len > 0 && see(ctx, list, len))
			return true;
		list += len + strspn(list + len, " ");
	}
	return false;
}

static bool
is_name(void *ctx, const char *name, size_t len)
{
	char pattern[WORD_MAX];
	const char *program = path_name(ctx);

	snprintf(pattern, sizeof(pattern), "%.*s", (int)len, name);
	return glob_match(pattern, program, strlen(program));
}

/* Can the word be this argument, or begin with it ("--file=...")? */
static bool
may_be(const struct word *word, const char *argument, size_t len)
{
	struct span spans[WORD_CAPTURES_MAX];
	char text[WORD_MAX];

	snprintf(text, sizeof(text), "%.*s", (int)len, argument);
	if (word_takes(word, text, strlen(text), spans))
		return true;
	return word->kind != WORD_PROGRAM && word->piece_count > 0 && !word->pieces[0].is_capture &&
	       word->pieces[0].len > len && memcmp(word->pieces[0].text, argument, len) == 0 &&
	       strchr("=.", word->pieces[0].text[len]) != NULL;
}

/* A capture that could be any word, a subcommand among them. */
static bool
may_be_words(const struct word *word)
{
	for (size_t i = 0; i < word->piece_count; i++) {
		int kind = word->pieces[i].type.kind;

		if (word->pieces[i].is_capture && (kind == POLICY_WORD || kind == POLICY_TEXT ||
						   kind == POLICY_REGEX || kind == POLICY_ANY))
			return true;
	}
	return word->capture_count == 0;
}

/* Of the arguments behind the program: its states were made before those of
 * CallerPrefix, and its own was the last of them. */
static bool
is_argument(void *ctx, const char *name, size_t len)
{
	const struct linting *linting = ctx;
	const struct machine *machine = &linting->rule->machine;

	for (size_t i = 0; i < machine->state_count; i++) {
		const struct word *word = linting->policy->words.list[machine->states[i].word];

		if (machine->states[i].kind != STATE_WORD)
			continue;
		if (word->kind == WORD_PROGRAM)
			break;
		if (may_be(word, name, len) && (name[0] == '-' || may_be_words(word)))
			return true;
	}
	return false;
}

/* Does every file that the peer names lie where the peer cannot write? */
static bool
files_are_safe(const struct linting *linting)
{
	const struct policy_rule *rule = linting->rule;

	for (size_t i = 0; i < rule->capture_count; i++) {
		int type = rule->captures[i].type;

		if (type == POLICY_WORD || type == POLICY_TEXT || type == POLICY_REGEX ||
		    type == POLICY_ANY)
			return false;
		if (rule->captures[i].base != NULL &&
		    (linting->ear->may_write == NULL ||
		     linting->ear->may_write(linting->ear->ctx, rule->captures[i].base, rule)))
			return false;
	}
	return true;
}

static void
lint_program(struct linting *linting)
{
	const char *program = linting->rule->settings.program;

	for (size_t i = 0; i < fact_count; i++) {
		const struct fact *fact = &facts[i];

		if (!any_name(fact->programs, is_name, (void *)(uintptr_t)program) ||
		    (fact->words != NULL && !any_name(fact->words, is_argument, linting)) ||
		    (fact->is_file && files_are_safe(linting)))
			continue;
		tell(linting, fact->id, "%s: %s%s%s", path_name(program), fact->text,
		     fact->words != NULL ? ": " : "", fact->words != NULL ? fact->words : "");
	}
}

static void
lint_piece(struct linting *linting, const struct piece *piece)
{
	static const char *const samples[] = { "/etc/shadow", "a b;c", "../../etc/passwd" };
	const struct type *type = &piece->type;
	size_t taken = 0;

	if (type->kind == POLICY_ANY)
		tell(linting, "B3", "{%.*s} takes anything, options and control bytes included",
		     (int)piece->len, piece->text);
	for (size_t i = 0; i < 3 && type->kind == POLICY_REGEX; i++)
		taken += type_takes(type, samples[i], strlen(samples[i]));
	if (taken == 3)
		tell(linting, "B2", "{%.*s} takes nearly anything", (int)piece->len, piece->text);
	if (type->kind == POLICY_REGEX && type->low == '-')
		tell(linting, "B3", "{%.*s} takes options", (int)piece->len, piece->text);
}

static void
lint_words(struct linting *linting)
{
	const struct machine *machine = &linting->rule->machine;

	for (size_t i = 0; i < machine->state_count; i++) {
		const struct word *word;

		if (machine->states[i].kind != STATE_WORD)
			continue;
		word = linting->policy->words.list[machine->states[i].word];
		for (size_t k = 0; k < word->piece_count; k++)
			if (word->pieces[k].is_capture)
				lint_piece(linting, &word->pieces[k]);
	}
}

static void
lint_captures(struct linting *linting)
{
	static const char *const secrets[] = { "*pass*", "*secret*", "*token*", "*key",
					       "*credential*" };
	const struct policy_rule *rule = linting->rule;

	for (size_t i = 0; i < rule->capture_count; i++) {
		const struct usage_capture *capture = &rule->captures[i];
		size_t len = strlen(capture->name);

		for (size_t k = 0; k < 5 && capture->type != POLICY_SECRET; k++)
			if (glob_match(secrets[k], capture->name, len))
				tell(linting, "B19",
				     "{%s:...} sounds like a secret: its type is secret, "
				     "or records show it",
				     capture->name);
		if (capture->base == NULL || linting->ear->may_write == NULL ||
		    !linting->ear->may_write(linting->ear->ctx, capture->base, rule))
			continue;
		tell(linting, "B10", "{%s:...}: whom the rule serves can write in %s",
		     capture->name, capture->base);
	}
}

static void
lint_environment(struct linting *linting)
{
	const struct policy_rule *rule = linting->rule;

	for (size_t i = 0; i < rule->passed_count; i++)
		if (fact_is_loader(rule->passed[i].name, strlen(rule->passed[i].name)))
			tell(linting, "B8", "PassEnvironment=: programs take code from %s",
			     rule->passed[i].name);
	for (size_t i = 0; i < rule->passed_count; i++)
		if (rule->passed[i].type.kind == POLICY_ANY)
			tell(linting, "B9", "PassEnvironment=: %s may be anything",
			     rule->passed[i].name);
}

static void
lint_identity(struct linting *linting)
{
	const struct policy_settings *set = &linting->rule->settings;

	if (linting->rule->inert || set->uid != 0)
		return;
	if (set->bounding != CAPABILITY_ALL)
		tell(linting, "B13",
		     "User=root with few capabilities still owns root's files: write a "
		     "user with AmbientCapabilities=");
	if (set->serves_foreign)
		tell(linting, "B14", "Namespace=any: a container's users may have it as root");
}

static void
lint_run(struct linting *linting)
{
	const struct policy_settings *set = &linting->rule->settings;

	if (set->directory == NULL)
		tell(linting, "B14",
		     "WorkingDirectory=peer: some programs read files from where they "
		     "stand");
	if (!set->no_new_privileges)
		tell(linting, "B14",
		     "NoNewPrivileges=no: setuid programs below it gain what they like");
	if (set->timeout_ms == 0 && !set->keep_tree)
		tell(linting, "B20", "TimeoutSec=infinity: it may run for ever");
	if (set->stdin_from == POLICY_STDIN_PEER && set->output_max_bytes == 0 &&
	    set->max_running == 0 && set->timeout_ms == 0)
		tell(linting, "B20", "neither time, output nor number of runs is bounded");
}

void
lint_policy(const struct policy *policy, const struct lint_ear *ear)
{
	struct linting linting = { policy, ear, NULL };

	for (size_t i = 0; i < policy->rule_count; i++) {
		linting.rule = policy->rules[i];
		if (linting.rule->settings.program == NULL)
			continue;
		lint_program(&linting);
		lint_words(&linting);
		lint_captures(&linting);
		lint_environment(&linting);
		lint_identity(&linting);
		lint_run(&linting);
	}
}
