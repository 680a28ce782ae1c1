#include "policy/unique.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "writ/error.h"

enum { CANDIDATES_MAX = 2048, EXAMPLE_MAX = 160 };

/* A word that could be next. Leaving a set needs all that must be taken of it,
 * so what is behind it excludes what must still be taken inside. */
struct candidate {
	uint32_t state;
	uint8_t inside; /* sets of which it begins a part that must be taken, a bit each */
	uint8_t left;	/* sets that were left on the way */
};

struct place {
	const struct machine *machine;
	const struct words *words;
	struct candidate list[CANDIDATES_MAX];
	size_t count;
	bool full;
	uint8_t *known; /* of two states of words: 0 not looked at, 1 apart, 2 overlap */
};

static void gather(struct place *place, uint32_t at, uint8_t inside, uint8_t left);

/* A set that is entered anew, or gone on with after `part`. */
static void
gather_set(struct place *place, const struct state *state, int part, uint8_t inside, uint8_t left)
{
	const struct machine_set *set = &place->machine->sets[state->set];
	uint8_t bit = (uint8_t)(1u << state->set);

	for (uint32_t i = 0; i < set->part_count; i++) {
		bool repeats = (set->repeats >> i & 1) != 0;
		bool must = (set->must >> i & 1) != 0;

		if ((int)i != part || repeats)
			gather(place, place->machine->parts[set->parts + i],
			       part >= 0 && must && !repeats ? (uint8_t)(inside | bit) : inside,
			       left);
	}
	if (part >= 0)
		gather(place, state->next, inside, (uint8_t)(left | bit));
	else if (set->must == 0)
		gather(place, state->next, inside, left);
}

static void
gather(struct place *place, uint32_t at, uint8_t inside, uint8_t left)
{
	const struct state *states = place->machine->states;
	const struct state *state = &states[at];

	for (; state->kind == STATE_FORK; state = &states[state->other])
		gather(place, state->next, inside, left);
	switch (state->kind) {
	case STATE_ENTER:
		gather_set(place, &states[state->next], -1, inside, left);
		break;
	case STATE_TAKEN:
		gather_set(place, &states[state->next], state->part, inside, left);
		break;
	default:
		if (place->count < CANDIDATES_MAX)
			place->list[place->count++] =
				(struct candidate){ (uint32_t)(state - states), inside, left };
		else
			place->full = true;
	}
}

/* The same two words meet at many places: they are compared once. */
static bool
overlap(const struct place *place, uint32_t a, uint32_t b)
{
	uint8_t *known = &place->known[a * place->machine->state_count + b];
	const struct state *states = place->machine->states;
	char example[EXAMPLE_MAX];

	if (a == b)
		return true;
	if (states[a].kind == STATE_DONE || states[b].kind == STATE_DONE)
		return false;
	if (*known == 0)
		*known = word_overlaps(place->words->list[states[a].word],
				       place->words->list[states[b].word], example, sizeof(example))
				 ? 2
				 : 1;
	return *known == 2;
}

static int
tell(const struct place *place, uint32_t a, uint32_t b, char why[USAGE_WHY_MAX])
{
	const struct state *states = place->machine->states;
	const struct word *left = place->words->list[states[a].word];
	const struct word *right = place->words->list[states[b].word];
	char example[EXAMPLE_MAX] = "";

	if (states[a].kind == STATE_DONE) {
		snprintf(why, USAGE_WHY_MAX, "the end can be reached in two ways");
		return WRIT_E_SYNTAX;
	}
	word_overlaps(left, right, example, sizeof(example));
	if (a == b)
		snprintf(why, USAGE_WHY_MAX, "ambiguous: %.100s can be reached in two ways",
			 left->shown);
	else
		snprintf(why, USAGE_WHY_MAX,
			 "ambiguous: the same argument may be %.80s or %.80s%s%.60s", left->shown,
			 right->shown, *example != '\0' ? ", as is " : "", example);
	return WRIT_E_SYNTAX;
}

static int
check_place(struct place *place, uint32_t at, char why[USAGE_WHY_MAX])
{
	place->count = 0;
	gather(place, at, 0, 0);
	if (place->full) {
		snprintf(why, USAGE_WHY_MAX, "more than %d words to choose from", CANDIDATES_MAX);
		return WRIT_E_LIMIT;
	}
	for (size_t i = 0; i < place->count; i++) {
		const struct candidate *a = &place->list[i];

		for (size_t k = i + 1; k < place->count; k++) {
			const struct candidate *b = &place->list[k];

			if ((a->inside & b->left) != 0 || (b->inside & a->left) != 0)
				continue;
			if (overlap(place, a->state, b->state))
				return tell(place, a->state, b->state, why);
		}
	}
	return 0;
}

int
unique_check(const struct machine *machine, const struct words *words, char why[USAGE_WHY_MAX])
{
	size_t count = machine->state_count;
	auto_free struct place *place = calloc(1, sizeof(*place));
	auto_free uint8_t *known = calloc(count, count);
	auto_free uint8_t *seen = calloc(count, 1);
	int r;

	if (place == NULL || known == NULL || seen == NULL)
		return WRIT_E_NOMEM;
	place->machine = machine;
	place->words = words;
	place->known = known;
	r = check_place(place, machine->start, why);
	for (size_t i = 0; i < count && r == 0; i++) {
		const struct state *state = &machine->states[i];

		if (state->kind != STATE_WORD || seen[state->next] != 0)
			continue;
		seen[state->next] = 1;
		r = check_place(place, state->next, why);
	}
	return r;
}
