/* fact.h - what programs can be talked into, beyond what they are for. */
#ifndef WRIT_POLICY_FACT_H
#define WRIT_POLICY_FACT_H

#include <stdbool.h>
#include <stddef.h>

struct fact {
	const char *programs; /* names, '*' and '?' allowed, between blanks */
	const char *id;	      /* the class of bypass */
	const char *words;    /* arguments that do it, between blanks; NULL: any use of it */
	bool is_file;	      /* harmless with a file that the peer cannot change */
	const char *text;
};

extern const struct fact facts[];
extern const size_t fact_count;

/* Is the variable one that a loader, an interpreter or a tool takes code from? */
bool fact_is_loader(const char *name, size_t len);

#endif
