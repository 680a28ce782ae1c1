#include "policy/machine.h"

#include <stdio.h>
#include <string.h>

#include "writ/error.h"

struct compiler {
	struct classes *classes;
	struct machine *machine;
	size_t state_size;
	size_t part_size;
	char *why;
};

static int
fail(struct compiler *compiler, const char *why)
{
	snprintf(compiler->why, USAGE_WHY_MAX, "%s", why);
	return WRIT_E_LIMIT;
}

/* What classes are of: states, and trees without what comes after them. */
enum class_kind {
	CLASS_TREE = 16,
	CLASS_LEAF,
};

static uint32_t
class_of_tree(const struct compiler *compiler, const struct usage *usage)
{
	struct classes *classes = compiler->classes;
	uint32_t class = classes_number(classes, CLASS_LEAF, (uint32_t)usage->kind, usage->word);

	for (const struct usage *inner = usage->first; inner != NULL; inner = inner->next)
		class = classes_number(classes, CLASS_TREE, class, class_of_tree(compiler, inner));
	return class;
}

static uint32_t
class_of(const struct compiler *compiler, uint32_t state)
{
	return compiler->machine->states[state].class;
}

/* What a state does and where it goes on says all of it; but a repeat, and a set,
 * come back to themselves: there the tree is what they do. */
static uint32_t
class_of_state(const struct compiler *compiler, const struct state *state, const struct usage *tree)
{
	uint32_t next = state->kind != STATE_DONE ? class_of(compiler, state->next) : 0;
	uint32_t more = 0;

	if (tree != NULL) {
		more = class_of_tree(compiler, tree);
		next = class_of(compiler, state->kind == STATE_FORK ? state->other : state->next);
		return classes_number(compiler->classes, 8u + state->kind, more, next);
	}
	if (state->kind == STATE_WORD)
		more = state->word;
	else if (state->kind == STATE_FORK)
		more = class_of(compiler, state->other);
	else if (state->kind == STATE_TAKEN)
		more = state->part;
	return classes_number(compiler->classes, state->kind, more, next);
}

/* The sizes were counted before: see count(). `tree` is that of a state that is
 * come back to. */
static uint32_t
add_looping(struct compiler *compiler, struct state state, const struct usage *tree)
{
	state.class = class_of_state(compiler, &state, tree);
	compiler->machine->states[compiler->machine->state_count] = state;
	return (uint32_t)compiler->machine->state_count++;
}

static uint32_t
add_state(struct compiler *compiler, struct state state)
{
	return add_looping(compiler, state, NULL);
}

/* At most so many states and parts come of a tree. */
static void
count(struct compiler *compiler, const struct usage *usage)
{
	compiler->state_size += 2;
	for (const struct usage *inner = usage->first; inner != NULL; inner = inner->next) {
		count(compiler, inner);
		compiler->state_size++;
		compiler->part_size++;
	}
}

static int compile(struct compiler *compiler, const struct usage *usage, uint32_t next,
		   uint32_t *ret_start);

/* From the last to the first: each goes on where the one behind it starts. */
static int
compile_list(struct compiler *compiler, const struct usage *usage, uint32_t next,
	     uint32_t *ret_start)
{
	uint32_t start = next;
	int r = 0;

	if (usage->next != NULL)
		r = compile_list(compiler, usage->next, next, &start);
	if (r == 0)
		r = compile(compiler, usage, start, ret_start);
	return r;
}

static int
compile_one_of(struct compiler *compiler, const struct usage *usage, uint32_t next,
	       uint32_t *ret_start)
{
	uint32_t start;
	uint32_t rest;
	int r = compile(compiler, usage, next, &start);

	if (r == 0 && usage->next != NULL) {
		r = compile_one_of(compiler, usage->next, next, &rest);
		start = add_state(
			compiler,
			(struct state){ .kind = STATE_FORK, .next = start, .other = rest });
	}
	*ret_start = start;
	return r;
}

