#include "argument.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

static PyObject *
label(const struct argument *arg)
{
	if (arg->key != NULL)
		return PyUnicode_FromFormat("%s[%R]", arg->name, arg->key);
	if (arg->index >= 0)
		return PyUnicode_FromFormat("%s[%zd]", arg->name, arg->index);
	return PyUnicode_FromString(arg->name);
}

int
argument_is_no(const struct argument *arg, const char *wanted, PyObject *value)
{
	PyObject *name = label(arg);
	PyObject *type = PyObject_GetAttrString((PyObject *)Py_TYPE(value), "__name__");

	if (name != NULL && type != NULL)
		PyErr_Format(PyExc_TypeError, "%U: must be %s, not %U", name, wanted, type);
	Py_XDECREF(name);
	Py_XDECREF(type);
	return -1;
}

int
argument_is_bad(const struct argument *arg, const char *why)
{
	PyObject *name = label(arg);

	if (name != NULL)
		PyErr_Format(PyExc_ValueError, "%U: %s", name, why);
	Py_XDECREF(name);
	return -1;
}

static PyObject *
encode(const struct argument *arg, PyObject *text)
{
	PyObject *bytes = PyUnicode_EncodeFSDefault(text);

	if (bytes == NULL && PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) {
		PyErr_Clear();
		argument_is_bad(arg, "cannot be encoded: a lone surrogate, or a character that the "
				     "file system's encoding lacks");
	}
	return bytes;
}

static PyObject *
path_bytes(const struct argument *arg, PyObject *value)
{
	PyObject *path = PyOS_FSPath(value);
	PyObject *bytes;

	if (path == NULL) {
		if (!PyErr_ExceptionMatches(PyExc_TypeError))
			return NULL;
		PyErr_Clear();
		argument_is_no(arg, "str, bytes or os.PathLike", value);
		return NULL;
	}
	if (PyBytes_Check(path))
		return path;
	bytes = encode(arg, path);
	Py_DECREF(path);
	return bytes;
}

PyObject *
argument_bytes(const struct argument *arg, PyObject *value)
{
	PyObject *bytes;

	if (PyUnicode_Check(value)) {
		bytes = encode(arg, value);
	} else if (PyBytes_Check(value)) {
		Py_INCREF(value);
		bytes = value;
	} else {
		bytes = path_bytes(arg, value);
	}
	if (bytes != NULL && strlen(PyBytes_AsString(bytes)) != (size_t)PyBytes_Size(bytes)) {
		Py_DECREF(bytes);
		argument_is_bad(arg, "a NUL byte inside");
		return NULL;
	}
	return bytes;
}

int
argument_bool(const struct argument *arg, PyObject *value, bool *ret)
{
	if (!PyBool_Check(value))
		return argument_is_no(arg, "a bool", value);
	*ret = value == Py_True;
	return 0;
}

int
argument_number(const struct argument *arg, PyObject *value, int64_t min, int64_t max,
		int64_t *ret)
{
	char why[96];
	int overflow;
	long long number;

	if (!PyLong_Check(value) || PyBool_Check(value))
		return argument_is_no(arg, "an int", value);
	number = PyLong_AsLongLongAndOverflow(value, &overflow);
	if (overflow == 0 && number >= min && number <= max) {
		*ret = number;
		return 0;
	}
	snprintf(why, sizeof(why), "not from %lld to %lld", (long long)min, (long long)max);
	return argument_is_bad(arg, why);
}

int
argument_seconds(const struct argument *arg, PyObject *value, int64_t none, int64_t *ret_ms)
{
	double seconds;

	if (value == Py_None) {
		*ret_ms = none;
		return 0;
	}
	if (PyBool_Check(value) || PyUnicode_Check(value))
		return argument_is_no(arg, "a number of seconds", value);
	seconds = PyFloat_AsDouble(value);
	if (PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_TypeError)) {
		PyErr_Clear();
		return argument_is_no(arg, "a number of seconds", value);
	}
	if (PyErr_Occurred() && PyErr_ExceptionMatches(PyExc_OverflowError)) {
		PyErr_Clear();
		return argument_is_bad(arg, "not a number of seconds from 0 on");
	}
	if (PyErr_Occurred())
		return -1;
	if (isnan(seconds) || seconds < 0)
		return argument_is_bad(arg, "not a number of seconds from 0 on");
	*ret_ms = seconds > (double)ARGUMENT_FOR_EVER_MS / 1000 ? ARGUMENT_FOR_EVER_MS
								: (int64_t)ceil(seconds * 1000);
	return 0;
}

