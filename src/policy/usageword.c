#include "policy/usageword.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "policy/bytes.h"
#include "policy/path.h"
#include "writ/error.h"

bool
usageword_is_blank(char c)
{
	return c == ' ' || c == '\t';
}

int
usageword_fail(struct parser *parser, const char *format, ...)
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
		return usageword_fail(parser, "a '\\' begins \\xHH and nothing else (itself is \\x5c)");
	if (byte == '\0')
		return usageword_fail(parser, "no argument holds a NUL");
	buf_add(literal, &byte, 1);
	parser->at += 4;
	return 0;
}

static int
parse_quoted(struct parser *parser, struct buf *literal)
{
	const char *end = strchr(parser->at + 1, '"');

	if (end == NULL)
		return usageword_fail(parser, "a '\"' is not closed");
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
		return usageword_fail(parser, "more than %d captures in one rule", USAGE_CAPTURES_MAX);
	if (is_taken(names, name, len))
		return usageword_fail(parser, "the name is taken: %.*s", (int)len, name);
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
		return usageword_fail(parser, "a '{' is not closed");
	if (colon == NULL || !is_name(begin, (size_t)(colon - begin)))
		return usageword_fail(parser, "a capture is written {NAME:TYPE}");
	*piece = (struct piece){ .is_capture = true, .len = (size_t)(end - colon - 1) };
	piece->text = arena_text(parser->arena, colon + 1, piece->len);
	if (piece->text == NULL)
		return WRIT_E_NOMEM;
	r = type_parse(parser->arena, colon + 1, (size_t)(end - colon - 1), &piece->type, why);
	if (r == WRIT_E_SYNTAX)
		return usageword_fail(parser, "%s", why);
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
		return usageword_fail(parser, "more than 16 captures in one argument");
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
	return c == '\0' || usageword_is_blank(c) || strchr("()[]<>|", c) != NULL;
}

static int
parse_plain(struct parser *parser, struct buf *literal)
{
	if (*parser->at == '}')
		return usageword_fail(parser, "a '}' without a '{' before it");
	if (strncmp(parser->at, "...", 3) == 0 && ends_word(parser->at[3]))
		return usageword_fail(parser, "'...' repeats a capture or a group (a literal is \"...\")");
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
				r = usageword_fail(parser, "more than 16 captures in one argument");
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
		return usageword_fail(parser, "%s", fault);
	if (parser->wants_program && (!is_literal || !path_is_plain(word->text, word->len)))
		return usageword_fail(parser, "the program is an absolute path, in so many words");
	if (parser->wants_program)
		word->kind = WORD_PROGRAM;
	parser->wants_program = false;
	return show(parser, word);
}

int
usageword_parse(struct parser *parser, struct word *ret_word)
{
	struct piece pieces[WORD_PIECES_MAX] = { 0 };
	size_t count = 0;
	int r = parse_pieces(parser, pieces, &count);

	if (r == 0)
		r = make_word(parser, pieces, count, ret_word);
	if (r < 0)
		drop(pieces, count);
	return r;
}
