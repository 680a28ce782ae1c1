/* failure.h - what could not be done, as an exception.
 *
 * OSError and its subclasses for what the system refused, ValueError for a bad
 * request, RuntimeError for a call at the wrong time; ConnectionError where writd is not
 * there, writ.Refused where it refuses. Each has the attributes
 * code, stage, subject and hint of the library's error (docs/ERRORS.md).
 */
#ifndef WRIT_PYTHON_FAILURE_H
#define WRIT_PYTHON_FAILURE_H

#include "module.h"

/* Raises it. Returns NULL. */
PyObject *failure_raise(const struct writ_error *err);

/* The same for a call that answers a code alone. */
PyObject *failure_raise_code(int code, int stage);

/* The same for a run that was started and then could not be executed. */
PyObject *failure_raise_result(const struct writ_result *res);

/* Raises writ.WouldBlock: a call that waits, on the thread of a loop. */
PyObject *failure_would_block(const char *function, const char *instead);

#endif
