#include "policy/outline.h"

#include <stdlib.h>
#include <string.h>

#include "policy/bytes.h"

static void
add(struct outline *outline, struct mark mark)
{
	if (outline->count == OUTLINE_MARKS_MAX) {
		outline->marks[OUTLINE_MARKS_MAX - 1] =
			(struct mark){ .class = BYTE_ANY, .is_run = true };
		return;
	}
	outline->marks[outline->count++] = mark;
}

void
outline_add(struct outline *outline, int class, bool is_run)
{
	add(outline, (struct mark){ .class = (uint8_t) class, .is_run = is_run });
}

void
outline_add_text(struct outline *outline, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		add(outline, (struct mark){ .is_byte = true, .byte = (unsigned char)text[i] });
}

void
outline_add_glob(struct outline *outline, const char *glob, int class)
{
	for (; *glob != '\0'; glob++) {
		if (*glob == '*' || *glob == '?')
			outline_add(outline, class, *glob == '*');
		else
			outline_add_text(outline, glob, 1);
	}
}

static struct byteset
set_of(const struct mark *mark)
{
	struct byteset set = { { 0 } };

	if (!mark->is_byte)
		return byte_sets[mark->class];
	set.bits[mark->byte >> 6] = UINT64_C(1) << (mark->byte & 63);
	return set;
}

/* A byte that both marks take, or 0. */
static unsigned char
shared(const struct mark *a, const struct mark *b)
{
	struct byteset of_a;
	struct byteset of_b;

	if (a->is_byte && b->is_byte)
		return a->byte == b->byte ? a->byte : 0;
	of_a = set_of(a);
	of_b = set_of(b);
	return byteset_example(&of_a, &of_b);
}

/* The search: places (i, k) in both outlines. How each was reached is kept, so
 * that the way can be read backwards. */
enum step {
	STEP_NONE,
	STEP_START,
	STEP_SKIP_A,
	STEP_SKIP_B,
	STEP_BOTH,
	STEP_RUN_A,
	STEP_RUN_B,
};

struct meeting {
	const struct outline *a;
	const struct outline *b;
	uint8_t *steps; /* (a->count + 1) * (b->count + 1) */
};

static uint8_t *
step_at(const struct meeting *meeting, size_t i, size_t k)
{
	return &meeting->steps[i * (meeting->b->count + 1) + k];
}

static void
reach(const struct meeting *meeting, size_t i, size_t k, uint8_t step)
{
	uint8_t *at = step_at(meeting, i, k);

	if (*at == STEP_NONE)
		*at = step;
}

/* From (i, k): a run may end, or take a byte that the other takes. Places are
 * visited in rising order, and no step leads back. Both being runs, neither
 * need take a byte there: leaving one or the other finds all. */
static void
go_on(const struct meeting *meeting, size_t i, size_t k)
{
	const struct mark *a = i < meeting->a->count ? &meeting->a->marks[i] : NULL;
	const struct mark *b = k < meeting->b->count ? &meeting->b->marks[k] : NULL;

	if (a != NULL && a->is_run)
		reach(meeting, i + 1, k, STEP_SKIP_A);
	if (b != NULL && b->is_run)
		reach(meeting, i, k + 1, STEP_SKIP_B);
	if (a == NULL || b == NULL || (a->is_run && b->is_run) || shared(a, b) == 0)
		return;
	if (a->is_run)
		reach(meeting, i, k + 1, STEP_RUN_A);
	else if (b->is_run)
		reach(meeting, i + 1, k, STEP_RUN_B);
	else
		reach(meeting, i + 1, k + 1, STEP_BOTH);
}

/* Reads the way backwards into `example`. */
static void
write_example(const struct meeting *meeting, char *example, size_t size)
{
	size_t i = meeting->a->count;
	size_t k = meeting->b->count;
	size_t at = size - 1;

	example[size - 1] = '\0';
	for (int step; (step = *step_at(meeting, i, k)) != STEP_START;) {
		bool takes = step == STEP_BOTH || step == STEP_RUN_A || step == STEP_RUN_B;

		if (step == STEP_SKIP_A || step == STEP_BOTH || step == STEP_RUN_B)
			i--;
		if (step == STEP_SKIP_B || step == STEP_BOTH || step == STEP_RUN_A)
			k--;
		if (takes && at == 0) {
			example[0] = '\0';
			return;
		}
		if (takes)
			example[--at] = (char)shared(&meeting->a->marks[i], &meeting->b->marks[k]);
	}
	memmove(example, example + at, size - at);
}

bool
outline_meet(const struct outline *a, const struct outline *b, char *example, size_t size)
{
	struct meeting meeting = { a, b, NULL };
	bool met;

	/* the commonest difference, found at once */
	if (a->count > 0 && b->count > 0 && !a->marks[0].is_run && !b->marks[0].is_run &&
	    shared(&a->marks[0], &b->marks[0]) == 0)
		return false;
	if (size > 0)
		example[0] = '\0';
	meeting.steps = calloc((a->count + 1) * (b->count + 1), 1);
	if (meeting.steps == NULL)
		return true; /* what is not proven is not so */
	*step_at(&meeting, 0, 0) = STEP_START;
	for (size_t i = 0; i <= a->count; i++)
		for (size_t k = 0; k <= b->count; k++)
			if (*step_at(&meeting, i, k) != STEP_NONE)
				go_on(&meeting, i, k);
	met = *step_at(&meeting, a->count, b->count) != STEP_NONE;
	if (met && size > 0)
		write_example(&meeting, example, size);
	free(meeting.steps);
	return met;
}
