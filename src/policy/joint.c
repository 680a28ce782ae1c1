#include "policy/joint.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/path.h"

enum { HASHED_BYTES_MAX = 64, LOOKED_AT = 16, FEW = 16, ALIKE = 256 };

/* A literal that leads on. */
struct literal_edge {
	const char *text;
	uint32_t hash;
	uint32_t target;
};

struct pattern_edge {
	uint32_t word;
	uint32_t target;
};

struct place {
	struct literal_edge *literals; /* by hash */
	struct pattern_edge *patterns;
	uint32_t *accepts; /* rules that may end here */
	uint32_t literal_count;
	uint32_t pattern_count;
	uint32_t accept_count;
	uint32_t alone; /* the only rule that is left here + 1, and */
	uint32_t class; /* of what it does from here on; 0: others, or sets, are in it */
};

struct joint {
	struct place *places;
	size_t count;
};

/* While it is made: a place is the list of its items. */
struct item {
	uint32_t rule;
	uint32_t state;
};

struct item_list {
	struct item *items;
	size_t count;
	uint32_t hash;
};

/* A word seen from a place, and where it leads one of the rules. */
struct sight {
	uint32_t word;
	struct item to;
};

struct making {
	struct policy *policy;
	const struct family *family;
	struct item_list *lists; /* by place */
	size_t count;
	size_t size;
	uint32_t *slots; /* place + 1 by hash, 2 * JOINT_PLACES_MAX */
	size_t items;	 /* in all lists */

	uint32_t rule; /* being looked at */
	struct sight *sights;
	size_t sight_count;
	size_t sight_size;
	uint32_t *accepts;
	size_t accept_count;
	bool too_large;
	bool no_memory;
};

static bool
see_word(void *ctx, const struct state *state, const struct standing *after)
{
	struct making *making = ctx;

	(void)after;
	if (state->kind == STATE_DONE) {
		if (making->accept_count == 0 ||
		    making->accepts[making->accept_count - 1] != making->rule)
			making->accepts[making->accept_count++] = making->rule;
		return false;
	}
	if (making->sight_count == making->sight_size) {
		size_t size = making->sight_size == 0 ? 256 : 2 * making->sight_size;
		struct sight *sights = size <= JOINT_ITEMS_MAX
					       ? realloc(making->sights, size * sizeof(*sights))
					       : NULL;

		if (sights == NULL) {
			making->too_large = true;
			return true;
		}
		making->sights = sights;
		making->sight_size = size;
	}
	making->sights[making->sight_count++] =
		(struct sight){ state->word, { making->rule, state->next } };
	return false;
}

static int
compare_sights(const void *left, const void *right)
{
	const struct sight *a = left;
	const struct sight *b = right;

	if (a->word != b->word)
		return a->word < b->word ? -1 : 1;
	if (a->to.rule != b->to.rule)
		return a->to.rule < b->to.rule ? -1 : 1;
	return a->to.state < b->to.state ? -1 : a->to.state > b->to.state;
}

static int
compare_literals(const void *left, const void *right)
{
	const struct literal_edge *a = left;
	const struct literal_edge *b = right;

	return a->hash < b->hash ? -1 : a->hash > b->hash;
}

static bool
is_same(const struct item_list *list, const struct sight *sights, size_t count)
{
	for (size_t i = 0; i < count && list->count == count; i++)
		if (list->items[i].rule != sights[i].to.rule ||
		    list->items[i].state != sights[i].to.state)
			return false;
	return list->count == count;
}

