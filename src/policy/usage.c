#include "policy/usage.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "policy/bytes.h"
#include "policy/path.h"
#include "writ/error.h"

struct parser {
	const char *text;
	const char *at;
	struct arena *arena;
	struct words *words;
	struct usage_names *names;
	int depth;
	bool wants_program;
	char *why;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* "why, at: the rest of the text" */
__attribute__((format(printf, 2, 3))) static int
fail(struct parser *parser, const char *format, ...)
{
	va_list args;
	size_t len;

	va_start(args, format);
	/* NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized): va_start is above */
	vsnprintf(parser->why, USAGE_WHY_MAX, format, args);
	va_end(args);
	len = strlen(parser->why);
	if (*parser->at != '\0')
		snprintf(parser->why + len, USAGE_WHY_MAX - len, ", at '%.40s'", parser->at);
	else
		snprintf(parser->why + len, USAGE_WHY_MAX - len, ", at the end");
	return WRIT_E_SYNTAX;
}

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
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* "\xHH" */
static int
parse_escape(struct parser *parser, struct buf *literal)
{
	const char *at = parser->at;
	int high = at[1] == 'x' ? hex_value(at[2]) : -1;
	int low = high >= 0 ? hex_value(at[3]) : -1;
	char byte = (char)(high * 16 + low);

	if (low < 0)
		return fail(parser, "a '\\' begins \\xHH and nothing else (itself is \\x5c)");
	if (byte == '\0')
		return fail(parser, "no argument holds a NUL");
	buf_add(literal, &byte, 1);
	parser->at += 4;
	return 0;
}

static int
parse_quoted(struct parser *parser, struct buf *literal)
{
	const char *end = strchr(parser->at + 1, '"');

	if (end == NULL)
		return fail(parser, "a '\"' is not closed");
	buf_add(literal, parser->at + 1, (size_t)(end - parser->at - 1));
	parser->at = end + 1;
	return 0;
}

static bool
is_taken(const struct usage_names *names, const char *name, size_t len)
{
	for (size_t i = 0; i < names->count; i++)
		if (strlen(names->list[i].name) == len &&
		    memcmp(names->list[i].name, name, len) == 0)
			return true;
	return false;
}

static bool
is_name(const char *name, size_t len)
{
	if (len == 0 || len > POLICY_NAME_MAX || byte_is(BYTE_DIGIT, name[0]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!byte_is(BYTE_ALNUM, name[i]) && name[i] != '_' && name[i] != '-')
			return false;
	return name[0] != '-';
}

static int
add_name(struct parser *parser, const char *name, size_t len, const struct type *type)
{
	struct usage_names *names = parser->names;
	struct usage_capture *capture;

	if (names->count == USAGE_CAPTURES_MAX)
		return fail(parser, "more than %d captures in one rule", USAGE_CAPTURES_MAX);
	if (is_taken(names, name, len))
		return fail(parser, "the name is taken: %.*s", (int)len, name);
	capture = &names->list[names->count];
	*capture = (struct usage_capture){ arena_text(parser->arena, name, len), type->kind,
					   type->base, false };
	if (capture->name == NULL)
		return WRIT_E_NOMEM;
	names->count++;
	return 0;
}

/* Where "{...}" ends: at the first "}" or, when there are parentheses, behind
 * the first ")}". */
static const char *
find_brace(const char *at)
{
	const char *brace = strchr(at, '}');
	const char *open = strchr(at, '(');
	const char *both;

	if (brace == NULL || open == NULL || open > brace)
		return brace;
	both = strstr(open, ")}");
	return both != NULL ? both + 1 : NULL;
}

/* "{NAME:TYPE}" */
static int
parse_capture(struct parser *parser, struct piece *piece)
{
	const char *begin = parser->at + 1;
	const char *end = find_brace(begin);
	const char *colon = end != NULL ? memchr(begin, ':', (size_t)(end - begin)) : NULL;
	char why[160];
	int r;

	if (end == NULL)
		return fail(parser, "a '{' is not closed");
	if (colon == NULL || !is_name(begin, (size_t)(colon - begin)))
		return fail(parser, "a capture is written {NAME:TYPE}");
	*piece = (struct piece){ .is_capture = true, .len = (size_t)(end - colon - 1) };
	piece->text = arena_text(parser->arena, colon + 1, piece->len);
	if (piece->text == NULL)
		return WRIT_E_NOMEM;
	r = type_parse(parser->arena, colon + 1, (size_t)(end - colon - 1), &piece->type, why);
	if (r == WRIT_E_SYNTAX)
		return fail(parser, "%s", why);
	if (r < 0)
		return r;
	r = add_name(parser, begin, (size_t)(colon - begin), &piece->type);
	if (r < 0)
		type_done(&piece->type);
	parser->at = end + 1;
	return r;
}

/* Ends the literal that is being gathered. */
static int
flush(struct parser *parser, struct buf *literal, struct piece *pieces, size_t *count)
{
	if (literal->failed)
		return WRIT_E_NOMEM;
	if (literal->len == 0)
		return 0;
	if (*count == WORD_PIECES_MAX)
		return fail(parser, "more than 16 captures in one argument");
	pieces[*count] = (struct piece){ .len = literal->len };
	pieces[*count].text = arena_text(parser->arena, literal->data, literal->len);
	if (pieces[*count].text == NULL)
		return WRIT_E_NOMEM;
	(*count)++;
	buf_done(literal);
	return 0;
}

static bool
ends_word(char c)
{
	return c == '\0' || is_blank(c) || strchr("()[]<>|", c) != NULL;
}

static int
parse_plain(struct parser *parser, struct buf *literal)
{
	if (*parser->at == '}')
		return fail(parser, "a '}' without a '{' before it");
	if (strncmp(parser->at, "...", 3) == 0 && ends_word(parser->at[3]))
		return fail(parser, "'...' repeats a capture or a group (a literal is \"...\")");
	buf_add(literal, parser->at++, 1);
	return 0;
}

/* The pieces of one word, up to what ends it. */
static int
parse_pieces(struct parser *parser, struct piece *pieces, size_t *count)
{
	auto_buf literal = { 0 };
	int r = 0;

	while (r == 0 && !ends_word(*parser->at)) {
		if (*parser->at == '"')
			r = parse_quoted(parser, &literal);
		else if (*parser->at == '\\')
			r = parse_escape(parser, &literal);
		else if (*parser->at != '{')
			r = parse_plain(parser, &literal);
		else {
			r = flush(parser, &literal, pieces, count);
			if (r == 0 && *count == WORD_PIECES_MAX)
				r = fail(parser, "more than 16 captures in one argument");
			if (r == 0)
				r = parse_capture(parser, &pieces[*count]);
			if (r == 0)
				(*count)++;
			if (r == 0 && strncmp(parser->at, "...", 3) == 0)
				break;
		}
	}
	if (r == 0)
		r = flush(parser, &literal, pieces, count);
	return r;
}

static void
show_literal(struct buf *shown, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!byte_is(BYTE_GRAPHIC, text[i]) || strchr("{}()[]<>|\"\\", text[i]) != NULL)
			buf_printf(shown, "\\x%02x", (unsigned char)text[i]);
		else
			buf_add(shown, &text[i], 1);
	}
}

