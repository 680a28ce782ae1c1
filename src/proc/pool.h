/* pool.h - the pools of a host, when that ends. */
#ifndef WRIT_PROC_POOL_H
#define WRIT_PROC_POOL_H

#include "writ/pool.h"

/* Takes back what has not begun, waits for the rest, tells all, frees all. */
void pools_end(struct writ_host *host);

#endif
