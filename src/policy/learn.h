/* learn.h - rules for requests that were refused: as tight as the samples, and
 * commented out. Attackers choose those requests; somebody must read them. */
#ifndef WRIT_POLICY_LEARN_H
#define WRIT_POLICY_LEARN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct learn;

enum {
	LEARN_SHAPES_MAX = 1000,
	LEARN_SAMPLES_MAX = 1000, /* of a shape */
	LEARN_ARGS_MAX = 256,
};

struct learn *learn_new(void);
struct learn *learn_free(struct learn *learn);

/* Adds a request of this peer. False: out of memory, or past a bound. */
bool learn_add(struct learn *learn, uint32_t uid, const char *const *argv, size_t argc);

/* What was learned, shape by shape: how many requests of whom, and Exec= for them.
 * `find` says where a program is that was named without a path; NULL: nowhere. */
typedef const char *(*learn_find)(void *ctx, const char *name);
size_t learn_count(const struct learn *learn);
void learn_shape(const struct learn *learn, size_t shape, uint32_t *ret_uid, size_t *ret_samples);
void learn_exec(const struct learn *learn, size_t number, learn_find find, void *ctx,
		struct buf *exec);

#endif
