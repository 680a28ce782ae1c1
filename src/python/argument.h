/* argument.h - one value from Python, as C wants it; what is wrong with it is
 * said with the argument's name.
 */
#ifndef WRIT_PYTHON_ARGUMENT_H
#define WRIT_PYTHON_ARGUMENT_H

#include "module.h"

/* "cwd", "argv[2]" (an index from 0), "env['A']" (a key). */
struct argument {
	const char *name;
	Py_ssize_t index; /* -1: none */
	PyObject *key;	  /* NULL: none */
};

#define ARGUMENT(name) (&(struct argument){ (name), -1, NULL })

/* Raises TypeError "NAME: must be WANTED, not TYPE". Returns -1. */
int argument_is_no(const struct argument *arg, const char *wanted, PyObject *value);

/* Raises ValueError "NAME: WHY". Returns -1. */
int argument_is_bad(const struct argument *arg, const char *why);

/* str as os.fsencode() has it, bytes as they are, a path as os.fspath() gives
 * it: a new bytes object without a NUL. NULL with TypeError or ValueError. */
PyObject *argument_bytes(const struct argument *arg, PyObject *value);

/* Each 0, or -1 with an exception set. bool is no number here. */
int argument_bool(const struct argument *arg, PyObject *value, bool *ret);
int argument_number(const struct argument *arg, PyObject *value, int64_t min, int64_t max,
		    int64_t *ret);

/* What infinity is as milliseconds: some seventy years, and as nanoseconds it can
 * still be added to a time. */
#define ARGUMENT_FOR_EVER_MS (INT64_MAX / 4 / 1000000)

/* Seconds, a number from 0 on, as milliseconds, rounded up; None gives `none`. */
int argument_seconds(const struct argument *arg, PyObject *value, int64_t none, int64_t *ret_ms);

/* The index of a str in a NULL-ended list of words. */
int argument_word(const struct argument *arg, PyObject *value, const char *const *words,
		  int *ret);

/* A descriptor: a number, or what has fileno(). */
int argument_fd(const struct argument *arg, PyObject *value, int *ret);

/* A signal: its number or its name. */
int argument_signal(const struct argument *arg, PyObject *value, int *ret);

/* Does it have that attribute? -1 with an exception set: it cannot be told. */
int argument_has(PyObject *value, const char *name);

/* A tuple of what can be iterated, but not of a str, bytes or a set, whose
 * parts are seldom what is meant. NULL with an exception set. */
PyObject *argument_tuple(const struct argument *arg, PyObject *value, const char *wanted);

/* The items of a mapping, as a list of pairs. NULL with an exception set. */
PyObject *argument_items(const struct argument *arg, PyObject *value, const char *wanted);

#endif
