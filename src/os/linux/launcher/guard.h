/* guard.h - the launcher as the guardian of a host: when the owner dies, all
 * runs in its control groups end at once, and their records are written. */
#ifndef WRIT_OS_LINUX_LAUNCHER_GUARD_H
#define WRIT_OS_LINUX_LAUNCHER_GUARD_H

/* `cgroups` is the directory in which the host makes its leaves, whose names
 * begin with `prefix`. Returns the exit status. */
int guard_keep(int sock, int owner, int cgroups, const char *prefix);

#endif
