/* identity.h - a process, and not merely its number: writ.Identity. */
#ifndef WRIT_PYTHON_IDENTITY_H
#define WRIT_PYTHON_IDENTITY_H

#include "module.h"

/* A new Identity; None for an empty one. NULL with an exception set. */
PyObject *identity_make(const struct writ_id *id);

/* Reads a pid, 'PID@TOKEN' or an Identity. -1 with an exception set:
 * ProcessLookupError, ValueError, TypeError. */
int identity_read(PyObject *ref, struct writ_id *ret_id);

/* A tuple of them. */
PyObject *identity_tuple(const struct writ_id *list, int count);

#endif
