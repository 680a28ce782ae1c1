/* host.h - the library's hosts, kept from one blocking run to the next.
 *
 * A host starts a process of its own, the guardian, which is dear. So they are
 * kept; a run takes one, and is alone with it: there come to be as many as there
 * are runs at the same time. The interpreter's lock guards the list. In a fork
 * the hosts of the parent are given up, which ends nothing.
 */
#ifndef WRIT_PYTHON_HOST_H
#define WRIT_PYTHON_HOST_H

#include "module.h"

/* One for the caller alone, until it gives it back. NULL with an exception set. */
struct writ_host *host_take(void);
void host_give_back(struct writ_host *take_host);

/* A new one whose descriptor others watch, or (`alone`) nobody does. */
struct writ_host *host_new(bool alone);

#endif
