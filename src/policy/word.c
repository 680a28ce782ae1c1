#include "policy/word.h"

#include <stdio.h>
#include <string.h>

#include "policy/bytes.h"
#include "policy/outline.h"
#include "policy/path.h"

enum { CHOICES_MAX = 256, EXAMPLE_MAX = 512 };

/* A capture, a literal and another capture: the first cannot hold the byte with
 * which the literal begins. */
static bool
ends_at_literal(const struct piece *capture)
{
	return !byte_is(type_class(&capture->type), capture[1].text[0]);
}

/* The other way round: the second, which is the last, cannot hold the byte with
 * which the literal ends. */
static bool
begins_behind_literal(const struct piece *capture, const struct piece *end)
{
	const struct piece *literal = capture + 1;
	bool is_last = capture + 3 == end || (capture + 4 == end && !capture[3].is_capture);

	return is_last && !byte_is(type_class(&capture[2].type), literal->text[literal->len - 1]);
}

const char *
word_fault(const struct piece *pieces, size_t count)
{
	size_t captures = 0;

	for (size_t i = 0; i < count; i++) {
		captures += pieces[i].is_capture;
		if (!pieces[i].is_capture || i + 1 == count)
			continue;
		if (pieces[i].type.base != NULL)
			return "a path ends its argument: what follows it would not be looked at";
		if (pieces[i + 1].is_capture)
			return "two captures without a literal between them";
		if (i + 2 < count && !ends_at_literal(&pieces[i]) &&
		    !begins_behind_literal(&pieces[i], pieces + count))
			return "where the first of two captures ends cannot be told: its type may "
			       "hold the byte behind it";
	}
	return captures > WORD_CAPTURES_MAX ? "more than 16 captures in one argument" : NULL;
}

/* Where the capture ends that is followed by a literal and by another capture;
 * len: it is not there. */
static size_t
find_end(const char *arg, size_t at, size_t len, const struct piece *capture)
{
	const struct piece *literal = capture + 1;
	size_t offset = len;
	const char *byte;

	if (ends_at_literal(capture)) {
		byte = memchr(arg + at, literal->text[0], len - at);
		offset = byte != NULL ? (size_t)(byte - arg) : len;
	} else {
		byte = memrchr(arg + at, literal->text[literal->len - 1], len - at);
		if (byte != NULL && (size_t)(byte + 1 - arg) >= at + literal->len)
			offset = (size_t)(byte + 1 - arg) - literal->len;
	}
	return literal->len <= len - offset &&
			       memcmp(arg + offset, literal->text, literal->len) == 0
		       ? offset
		       : len;
}

static bool
takes_pattern(const struct word *word, const char *arg, size_t len, struct span *spans)
{
	const struct piece *last = &word->pieces[word->piece_count - 1];
	size_t end = len;
	size_t at = 0;

	/* a literal in front or at the end is what tells most arguments apart */
	if (!last->is_capture) {
		if (last->len > len || memcmp(arg + len - last->len, last->text, last->len) != 0)
			return false;
		end = len - last->len;
	}
	for (const struct piece *piece = word->pieces; piece <= last; piece++) {
		size_t stop = end;

		if (!piece->is_capture && piece == last)
			break;
		if (!piece->is_capture) {
			if (piece->len > end - at || memcmp(arg + at, piece->text, piece->len) != 0)
				return false;
			at += piece->len;
			continue;
		}
		if (last - piece >= 2)
			stop = find_end(arg, at, end, piece);
		*spans++ = (struct span){ (uint32_t)at, (uint32_t)(stop - at) };
		if (!type_takes(&piece->type, arg + at, stop - at))
			return false;
		at = stop;
	}
	return at == end;
}

bool
word_takes(const struct word *word, const char *arg, size_t len,
	   struct span spans[WORD_CAPTURES_MAX])
{
	if (word->kind == WORD_PATTERN)
		return takes_pattern(word, arg, len, spans);
	if (len == word->len && memcmp(arg, word->text, len) == 0)
		return true;
	return word->kind == WORD_PROGRAM && strcmp(arg, path_name(word->text)) == 0;
}

/* The alternatives of a word: those of its captures, multiplied. `choice` is
 * spread over them like the digits of a number. */
