/* apart.h - the steps that only the launcher takes. */
#ifndef WRIT_OS_LINUX_LAUNCHER_APART_H
#define WRIT_OS_LINUX_LAUNCHER_APART_H

#include "../step.h"

/* As child_taker in child.h. */
long take_apart(const struct order *order, const struct step *step);

/* Enters the network namespace of that name. */
long netns_enter(const char *name);

/* A mount namespace of its own, with /sys of the network namespace it is in. The
 * directory `cwd` (-1: none) stands for the same one in it then. */
long netns_mount(const char *name, int cwd);

/* Puts the file over that in /etc of the same name. */
long netns_bind(const char *path);

/* Opens `path` beneath `base` as the descriptor `to`, or only looks (enum
 * writ_beneath_kind). */
long beneath_open(const char *base, const char *path, int kind, int to);

#endif
