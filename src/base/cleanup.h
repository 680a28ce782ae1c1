/* cleanup.h - resources that are given back when their block is left. */
#ifndef WRIT_BASE_CLEANUP_H
#define WRIT_BASE_CLEANUP_H

#include <stdlib.h>

static inline void
free_pointer(void *pointer)
{
	free(*(void **)pointer);
}

#define auto_free __attribute__((cleanup(free_pointer)))

/* x = mfree(x) */
static inline void *
mfree(void *pointer)
{
	free(pointer);
	return NULL;
}

/* Hands a pointer out of an auto_* variable: the variable is empty after it. */
#define TAKE(pointer)                                \
	({                                           \
		__typeof__(*(pointer)) taken_ = *(pointer); \
		*(pointer) = NULL;                   \
		taken_;                              \
	})

#endif
