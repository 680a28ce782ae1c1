/* manager.h - the calls of multiprocessing's managers that a client makes: it asks for an
 * object, which is always the same, and counts its references. */
#ifndef WRIT_ROOTWRAP_MANAGER_H
#define WRIT_ROOTWRAP_MANAGER_H

#include "channel.h"

/* One call of the manager, after which the connection is closed, or becomes a channel. */
void manager_answer(struct channel *channel, const struct request *request);

/* A call of the object, but for run_one_command. */
void manager_answer_object(struct channel *channel, const struct request *request);

#endif
