/* module.h - what the files of the extension share: the interpreter's header,
 * and how a type and a world are found.
 *
 * The extension keeps to the limited API of Python 3.9, so one file serves
 * every later version. It belongs to one interpreter: its variables are of the
 * process, and the interpreter's lock guards them.
 */
#ifndef WRIT_PYTHON_MODULE_H
#define WRIT_PYTHON_MODULE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

#include <writ.h>

/* A function with keywords, as a slot of a method table wants it. */
#define WITH_KEYWORDS(function) \
	((PyCFunction)(void (*)(void))(function)), METH_VARARGS | METH_KEYWORDS

/* Adds what a file has to offer to the module. 0, or -1 with an exception set. */
int ask_add(PyObject *module);
int broker_add(PyObject *module);
int fact_add(PyObject *module);
int identity_add(PyObject *module);
int plan_add(PyObject *module);
int result_add(PyObject *module);
int run_add(PyObject *module);
int blocking_add(PyObject *module);
int tree_add(PyObject *module);
int thread_add(PyObject *module);
int world_add(PyObject *module);
int flag_add(PyObject *module);
int hub_add(PyObject *module);

/* Makes a type and adds it under the last part of its name; NULL with an
 * exception set. The reference is the caller's, for as long as the process lives. */
PyTypeObject *module_add_type(PyObject *module, PyType_Spec *spec);
PyTypeObject *module_add_record(PyObject *module, PyStructSequence_Desc *desc);

/* For tp_new of what only the extension makes. */
PyObject *module_no_new(PyTypeObject *type, PyObject *args, PyObject *options);

/* Gives the memory of an object of a heap type back, and its hold on the type. */
void module_free(PyObject *self);

/* An attribute of one of our Python modules, imported when it is first wanted. */
PyObject *module_find(const char *module, const char *name);

#endif
