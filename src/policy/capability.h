/* capability.h - capabilities by their names (capabilities(7)). */
#ifndef WRIT_POLICY_CAPABILITY_H
#define WRIT_POLICY_CAPABILITY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CAPABILITY_ALL UINT64_MAX

/* "CAP_NET_ADMIN", in capitals. False: there is none of that name. */
bool capability_find(const char *name, uint64_t *ret_bit);

/* The n-th that is in the set, or NULL. */
const char *capability_name(uint64_t set, size_t n);

#endif
