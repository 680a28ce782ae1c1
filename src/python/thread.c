/* thread.c - a thread of its own for a Python function.
 *
 * _thread.start_new_thread() may be another's by now: eventlet and gevent put
 * green threads in its place.
 */
#include "module.h"

static void
call(void *take_function)
{
	PyObject *function = take_function;
	PyGILState_STATE state = PyGILState_Ensure();
	PyObject *answer = PyObject_CallObject(function, NULL);

	if (answer == NULL)
		PyErr_WriteUnraisable(function);
	Py_XDECREF(answer);
	Py_DECREF(function);
	PyGILState_Release(state);
}

static PyObject *
start_thread(PyObject *module, PyObject *function)
{
	(void)module;
	Py_INCREF(function);
	if (PyThread_start_new_thread(call, function) != (unsigned long)-1)
		Py_RETURN_NONE;
	Py_DECREF(function);
	PyErr_SetString(PyExc_RuntimeError, "no thread could be started");
	return NULL;
}

static PyMethodDef functions[] = {
	{ "start_thread", start_thread, METH_O,
	  "start_thread(function, /)\n--\n\n"
	  "Calls it on a thread of its own, which no library has put a "
	  "green one in\nplace of." },
	{ 0 },
};

int
thread_add(PyObject *module)
{
	return PyModule_AddFunctions(module, functions);
}
