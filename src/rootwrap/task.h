/* task.h - one command of a channel. */
#ifndef WRIT_ROOTWRAP_TASK_H
#define WRIT_ROOTWRAP_TASK_H

#include "channel.h"

/* Decides, and runs: the reply comes now, or when it has ended. */
void task_begin(struct channel *channel, const struct request *request);

/* Nobody waits for its reply any more: in strict mode it is ended. */
void task_abandon(struct channel *channel);

#endif
