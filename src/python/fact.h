/* fact.h - the parts of a result as named tuples: Output, Fed, Usage, LeftBehind.
 *
 * What was not seen is None, as it is null in the record.
 */
#ifndef WRIT_PYTHON_FACT_H
#define WRIT_PYTHON_FACT_H

#include "module.h"

/* A new object each, or NULL with an exception set. */
PyObject *fact_output(const struct writ_output *output);
PyObject *fact_fed(const struct writ_fed *fed);
PyObject *fact_usage(const struct writ_usage *usage);
PyObject *fact_left(const struct writ_left *left);

/* None below 0; None for NULL and "". */
PyObject *fact_number(int64_t number);
PyObject *fact_text(const char *text);

#endif
