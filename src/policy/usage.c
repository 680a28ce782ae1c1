#include "policy/usage.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "policy/usageword.h"
#include "writ/error.h"

static int
add_node(struct parser *parser, int kind, struct usage **ret_node)
{
	struct usage *node = arena_take(parser->arena, 1, sizeof(*node));

	if (node == NULL)
		return WRIT_E_NOMEM;
	node->kind = kind;
	node->at = (uint32_t)(parser->at - parser->text);
	*ret_node = node;
	return 0;
}

static int
parse_word(struct parser *parser, struct usage **ret_node)
{
	struct word word;
	uint32_t name = (uint32_t)parser->names->count;
	int r = add_node(parser, USAGE_WORD, ret_node);

	if (r < 0)
		return r;
	if (++parser->names->words > USAGE_WORDS_MAX)
		return usageword_fail(parser, "more than %d words", USAGE_WORDS_MAX);
	r = usageword_parse(parser, &word);
	if (r < 0)
		return r;
	(*ret_node)->name = name;
	return words_add(parser->words, parser->arena, &word, &(*ret_node)->word);
}

static void
skip_blanks(struct parser *parser)
{
	while (usageword_is_blank(*parser->at))
		parser->at++;
}

/* "..." behind a word or a group. "[a]..." is any number of a: what repeats is
 * within what may be left out. */
static int
parse_repeat(struct parser *parser, struct usage **node)
{
	bool is_optional = (*node)->kind == USAGE_OPTIONAL && !(*node)->is_group;
	struct usage *repeat;
	int r;

	if (strncmp(parser->at, "...", 3) != 0)
		return 0;
	if (!is_optional && usage_may_be_empty(*node))
		return usageword_fail(parser, "what repeats may be empty");
	parser->at += 3;
	r = add_node(parser, USAGE_REPEAT, &repeat);
	if (r < 0)
		return r;
	if (is_optional) {
		repeat->first = (*node)->first;
		(*node)->first = repeat;
	} else {
		repeat->first = *node;
		*node = repeat;
	}
	return 0;
}

static int parse_choice(struct parser *parser, struct usage **ret_node);

/* What stands between brackets, the closing one included. */
static int
parse_within(struct parser *parser, char closing, struct usage **ret_node)
{
	int r;

	if (++parser->depth > USAGE_DEPTH_MAX)
		return usageword_fail(parser, "groups are nested more than %d deep", USAGE_DEPTH_MAX);
	parser->at++;
	r = parse_choice(parser, ret_node);
	parser->depth--;
	if (r < 0)
		return r;
	if (*parser->at != closing)
		return usageword_fail(parser, "a '%c' is missing", closing);
	parser->at++;
	return 0;
}

/* "(a b)", "(a|b)" */
static int
parse_group(struct parser *parser, struct usage **ret_node)
{
	int r = parse_within(parser, ')', ret_node);

	if (r == 0)
		(*ret_node)->is_group = true;
	return r;
}

/* "[a b]" */
static int
parse_optional(struct parser *parser, struct usage **ret_node)
{
	int r = add_node(parser, USAGE_OPTIONAL, ret_node);

	if (r == 0)
		r = parse_within(parser, ']', &(*ret_node)->first);
	if (r == 0 && usage_may_be_empty((*ret_node)->first))
		return usageword_fail(parser, "what is in brackets may be empty even without them");
	return r;
}

/* "<a [b]>": a sequence, whose elements are the parts. */
static int
parse_any_order(struct parser *parser, struct usage **ret_node)
{
	struct usage *inner = NULL;
	size_t count = 0;
	int r = add_node(parser, USAGE_ANY_ORDER, ret_node);

	if (r == 0)
		r = parse_within(parser, '>', &inner);
	if (r < 0)
		return r;
	if (inner == NULL || inner->kind != USAGE_SEQUENCE || inner->is_group)
		return usageword_fail(parser, "<...> has two parts or more, and alternatives in parentheses");
	(*ret_node)->first = inner->first;
	for (struct usage *part = inner->first; part != NULL; part = part->next) {
		count++;
		if (part->kind != USAGE_OPTIONAL && usage_may_be_empty(part))
			return usageword_fail(parser, "a part of <...> may be empty");
	}
	if (count > USAGE_PARTS_MAX)
		return usageword_fail(parser, "more than %d parts in <...>", USAGE_PARTS_MAX);
	return 0;
}

/* A group is parted from what is beside it by blanks, or by brackets around. */
static bool
stands_alone(const struct parser *parser, bool is_word)
{
	char next = *parser->at;

	if (next == '\0' || usageword_is_blank(next) || strchr(")]>|", next) != NULL)
		return true;
	return is_word && strchr("([<", next) == NULL;
}

