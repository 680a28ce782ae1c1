/* lift.h - descriptors out of the way of the standard streams. */
#ifndef WRIT_OS_LINUX_LIFT_H
#define WRIT_OS_LINUX_LIFT_H

/* Moves a descriptor from 0, 1 or 2 to 3 or more; others, and -1, stay as they
 * are. Returns a negative errno when it cannot; `fd` is closed then. */
int fd_lift(int fd);

#endif
