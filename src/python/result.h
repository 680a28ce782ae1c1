/* result.h - what happened: writ.Result.
 *
 * It owns the library's result and makes its attributes when they are asked for:
 * a caller that looks at the exit code alone pays for nothing else.
 */
#ifndef WRIT_PYTHON_RESULT_H
#define WRIT_PYTHON_RESULT_H

#include "module.h"

/* How captured output is given. */
struct decoding {
	PyObject *encoding; /* a str; NULL: as bytes */
	PyObject *errors;   /* a str */
};

/* Takes the contents of `take_res`, in success and failure alike. `argv` is the
 * tuple that was asked for. NULL with an exception set. */
PyObject *result_make(struct writ_result *take_res, PyObject *argv,
		      const struct decoding *decoding);

/* Did a Result exit with 0, with all its output kept? */
bool result_is_fine(PyObject *self);

/* Raises what `check=True` raises for it. Returns NULL. */
PyObject *result_raise(PyObject *self);

#endif
