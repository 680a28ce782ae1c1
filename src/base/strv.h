/* strv.h - NULL-ended lists of strings. */
#ifndef WRIT_BASE_STRV_H
#define WRIT_BASE_STRV_H

#include <stdbool.h>
#include <stddef.h>

size_t strv_count(const char *const *list);

/* Does `text` fit `pattern`, in which '*' is any run and '?' any one byte? */
bool glob_match(const char *pattern, const char *text, size_t len);

#endif
