/* path.h - paths as texts: what can be said of one without looking. */
#ifndef WRIT_POLICY_PATH_H
#define WRIT_POLICY_PATH_H

#include <stdbool.h>
#include <stddef.h>

/* Absolute, not "/", no empty component, no "." and "..", no slash at the end,
 * shorter than PATH_MAX. */
bool path_is_plain(const char *path, size_t len);

/* Plain, and in the directory `base` or further down? */
bool path_is_beneath(const char *path, size_t len, const char *base, size_t base_len);

/* The last component. */
const char *path_name(const char *path);

#endif