static int
parse_element(struct parser *parser, struct usage **ret_node)
{
	bool is_word = strchr("([<", *parser->at) == NULL;
	int r;

	if (parser->wants_program && !is_word)
		return usageword_fail(parser, "the program is an absolute path, in so many words");
	if (is_word)
		r = parse_word(parser, ret_node);
	else if (*parser->at == '(')
		r = parse_group(parser, ret_node);
	else if (*parser->at == '[')
		r = parse_optional(parser, ret_node);
	else
		r = parse_any_order(parser, ret_node);
	if (r == 0)
		r = parse_repeat(parser, ret_node);
	if (r == 0 && !stands_alone(parser, is_word))
		return usageword_fail(parser, "a group stands alone, between blanks");
	return r;
}

/* Elements up to a closing bracket, a '|' or the end. One alone is itself. */
static int
parse_sequence(struct parser *parser, struct usage **ret_node)
{
	struct usage *node;
	struct usage **end;
	int r = add_node(parser, USAGE_SEQUENCE, &node);

	if (r < 0)
		return r;
	end = &node->first;
	for (skip_blanks(parser); *parser->at != '\0' && strchr(")]>|", *parser->at) == NULL;
	     skip_blanks(parser)) {
		r = parse_element(parser, end);
		if (r < 0)
			return r;
		end = &(*end)->next;
	}
	if (node->first == NULL)
		return usageword_fail(parser, "nothing stands where something should");
	*ret_node = node->first->next == NULL ? node->first : node;
	return 0;
}

/* "a|b|c": the only one, or one of them. */
static int
parse_choice(struct parser *parser, struct usage **ret_node)
{
	struct usage *choice;
	int r = parse_sequence(parser, ret_node);

	if (r < 0 || *parser->at != '|')
		return r;
	r = add_node(parser, USAGE_ONE_OF, &choice);
	if (r < 0)
		return r;
	choice->first = *ret_node;
	for (struct usage *last = choice->first; *parser->at == '|'; last = last->next) {
		parser->at++;
		r = parse_sequence(parser, &last->next);
		if (r < 0)
			return r;
	}
	for (struct usage *one = choice->first; one != NULL; one = one->next)
		if (usage_may_be_empty(one))
			return usageword_fail(parser, "one of several may be empty: write [a|b]");
	*ret_node = choice;
	return 0;
}

/* Which captures are there whatever the arguments are? */
static void
mark_always(const struct parser *parser, const struct usage *usage, bool always)
{
	if (usage->kind == USAGE_WORD) {
		const struct word *word = parser->words->list[usage->word];

		for (size_t i = 0; i < word->capture_count; i++)
			parser->names->list[usage->name + i].always = always;
	}
	if (usage->kind != USAGE_SEQUENCE && usage->kind != USAGE_ANY_ORDER)
		always = false;
	for (const struct usage *inner = usage->first; inner != NULL; inner = inner->next)
		mark_always(parser, inner, always);
}

bool
usage_may_be_empty(const struct usage *usage)
{
	if (usage->kind == USAGE_OPTIONAL)
		return true;
	if (usage->kind != USAGE_SEQUENCE && usage->kind != USAGE_ANY_ORDER)
		return false; /* what they hold never is */
	for (const struct usage *inner = usage->first; inner != NULL; inner = inner->next)
		if (!usage_may_be_empty(inner))
			return false;
	return true;
}

int
usage_parse(const char *text, bool has_program, struct arena *arena, struct words *words,
	    struct usage_names *names, struct usage **ret_usage, char why[USAGE_WHY_MAX])
{
	struct parser parser = { .text = text,
				 .at = text,
				 .arena = arena,
				 .words = words,
				 .names = names,
				 .wants_program = has_program,
				 .why = why };
	int r;

	why[0] = '\0';
	r = parse_sequence(&parser, ret_usage);
	if (r < 0)
		return r;
	if (*parser.at == '|')
		return usageword_fail(&parser, "alternatives stand in parentheses");
	if (*parser.at != '\0')
		return usageword_fail(&parser, "a '%c' without its opening one", *parser.at);
	mark_always(&parser, *ret_usage, true);
	return 0;
}

int
usage_pid(struct arena *arena, struct words *words, struct usage_names *names,
	  struct usage **ret_usage)
{
	struct usage *node = arena_take(arena, 1, sizeof(*node));
	struct piece *piece = arena_take(arena, 1, sizeof(*piece));
	struct word word = { .kind = WORD_PATTERN,
			     .pieces = piece,
			     .piece_count = 1,
			     .capture_count = 1,
			     .shown = "{pid}",
			     .shown_len = 5 };

	if (node == NULL || piece == NULL)
		return WRIT_E_NOMEM;
	piece->is_capture = true;
	piece->type.kind = POLICY_PID;
	node->kind = USAGE_WORD;
	node->name = (uint32_t)names->count;
	names->list[names->count++] = (struct usage_capture){ "pid", POLICY_PID, NULL, true };
	*ret_usage = node;
	return words_add(words, arena, &word, &node->word);
}