static bool
outline_word(const struct word *word, size_t choice, struct outline *outline)
{
	outline->count = 0;
	for (size_t i = 0; i < word->piece_count; i++) {
		const struct piece *piece = &word->pieces[i];

		if (piece->is_capture) {
			size_t count = type_choices(&piece->type);

			type_outline(&piece->type, choice % count, outline);
			choice /= count;
		} else {
			outline_add_text(outline, piece->text, piece->len);
		}
	}
	return choice == 0;
}

/* Both are `{x:TYPE}` between the same literals, and no value is of both types. */
static bool
types_are_apart(const struct word *a, const struct word *b)
{
	size_t differing = 0;
	bool apart = false;

	if (a->piece_count != b->piece_count)
		return false;
	for (size_t i = 0; i < a->piece_count; i++) {
		const struct piece *left = &a->pieces[i];
		const struct piece *right = &b->pieces[i];

		if (left->is_capture != right->is_capture)
			return false;
		if (left->is_capture)
			apart = apart || type_apart(&left->type, &right->type);
		else
			differing += left->len != right->len ||
				     memcmp(left->text, right->text, left->len) != 0;
	}
	return apart && differing == 0;
}

static bool
is_of_both(const struct word *a, const struct word *b, const char *text)
{
	struct span spans[WORD_CAPTURES_MAX];

	return word_takes(a, text, strlen(text), spans) && word_takes(b, text, strlen(text), spans);
}

/* Writes the samples number `choice` of all captures into the word's frame. */
static bool
write_sample(const struct word *word, size_t choice, char *text, size_t size)
{
	size_t at = 0;

	for (size_t i = 0; i < word->piece_count; i++) {
		const struct piece *piece = &word->pieces[i];
		size_t left = size - at;
		size_t len = piece->len;

		if (!piece->is_capture && len < left)
			memcpy(text + at, piece->text, len);
		if (piece->is_capture)
			len = type_sample(&piece->type, choice, text + at, left);
		if (len >= left || (piece->is_capture && len == 0))
			return false;
		at += len;
	}
	text[at] = '\0';
	return true;
}

/* A sample of `a` that is also of `b`. */
static bool
find_sample(const struct word *a, const struct word *b, char *example, size_t size)
{
	for (size_t choice = 0; choice < TYPE_GLOBS_MAX; choice++)
		if (write_sample(a, choice, example, size) && is_of_both(a, b, example))
			return true;
	example[0] = '\0';
	return false;
}

static bool
patterns_overlap(const struct word *a, const struct word *b, char *example, size_t size)
{
	struct outline left;
	struct outline right;
	bool overlap = false;
	bool more_left = true; /* past CHOICES_MAX nothing is proven */

	if (types_are_apart(a, b))
		return false;
	if (find_sample(a, b, example, size) || find_sample(b, a, example, size))
		return true;
	for (size_t i = 0; more_left && i < CHOICES_MAX; i++) {
		bool more_right = true;

		more_left = outline_word(a, i, &left);
		for (size_t k = 0; more_left && more_right && k < CHOICES_MAX; k++) {
			more_right = outline_word(b, k, &right);
			if (!more_right || !outline_meet(&left, &right, example, size))
				continue;
			overlap = true;
			if (is_of_both(a, b, example))
				return true;
		}
	}
	example[0] = '\0';
	return overlap || more_left;
}

/* A literal's own text, or one of the two of a program. */
static bool
literal_overlaps(const struct word *literal, const struct word *other, char *example, size_t size)
{
	struct span spans[WORD_CAPTURES_MAX];
	const char *name = literal->kind == WORD_PROGRAM ? path_name(literal->text) : literal->text;

	if (word_takes(other, name, strlen(name), spans)) {
		snprintf(example, size, "%s", name);
		return true;
	}
	snprintf(example, size, "%s", literal->text);
	return word_takes(other, literal->text, literal->len, spans);
}

bool
word_overlaps(const struct word *a, const struct word *b, char *example, size_t size)
{
	if (a->kind != WORD_PATTERN)
		return literal_overlaps(a, b, example, size);
	if (b->kind != WORD_PATTERN)
		return literal_overlaps(b, a, example, size);
	return patterns_overlap(a, b, example, size);
}

void
word_example(const struct word *word, char *example, size_t size)
{
	struct outline outline;

	if (word->kind != WORD_PATTERN) {
		snprintf(example, size, "%s",
			 word->kind == WORD_PROGRAM ? path_name(word->text) : word->text);
		return;
	}
	if (find_sample(word, word, example, size))
		return;
	if (outline_word(word, 0, &outline))
		outline_meet(&outline, &outline, example, size);
}