static bool
add_list(struct making *making, const struct sight *sights, size_t count, uint32_t hash)
{
	struct item_list *list;

	if (making->count == making->size) {
		size_t size = making->size == 0 ? 64 : 2 * making->size;
		struct item_list *lists = realloc(making->lists, size * sizeof(*lists));

		if (lists == NULL)
			return false;
		making->lists = lists;
		making->size = size;
	}
	list = &making->lists[making->count];
	*list = (struct item_list){ malloc((count + 1) * sizeof(struct item)), count, hash };
	if (list->items == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		list->items[i] = sights[i].to;
	making->count++;
	return true;
}

/* The place of these items, a new one if there is none yet. */
static uint32_t
find_place(struct making *making, const struct sight *sights, size_t count)
{
	size_t mask = 2 * JOINT_PLACES_MAX - 1;
	uint32_t hash = 0;
	size_t at;

	for (size_t i = 0; i < count; i++)
		hash = (hash ^ sights[i].to.rule * 0x9e3779b1u ^ sights[i].to.state) * 0x85ebca6bu;
	hash ^= hash >> 15;
	for (at = hash & mask; making->slots[at] != 0; at = (at + 1) & mask) {
		const struct item_list *list = &making->lists[making->slots[at] - 1];

		if (list->hash == hash && is_same(list, sights, count))
			return making->slots[at] - 1;
	}
	making->items += count;
	if (making->count == JOINT_PLACES_MAX || making->items > JOINT_ITEMS_MAX) {
		making->too_large = true;
		return 0;
	}
	if (!add_list(making, sights, count, hash)) {
		making->no_memory = true;
		return 0;
	}
	making->slots[at] = (uint32_t)making->count;
	return (uint32_t)making->count - 1;
}

/* Looks on from all items of a place; what is seen is sorted, each once. */
static void
look_around(struct making *making, uint32_t place)
{
	const struct item_list list = making->lists[place];
	size_t kept = 0;

	making->sight_count = 0;
	making->accept_count = 0;
	for (size_t i = 0; i < list.count && !making->too_large; i++) {
		struct standing standing = { .state = list.items[i].state };

		making->rule = list.items[i].rule;
		machine_look(&making->family->rules[making->rule]->machine, &standing, true,
			     see_word, making);
	}
	if (making->sight_count > 0)
		qsort(making->sights, making->sight_count, sizeof(struct sight), compare_sights);
	for (size_t i = 0; i < making->sight_count; i++)
		if (i == 0 || compare_sights(&making->sights[i], &making->sights[kept - 1]) != 0)
			making->sights[kept++] = making->sights[i];
	making->sight_count = kept;
}

/* Of a long text its beginning and its length, which tell literals apart. */
static uint32_t
hash_literal(const char *text, size_t len)
{
	return words_hash(text, len < HASHED_BYTES_MAX ? len : HASHED_BYTES_MAX) ^ (uint32_t)len;
}

static void
add_literal(struct place *place, const char *text, uint32_t target)
{
	place->literals[place->literal_count++] =
		(struct literal_edge){ text, hash_literal(text, strlen(text)), target };
}

/* Both forms of a program's name are literals. */
static void
add_edge(struct making *making, struct place *place, uint32_t number, uint32_t target)
{
	const struct word *word = making->policy->words.list[number];

	if (word->kind == WORD_PATTERN) {
		place->patterns[place->pattern_count++] = (struct pattern_edge){ number, target };
		return;
	}
	add_literal(place, word->text, target);
	if (word->kind == WORD_PROGRAM)
		add_literal(place, path_name(word->text), target);
}

static void
count_words(const struct making *making, size_t *ret_literals, size_t *ret_patterns)
{
	*ret_literals = *ret_patterns = 0;
	for (size_t i = 0; i < making->sight_count; i++) {
		if (i > 0 && making->sights[i].word == making->sights[i - 1].word)
			continue;
		if (making->policy->words.list[making->sights[i].word]->kind == WORD_PATTERN)
			++*ret_patterns;
		else
			*ret_literals += 2;
	}
}

static void
finish_place(struct making *making, struct place *place)
{
	struct arena *arena = &making->policy->arena;
	size_t literals;
	size_t patterns;

	count_words(making, &literals, &patterns);
	place->literals = arena_take(arena, literals, sizeof(*place->literals));
	place->patterns = arena_take(arena, patterns, sizeof(*place->patterns));
	place->accepts = arena_take(arena, making->accept_count, sizeof(*place->accepts));
	if (place->literals == NULL || place->patterns == NULL || place->accepts == NULL) {
		making->no_memory = true;
		return;
	}
	for (size_t first = 0, end; first < making->sight_count; first = end) {
		uint32_t word = making->sights[first].word;

		for (end = first; end < making->sight_count && making->sights[end].word == word;)
			end++;
		add_edge(making, place, word,
			 find_place(making, making->sights + first, end - first));
	}
	if (place->literal_count > 0)
		qsort(place->literals, place->literal_count, sizeof(*place->literals),
		      compare_literals);
	if (making->accept_count > 0)
		memcpy(place->accepts, making->accepts,
		       making->accept_count * sizeof(*place->accepts));
	place->accept_count = (uint32_t)making->accept_count;
}

/* Of a rule with sets more is to know than its state. */
static void
mark_alone(const struct making *making, uint32_t number, struct place *place)
{
	const struct item_list *list = &making->lists[number];
	const struct machine *machine = &making->family->rules[list->items[0].rule]->machine;

	if (list->count != 1 || machine->set_count > 0)
		return;
	place->alone = list->items[0].rule + 1;
	place->class = machine->states[list->items[0].state].class;
}

static bool
begin(struct making *making)
{
	size_t count = making->family->rule_count;
	struct sight *sights = calloc(count, sizeof(*sights));

	making->slots = calloc(2 * JOINT_PLACES_MAX, sizeof(*making->slots));
	making->accepts = calloc(count + 1, sizeof(*making->accepts));
	making->no_memory = sights == NULL || making->slots == NULL || making->accepts == NULL;
	for (size_t i = 0; i < count && !making->no_memory; i++)
		sights[i].to =
			(struct item){ (uint32_t)i, making->family->rules[i]->machine.start };
	if (!making->no_memory)
		find_place(making, sights, count);
	free(sights);
	return !making->no_memory && !making->too_large;
}

static void
end(struct making *making)
{
	for (size_t i = 0; i < making->count; i++)
		free(making->lists[i].items);
	free(making->lists);
	free(making->slots);
	free(making->sights);
	free(making->accepts);
}

struct joint *
joint_new(struct policy *policy, const struct family *family, struct found *found)
{
	struct making making = { .policy = policy, .family = family };
	struct joint *joint = arena_take(&policy->arena, 1, sizeof(*joint));
	auto_free struct place *places = NULL;

	making.no_memory = joint == NULL;
	if (joint != NULL && begin(&making)) {
		for (uint32_t i = 0; i < making.count && !making.too_large && !making.no_memory;
		     i++) {
			struct place *more = realloc(places, (i + 1) * sizeof(*more));

			making.no_memory = more == NULL;
			if (more == NULL)
				break;
			places = more;
			places[i] = (struct place){ 0 };
			mark_alone(&making, i, &places[i]);
			look_around(&making, i);
			if (!making.too_large)
				finish_place(&making, &places[i]);
		}
	}
	end(&making);
	if (making.no_memory)
		found->no_memory = true;
	if (making.no_memory || making.too_large || places == NULL)
		return NULL;
	joint->count = making.count;
	joint->places = arena_take(&policy->arena, making.count, sizeof(struct place));
	if (joint->places == NULL) {
		found->no_memory = true;
		return NULL;
	}
	memcpy(joint->places, places, making.count * sizeof(struct place));
	return joint;
}

/* The places that are left, each once as long as there are few. */
struct active {
	uint32_t list[JOINT_ACTIVE_MAX];
	size_t count;
	bool lost;
	uint16_t alike[ALIKE]; /* by class: 1 + index in the list of a rule that is alone */
};

/* The list itself is large, and needs no beginning. */
static void
begin_active(struct active *active)
{
	active->count = 0;
	active->lost = false;
	memset(active->alike, 0, sizeof(active->alike));
}

/* Where many rules stand alone and go on alike, the first that serves stands for
 * all: they accept the same from here on. */
static bool
is_spared(const struct joint *joint, struct active *active, uint32_t number,
	  const struct joint_peer *peer)
{
	const struct place *place = &joint->places[number];
	uint16_t *slot = &active->alike[place->class % ALIKE];
	size_t at = *slot;

	if (place->alone == 0)
		return false;
	if (!peer->serves(peer->ctx, place->alone - 1))
		return true;
	if (at > 0 && at <= active->count &&
	    joint->places[active->list[at - 1]].class == place->class) {
		if (joint->places[active->list[at - 1]].alone > place->alone)
			active->list[at - 1] = number;
		return true;
	}
	*slot = (uint16_t)(active->count + 1);
	return false;
}

static void
activate(const struct joint *joint, struct active *active, uint32_t place,
	 const struct joint_peer *peer)
{
	if (is_spared(joint, active, place, peer))
		return;
	for (size_t i = 0; i < active->count && active->count < FEW; i++)
		if (active->list[i] == place)
			return;
	if (active->count < JOINT_ACTIVE_MAX)
		active->list[active->count++] = place;
	else
		active->lost = true;
}

/* An argument, and what was found of it: many places may ask the same. */
struct looking {
	const struct joint *joint;
	const struct words *words;
	const struct joint_peer *peer;
	const char *arg;
	size_t len;
	uint32_t hash;
	uint32_t known[LOOKED_AT]; /* number of a word + 1 */
	bool fits[LOOKED_AT];
};

static void
go_literals(const struct looking *looking, const struct place *place, struct active *after)
{
	size_t low = 0;
	size_t high = place->literal_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (place->literals[middle].hash < looking->hash)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < place->literal_count && place->literals[low].hash == looking->hash; low++)
		if (strcmp(place->literals[low].text, looking->arg) == 0)
			activate(looking->joint, after, place->literals[low].target, looking->peer);
}