int
argument_word(const struct argument *arg, PyObject *value, const char *const *words, int *ret)
{
	char why[128] = "not one of";

	if (!PyUnicode_Check(value))
		return argument_is_no(arg, "a str", value);
	for (int i = 0; words[i] != NULL; i++) {
		if (PyUnicode_CompareWithASCIIString(value, words[i]) == 0) {
			*ret = i;
			return 0;
		}
		strncat(why, i == 0 ? " " : ", ", sizeof(why) - strlen(why) - 1);
		strncat(why, words[i], sizeof(why) - strlen(why) - 1);
	}
	return argument_is_bad(arg, why);
}

int
argument_fd(const struct argument *arg, PyObject *value, int *ret)
{
	int fd;

	if (PyBool_Check(value))
		return argument_is_no(arg, "a descriptor or a file", value);
	fd = PyObject_AsFileDescriptor(value);
	if (fd < 0) {
		/* a closed file says so itself, by ValueError */
		if (!PyErr_ExceptionMatches(PyExc_TypeError))
			return -1;
		PyErr_Clear();
		return argument_is_no(arg, "a descriptor or a file", value);
	}
	*ret = fd;
	return 0;
}

int
argument_signal(const struct argument *arg, PyObject *value, int *ret)
{
	PyObject *bytes;
	int64_t number;
	int r;

	if (!PyUnicode_Check(value)) {
		if (argument_number(arg, value, 1, 64, &number) < 0)
			return -1;
		*ret = (int)number;
		return 0;
	}
	bytes = argument_bytes(arg, value);
	if (bytes == NULL)
		return -1;
	r = writ_signal_parse(PyBytes_AsString(bytes), ret, NULL);
	Py_DECREF(bytes);
	return r < 0 ? argument_is_bad(arg, "not the name of a signal") : 0;
}

int
argument_has(PyObject *value, const char *name)
{
	PyObject *attribute = PyObject_GetAttrString(value, name);

	if (attribute == NULL && !PyErr_ExceptionMatches(PyExc_AttributeError))
		return -1;
	PyErr_Clear();
	Py_XDECREF(attribute);
	return attribute != NULL;
}

/* What claims to be a mapping may answer anything. */
static bool
are_pairs(PyObject *items)
{
	bool are = true;

	for (Py_ssize_t i = 0; are && i < PyList_Size(items); i++) {
		PyObject *item = PyList_GetItem(items, i);

		are = PyTuple_Check(item) && PyTuple_Size(item) == 2;
	}
	return are;
}

PyObject *
argument_items(const struct argument *arg, PyObject *value, const char *wanted)
{
	PyObject *items = NULL;

	if (argument_has(value, "items") > 0)
		items = PyMapping_Items(value);
	if (items != NULL && are_pairs(items))
		return items;
	Py_XDECREF(items);
	if (!PyErr_Occurred())
		argument_is_no(arg, wanted, value);
	return NULL;
}

PyObject *
argument_tuple(const struct argument *arg, PyObject *value, const char *wanted)
{
	PyObject *tuple = NULL;

	if (!PyUnicode_Check(value) && !PyBytes_Check(value) && !PyByteArray_Check(value) &&
	    !PyAnySet_Check(value))
		tuple = PySequence_Tuple(value);
	if (tuple != NULL)
		return tuple;
	/* what its iterator raised is the caller's; that there is none, ours to say */
	if (PyErr_Occurred() && (!PyErr_ExceptionMatches(PyExc_TypeError) ||
				 PyObject_HasAttrString(value, "__iter__")))
		return NULL;
	PyErr_Clear();
	argument_is_no(arg, wanted, value);
	return NULL;
}