/* Once, then the fork: again, or on. */
static int
compile_repeat(struct compiler *compiler, const struct usage *usage, uint32_t next,
	       uint32_t *ret_start)
{
	uint32_t fork =
		add_looping(compiler, (struct state){ .kind = STATE_FORK, .other = next }, usage);
	int r = compile(compiler, usage->first, fork, ret_start);

	if (r == 0)
		compiler->machine->states[fork].next = *ret_start;
	return r;
}

/* A part may be left out, and may repeat; what is within is compiled once, for
 * the set itself repeats. */
static const struct usage *
unwrap_part(const struct usage *part, uint64_t bit, struct machine_set *set)
{
	if (part->kind == USAGE_OPTIONAL)
		part = part->first;
	else
		set->must |= bit;
	if (part->kind == USAGE_REPEAT) {
		set->repeats |= bit;
		part = part->first;
	}
	return part;
}

static int
compile_any_order(struct compiler *compiler, const struct usage *usage, uint32_t next,
		  uint32_t *ret_start)
{
	struct machine *machine = compiler->machine;
	uint8_t number = (uint8_t)machine->set_count;
	struct machine_set *set = &machine->sets[number];
	uint32_t state;
	uint8_t part = 0;

	if (machine->set_count == MACHINE_SETS_MAX)
		return fail(compiler, "more than 8 times <...> in one rule");
	machine->set_count++;
	set->parts = (uint32_t)machine->part_count;
	for (const struct usage *inner = usage->first; inner != NULL; inner = inner->next)
		set->part_count++;
	machine->part_count += set->part_count;
	state = add_looping(
		compiler, (struct state){ .kind = STATE_SET, .set = number, .next = next }, usage);
	for (const struct usage *inner = usage->first; inner != NULL; inner = inner->next, part++) {
		const struct usage *body = unwrap_part(inner, UINT64_C(1) << part, set);
		uint32_t taken = add_state(compiler, (struct state){ .kind = STATE_TAKEN,
								     .set = number,
								     .part = part,
								     .next = state });
		int r = compile(compiler, body, taken, &machine->parts[set->parts + part]);

		if (r < 0)
			return r;
	}
	*ret_start = add_state(compiler,
			       (struct state){ .kind = STATE_ENTER, .set = number, .next = state });
	return 0;
}

static int
compile_optional(struct compiler *compiler, const struct usage *usage, uint32_t next,
		 uint32_t *ret_start)
{
	uint32_t start;
	int r = compile(compiler, usage->first, next, &start);

	if (r == 0)
		*ret_start = add_state(
			compiler,
			(struct state){ .kind = STATE_FORK, .next = start, .other = next });
	return r;
}

/* Makes the states of `usage`, which go on at `next`. */
static int
compile(struct compiler *compiler, const struct usage *usage, uint32_t next, uint32_t *ret_start)
{
	*ret_start = next;
	switch (usage->kind) {
	case USAGE_WORD:
		*ret_start = add_state(compiler, (struct state){ .kind = STATE_WORD,
								 .next = next,
								 .word = usage->word,
								 .name = usage->name });
		return 0;
	case USAGE_ONE_OF:
		return compile_one_of(compiler, usage->first, next, ret_start);
	case USAGE_OPTIONAL:
		return compile_optional(compiler, usage, next, ret_start);
	case USAGE_REPEAT:
		return compile_repeat(compiler, usage, next, ret_start);
	case USAGE_ANY_ORDER:
		return compile_any_order(compiler, usage, next, ret_start);
	default:
		return compile_list(compiler, usage->first, next, ret_start);
	}
}

int
machine_compile(const struct usage *prefix, const struct usage *usage, struct arena *arena,
		struct classes *classes, struct machine *ret_machine, char why[USAGE_WHY_MAX])
{
	struct compiler compiler = {
		.classes = classes, .machine = ret_machine, .state_size = 1, .why = why
	};
	uint32_t done;
	int r;

