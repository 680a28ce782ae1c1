/* broker.h - a connection to writd in the loop of others: writ._writ.Broker, and what is
 * asked over it.
 *
 * It is for a loop what a Hub is, and the interpreter's lock is its own too. It connects
 * when something is asked; when the connection breaks, what was sent has failed, and what
 * is asked then goes over another. Nothing is sent twice. Past what writd takes at once a
 * request waits for its turn.
 *
 * In a fork it is closed, which ends nothing.
 */
#ifndef WRIT_PYTHON_BROKER_H
#define WRIT_PYTHON_BROKER_H

#include "module.h"

struct ask;
struct errand;

struct broker {
	PyObject_HEAD
	PyObject *path;		  /* bytes; NULL: the default */
	struct writ_broker *link; /* NULL: not connected */
	int poll;		  /* what a loop watches; -1: closed */
	int timer;
	int64_t rings_ms; /* what the timer is set to; 0: nothing */
	bool is_opening;  /* another thread connects: what comes meanwhile waits */
	bool is_full;	  /* more can be sent when the connection can be written */
	pid_t owner;	  /* whose it is: not a fork's */

	struct ask *asks; /* sent, and not ended */
	struct ask *queue;
	struct ask **queue_end;
	struct errand *errands;
	int under_way; /* sent, and not answered */
	struct ask *news;

	struct broker *next; /* of all in this process */
	struct broker **at;
};

/* Is it open, and ours? Else -1 with RuntimeError set. */
int broker_check(const struct broker *broker);

/* Something changed outside of a step: has the loop make one when it is due. */
void broker_set_timer(struct broker *broker);

/* No more can be sent now: has the loop make a step when it can. */
void broker_wait_for_room(struct broker *broker);

#endif
