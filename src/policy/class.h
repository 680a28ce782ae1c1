/* class.h - what is the same from here on: states of different rules that go on
 * alike are of one class. */
#ifndef WRIT_POLICY_CLASS_H
#define WRIT_POLICY_CLASS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct class_key {
	uint32_t kind;
	uint32_t first;
	uint32_t second;
};

/* Numbers for keys, from 1; the same for the same. */
struct classes {
	struct class_key *keys;
	size_t count;
	size_t size;
	uint32_t *slots; /* 2 * size, by hash */
	bool failed;	 /* out of memory: numbers are worth nothing any more */
};

uint32_t classes_number(struct classes *classes, uint32_t kind, uint32_t first, uint32_t second);
void classes_done(struct classes *classes);

#endif