static bool
fits(struct looking *looking, uint32_t word)
{
	size_t at = word % LOOKED_AT;
	struct span spans[WORD_CAPTURES_MAX];

	if (looking->known[at] != word + 1) {
		looking->known[at] = word + 1;
		looking->fits[at] =
			word_takes(looking->words->list[word], looking->arg, looking->len, spans);
	}
	return looking->fits[at];
}

static void
go_on(struct looking *looking, const struct active *before, struct active *after)
{
	looking->len = strlen(looking->arg);
	looking->hash = hash_literal(looking->arg, looking->len);
	memset(looking->known, 0, sizeof(looking->known));
	after->count = 0;
	for (size_t i = 0; i < before->count; i++) {
		const struct place *place = &looking->joint->places[before->list[i]];

		go_literals(looking, place, after);
		for (size_t k = 0; k < place->pattern_count; k++)
			if (fits(looking, place->patterns[k].word))
				activate(looking->joint, after, place->patterns[k].target,
					 looking->peer);
	}
}

bool
joint_sift(const struct joint *joint, const struct words *words, const char *const *argv,
	   size_t argc, const struct joint_peer *peer)
{
	struct looking looking = { .joint = joint, .words = words, .peer = peer };
	struct active here;
	struct active there;
	struct active *before = &here;
	struct active *after = &there;

	begin_active(&here);
	begin_active(&there);
	here.list[here.count++] = 0;
	for (size_t i = 0; i < argc && before->count > 0; i++) {
		struct active *swap = before;

		looking.arg = argv[i];
		go_on(&looking, before, after);
		before = after;
		after = swap;
	}
	if (here.lost || there.lost)
		return false;
	for (size_t i = 0; i < before->count; i++) {
		const struct place *place = &joint->places[before->list[i]];

		for (uint32_t k = 0; k < place->accept_count; k++)
			peer->see(peer->ctx, place->accepts[k]);
	}
	return true;
}
