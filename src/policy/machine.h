/* machine.h - a usage line as a machine that reads arguments: one pass, one way
 * to read them, nothing to go back to.
 *
 * A state is one thing to do. Between two arguments the machine passes through
 * states that take none; among the words it can reach so, the next argument fits
 * one at most, which unique.h has seen to.
 */
#ifndef WRIT_POLICY_MACHINE_H
#define WRIT_POLICY_MACHINE_H

#include "policy/class.h"
#include "policy/usage.h"

enum {
	MACHINE_SETS_MAX = 8, /* of <...> in one rule */
	MACHINE_STATES_MAX = 4096,
};

enum state_kind {
	STATE_WORD,  /* takes an argument */
	STATE_FORK,  /* goes on at both */
	STATE_ENTER, /* of <...>: no part has been taken */
	STATE_SET,   /* any part that is left, or out */
	STATE_TAKEN, /* a part has been taken: back to the set */
	STATE_DONE,
};

struct state {
	uint8_t kind;
	uint8_t set;	/* number of the set */
	uint8_t part;	/* STATE_TAKEN: its number in the set */
	uint32_t class; /* of all that goes on like this one */
	uint32_t next;	/* the state after this one */
	uint32_t other; /* STATE_FORK: the second */
	uint32_t word;	/* STATE_WORD: its number */
	uint32_t name;	/* and of its first capture */
};

struct machine_set {
	uint32_t parts; /* the first of its parts in `parts` */
	uint32_t part_count;
	uint64_t must;	  /* parts that must be taken, a bit each */
	uint64_t repeats; /* parts that can be taken again */
};

struct machine {
	struct state *states;
	size_t state_count;
	uint32_t start;
	struct machine_set sets[MACHINE_SETS_MAX];
	size_t set_count;
	uint32_t *parts; /* first states of the parts of all sets */
	size_t part_count;
};

/* Compiles "prefix usage"; `prefix` may be NULL. Errors: WRIT_E_LIMIT with `why`,
 * WRIT_E_NOMEM. */
int machine_compile(const struct usage *prefix, const struct usage *usage, struct arena *arena,
		    struct classes *classes, struct machine *ret_machine, char why[USAGE_WHY_MAX]);

/* Where a machine stands. */
struct standing {
	uint32_t state; /* to go on from */
	uint64_t taken[MACHINE_SETS_MAX];
};

void machine_begin(const struct machine *machine, struct standing *standing);

/* Takes an argument. Returns the state of the word that took it, or NULL, and
 * then stands where it stood. */
const struct state *machine_take(const struct machine *machine, const struct words *words,
				 struct standing *standing, const char *arg,
				 struct span spans[WORD_CAPTURES_MAX]);

/* May the arguments end here? */
bool machine_may_end(const struct machine *machine, const struct standing *standing);

/* Calls `see` with each state of a word that could be next, and with the state
 * of the end; a true answer stops. `loose` forgets what has been taken of sets
 * (any part, any number of times), so that a state alone says where it stands;
 * some states are then seen more than once. */
typedef bool (*machine_see)(void *ctx, const struct state *state, const struct standing *after);
bool machine_look(const struct machine *machine, const struct standing *standing, bool loose,
		  machine_see see, void *ctx);

#endif
