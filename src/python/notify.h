/* notify.h - telling those who wait that there is news. */
#ifndef WRIT_PYTHON_NOTIFY_H
#define WRIT_PYTHON_NOTIFY_H

#include "module.h"

/* What was raised first, while all were told. */
struct notify_raised {
	PyObject *type;
	PyObject *value;
	PyObject *traceback;
};

/* Calls it, without arguments. What it raises is kept in `first`, or printed. */
void notify_call(PyObject *notify, struct notify_raised *first);

/* Raises what was kept: -1; or 0. */
int notify_end(struct notify_raised *first);

#endif
