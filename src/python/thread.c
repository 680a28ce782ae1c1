/* thread.c - native threads, and what is of one alone.
 *
 * _thread.start_new_thread() and threading.local may be another's by now: eventlet
 * and gevent put green threads in their place.
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

static PyObject *
thread_dict(PyObject *module, PyObject *unused)
{
	PyObject *dict = PyThreadState_GetDict();

	(void)module;
	(void)unused;
	if (dict == NULL)
		return PyErr_NoMemory();
	Py_INCREF(dict);
	return dict;
}

static PyMethodDef functions[] = {
	{ "start_thread", start_thread, METH_O,
	  "start_thread(function, /)\n--\n\n"
	  "Calls it on a thread of its own, which no library has put a "
	  "green one in\nplace of." },
	{ "thread_dict", thread_dict, METH_NOARGS,
	  "thread_dict()\n--\n\n"
	  "What is kept for this native thread, and let go of when it ends." },
	{ 0 },
};

int
thread_add(PyObject *module)
{
	return PyModule_AddFunctions(module, functions);
}