/* As it could be written, without the names of captures: two words that match
 * the same way by their text are shown the same. */
static int
show(struct parser *parser, struct word *word)
{
	auto_buf shown = { 0 };

	if (word->piece_count == 0)
		buf_add_text(&shown, "\"\"");
	for (size_t i = 0; i < word->piece_count; i++) {
		const struct piece *piece = &word->pieces[i];

		if (piece->is_capture)
			buf_printf(&shown, "{%.*s}", (int)piece->len, piece->text);
		else
			show_literal(&shown, piece->text, piece->len);
	}
	if (shown.failed)
		return WRIT_E_NOMEM;
	word->shown_len = shown.len;
	word->shown = arena_text(parser->arena, shown.data, shown.len);
	return word->shown != NULL ? 0 : WRIT_E_NOMEM;
}

static void
drop(struct piece *pieces, size_t count)
{
	for (size_t i = 0; i < count; i++)
		type_done(&pieces[i].type);
}

/* Makes a word of its pieces. The first of an Exec= names the program. */
static int
make_word(struct parser *parser, const struct piece *pieces, size_t count, struct word *word)
{
	const char *fault = word_fault(pieces, count);
	bool is_literal = count == 0 || (count == 1 && !pieces[0].is_capture);
	struct piece *copy = arena_take(parser->arena, count + 1, sizeof(*copy));

	if (copy == NULL)
		return WRIT_E_NOMEM;
	memcpy(copy, pieces, count * sizeof(*copy));
	*word = (struct word){ .kind = is_literal ? WORD_LITERAL : WORD_PATTERN,
			       .pieces = copy,
			       .piece_count = count,
			       .text = count > 0 ? copy[0].text : "",
			       .len = count > 0 ? copy[0].len : 0 };
	for (size_t i = 0; i < count; i++)
		word->capture_count += pieces[i].is_capture;
	if (fault != NULL)
		return fail(parser, "%s", fault);
	if (parser->wants_program && (!is_literal || !path_is_plain(word->text, word->len)))
		return fail(parser, "the program is an absolute path, in so many words");
	if (parser->wants_program)
		word->kind = WORD_PROGRAM;
	parser->wants_program = false;
	return show(parser, word);
}