	*ret_machine = (struct machine){ 0 };
	count(&compiler, usage);
	if (prefix != NULL)
		count(&compiler, prefix);
	if (compiler.state_size > MACHINE_STATES_MAX)
		return fail(&compiler, "too long a usage line");
	ret_machine->states = arena_take(arena, compiler.state_size, sizeof(struct state));
	ret_machine->parts = arena_take(arena, compiler.part_size + 1, sizeof(uint32_t));
	if (ret_machine->states == NULL || ret_machine->parts == NULL)
		return WRIT_E_NOMEM;
	done = add_state(&compiler, (struct state){ .kind = STATE_DONE });
	r = compile(&compiler, usage, done, &ret_machine->start);
	if (r == 0 && prefix != NULL)
		r = compile(&compiler, prefix, ret_machine->start, &ret_machine->start);
	return r == 0 && classes->failed ? WRIT_E_NOMEM : r;
}

void
machine_begin(const struct machine *machine, struct standing *standing)
{
	*standing = (struct standing){ .state = machine->start };
}

struct look {
	const struct machine *machine;
	machine_see see;
	void *ctx;
	bool loose;
};

static bool look_at(const struct look *look, uint32_t at, struct standing *standing);

static bool
look_at_set(const struct look *look, const struct state *state, struct standing *standing)
{
	const struct machine_set *set = &look->machine->sets[state->set];
	uint64_t taken = standing->taken[state->set];
	uint64_t left = look->loose ? UINT64_MAX : ~(taken & ~set->repeats);
	/* even loosely, what must not be empty is not: a repeat of it would not end */
	bool may_leave = look->loose && taken != 0 ? true : (set->must & ~taken) == 0;

	for (uint32_t part = 0; part < set->part_count; part++)
		if ((left >> part & 1) != 0 &&
		    look_at(look, look->machine->parts[set->parts + part], standing))
			return true;
	return may_leave && look_at(look, state->next, standing);
}

/* What has been taken of a set is as it was when nothing was found. */
static bool
look_with(const struct look *look, const struct state *state, uint64_t taken,
	  struct standing *standing)
{
	uint64_t before = standing->taken[state->set];

	standing->taken[state->set] = taken;
	if (look_at(look, state->next, standing))
		return true;
	standing->taken[state->set] = before;
	return false;
}

/* As deep as groups are nested: nothing that may be empty is inside what may be
 * left out or repeat, so no state is seen twice. */
static bool
look_at(const struct look *look, uint32_t at, struct standing *standing)
{
	const struct state *state = &look->machine->states[at];

	while (state->kind == STATE_FORK) {
		if (look_at(look, state->next, standing))
			return true;
		state = &look->machine->states[state->other];
	}
	switch (state->kind) {
	case STATE_ENTER:
		return look_with(look, state, 0, standing);
	case STATE_TAKEN:
		return look_with(look, state,
				 standing->taken[state->set] | UINT64_C(1) << state->part,
				 standing);
	case STATE_SET:
		return look_at_set(look, state, standing);
	default:
		return look->see(look->ctx, state, standing);
	}
}

bool
machine_look(const struct machine *machine, const struct standing *standing, bool loose,
	     machine_see see, void *ctx)
{
	struct look look = { machine, see, ctx, loose };
	struct standing copy = *standing;

	return look_at(&look, standing->state, &copy);
}

struct taking {
	const struct words *words;
	const char *arg;
	size_t len;
	struct span *spans;
	const struct state *state;
	struct standing after;
};

static bool
see_argument(void *ctx, const struct state *state, const struct standing *after)
{
	struct taking *taking = ctx;

	if (state->kind != STATE_WORD ||
	    !word_takes(taking->words->list[state->word], taking->arg, taking->len, taking->spans))
		return false;
	taking->state = state;
	taking->after = *after;
	taking->after.state = state->next;
	return true;
}

const struct state *
machine_take(const struct machine *machine, const struct words *words, struct standing *standing,
	     const char *arg, struct span spans[WORD_CAPTURES_MAX])
{
	struct taking taking = { .words = words, .arg = arg, .len = strlen(arg), .spans = spans };

	if (!machine_look(machine, standing, false, see_argument, &taking))
		return NULL;
	*standing = taking.after;
	return taking.state;
}

static bool
see_end(void *ctx, const struct state *state, const struct standing *after)
{
	(void)ctx;
	(void)after;
	return state->kind == STATE_DONE;
}

bool
machine_may_end(const struct machine *machine, const struct standing *standing)
{
	return machine_look(machine, standing, false, see_end, NULL);
}
