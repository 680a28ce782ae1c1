/* os_cap.h - the capabilities that this process has. */
#ifndef WRIT_OS_CAP_H
#define WRIT_OS_CAP_H

#include "writ/cap.h"

/* Is the number one that this system has? */
bool os_cap_is_known(int number);

/* Those of ours: what we may give to a program. */
uint64_t os_caps_permitted(void);

/* Is a program of ours one of root's, which gets capabilities by that alone? */
bool os_is_root(void);

#endif
