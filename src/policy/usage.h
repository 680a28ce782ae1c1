/* usage.h - Exec= and CallerPrefix= as trees: a usage line, read. */
#ifndef WRIT_POLICY_USAGE_H
#define WRIT_POLICY_USAGE_H

#include "policy/words.h"

enum {
	USAGE_DEPTH_MAX = 16,
	USAGE_WORDS_MAX = 1024,
	USAGE_PARTS_MAX = 64, /* of <...> */
	USAGE_CAPTURES_MAX = 512,
};

enum usage_kind {
	USAGE_WORD,
	USAGE_SEQUENCE,
	USAGE_ONE_OF,	/* (a|b) */
	USAGE_OPTIONAL, /* [a] */
	USAGE_REPEAT,	/* a..., once at least */
	USAGE_ANY_ORDER /* <a [b]> */
};

struct usage {
	int kind;
	bool is_group;	     /* in parentheses */
	struct usage *first; /* of those within */
	struct usage *next;  /* beside */
	uint32_t word;	     /* its number */
	uint32_t name;	     /* of its first capture, in the captures of the rule */
	uint32_t at;	     /* offset in the text, for messages */
};

/* A capture of a rule, in the order of the text. */
struct usage_capture {
	const char *name;
	int type;
	const char *base;
	bool always; /* matched exactly once, whatever the arguments */
};

/* What is gathered while the texts of one rule are read. */
struct usage_names {
	struct usage_capture list[USAGE_CAPTURES_MAX];
	size_t count;
	size_t words;
};

enum { USAGE_WHY_MAX = 320 };

/* Reads a text. With `has_program` its first word is the program: an absolute
 * path, in so many words. Nodes and words go into the arena.
 * Returns 0; WRIT_E_SYNTAX or WRIT_E_LIMIT with `why` filled; WRIT_E_NOMEM. */
int usage_parse(const char *text, bool has_program, struct arena *arena, struct words *words,
		struct usage_names *names, struct usage **ret_usage, char why[USAGE_WHY_MAX]);

/* A word that is a process's number, which no text can ask for: see Signal=. */
int usage_pid(struct arena *arena, struct words *words, struct usage_names *names,
	      struct usage **ret_usage);

/* May it match no argument at all? */
bool usage_may_be_empty(const struct usage *usage);

#endif