static int
parse_word(struct parser *parser, struct usage **ret_node)
{
	struct piece pieces[WORD_PIECES_MAX];
	struct word word;
	size_t count = 0;
	uint32_t name = (uint32_t)parser->names->count;
	int r = add_node(parser, USAGE_WORD, ret_node);

	if (r < 0)
		return r;
	if (++parser->names->words > USAGE_WORDS_MAX)
		return fail(parser, "more than %d words", USAGE_WORDS_MAX);
	r = parse_pieces(parser, pieces, &count);
	if (r == 0)
		r = make_word(parser, pieces, count, &word);
	if (r < 0) {
		drop(pieces, count);
		return r;
	}
	(*ret_node)->name = name;
	return words_add(parser->words, parser->arena, &word, &(*ret_node)->word);
}

static void
skip_blanks(struct parser *parser)
{
	while (is_blank(*parser->at))
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
		return fail(parser, "what repeats may be empty");
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
		return fail(parser, "groups are nested more than %d deep", USAGE_DEPTH_MAX);
	parser->at++;
	r = parse_choice(parser, ret_node);
	parser->depth--;
	if (r < 0)
		return r;
	if (*parser->at != closing)
		return fail(parser, "a '%c' is missing", closing);
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
		return fail(parser, "what is in brackets may be empty even without them");
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
		return fail(parser, "<...> has two parts or more, and alternatives in parentheses");
	(*ret_node)->first = inner->first;
	for (struct usage *part = inner->first; part != NULL; part = part->next) {
		count++;
		if (part->kind != USAGE_OPTIONAL && usage_may_be_empty(part))
			return fail(parser, "a part of <...> may be empty");
	}
	if (count > USAGE_PARTS_MAX)
		return fail(parser, "more than %d parts in <...>", USAGE_PARTS_MAX);
	return 0;
}

/* A group is parted from what is beside it by blanks, or by brackets around. */
static bool
stands_alone(const struct parser *parser, bool is_word)
{
	char next = *parser->at;

	if (next == '\0' || is_blank(next) || strchr(")]>|", next) != NULL)
		return true;
	return is_word && strchr("([<", next) == NULL;
}

static int
parse_element(struct parser *parser, struct usage **ret_node)
{
	bool is_word = strchr("([<", *parser->at) == NULL;
	int r;

	if (parser->wants_program && !is_word)
		return fail(parser, "the program is an absolute path, in so many words");
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
		return fail(parser, "a group stands alone, between blanks");
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
		return fail(parser, "nothing stands where something should");
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
			return fail(parser, "one of several may be empty: write [a|b]");
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
		return fail(&parser, "alternatives stand in parentheses");
	if (*parser.at != '\0')
		return fail(&parser, "a '%c' without its opening one", *parser.at);
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
