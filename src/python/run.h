/* run.h - one run that is under way in a hub. */
#ifndef WRIT_PYTHON_RUN_H
#define WRIT_PYTHON_RUN_H

#include "hub.h"
#include "piece.h"
#include "request.h"

struct run {
	PyObject_HEAD
	struct hub *hub;
	struct writ_proc *proc; /* NULL: there is none any more */
	struct run *next;
	struct run **link;
	struct run *next_news;
	bool has_news;
	unsigned long news_count; /* so far */

	struct request req; /* what it points to lives as long as we */
	PyObject *notify;   /* called without arguments when there is news; or NULL */
	struct piece outputs[2];
	bool is_discarding; /* nobody will read: what does not fit is lost, and counted */
	bool has_started;
	bool has_ended;
	struct writ_id id; /* when it has ended */
	struct writ_result res; /* given to `result` when that is made */
	PyObject *result;
};

/* Starts a run; NULL with an exception set. `options` is a dict. */
PyObject *run_start(struct hub *hub, PyObject *argv, PyObject *options, bool is_process,
		    PyObject *notify);

/* Its host is about to be freed: it is ended at once. */
void run_abandon(struct run *run);

#endif
