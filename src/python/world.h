/* world.h - who else runs on this thread: whom a call that blocks would stop. */
#ifndef WRIT_PYTHON_WORLD_H
#define WRIT_PYTHON_WORLD_H

#include "module.h"

enum world {
	WORLD_PLAIN = 0, /* nobody */
	WORLD_GREEN,	 /* green threads: this thread has a hub of eventlet or gevent */
	WORLD_ASYNCIO,	 /* an asyncio loop that is running */
};

/* An enum world, or -1 with an exception set. Costs nothing to speak of where
 * none of these modules was imported. */
int world_here(void);

#endif
