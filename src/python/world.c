#include "world.h"

/* Interned once: the names that each call looks up. */
static struct {
	PyObject *asyncio;
	PyObject *running_loop;
	PyObject *eventlet;
	PyObject *threadlocal;
	PyObject *hub;
	PyObject *gevent;
	PyObject *hub_if_exists;
} names;

/* The eventlet hub of the thread that forked us: its copy here still watches the
 * parent's descriptors, and what it is told would be taken from the parent. */
static PyObject *inherited_hub;

/* Borrowed; NULL, without an exception, if it was not imported. */
static PyObject *
imported(PyObject *name)
{
	PyObject *module = PyDict_GetItemWithError(PyImport_GetModuleDict(), name);

	return module == Py_None ? NULL : module; /* None: it must not be */
}

/* Is module.function() something? -1 with an exception set. Where another thread is
 * just importing the module there is no such function yet. */
static int
answers(PyObject *module, PyObject *function)
{
	PyObject *callable = PyObject_GetAttr(module, function);
	PyObject *answer = callable == NULL ? NULL : PyObject_CallObject(callable, NULL);
	int r = answer == NULL ? -1 : answer != Py_None;

	if (callable == NULL && PyErr_ExceptionMatches(PyExc_AttributeError)) {
		PyErr_Clear();
		r = 0;
	}
	Py_XDECREF(callable);
	Py_XDECREF(answer);
	return r;
}

/* Eventlet makes a hub for a thread when it first needs one, and keeps it in a
 * variable of the thread. A new reference in `*ret_hub`, or NULL: there is none. */
static int
find_eventlet_hub(PyObject *module, PyObject **ret_hub)
{
	PyObject *local = PyObject_GetAttr(module, names.threadlocal);
	PyObject *hub = local == NULL ? NULL : PyObject_GetAttr(local, names.hub);
	int r = 0;

	if (hub == NULL && PyErr_ExceptionMatches(PyExc_AttributeError))
		PyErr_Clear();
	else if (hub == NULL)
		r = -1;
	Py_XDECREF(local);
	*ret_hub = hub;
	return r;
}

/* Green threads can be only where a hub is. */
static int
has_eventlet_hub(PyObject *module)
{
	PyObject *hub;
	int r = find_eventlet_hub(module, &hub);

	if (r == 0 && hub != NULL)
		r = hub != inherited_hub;
	Py_XDECREF(hub);
	return r;
}

int
world_here(void)
{
	PyObject *module = imported(names.eventlet);
	int r = 0;

	if (module != NULL)
		r = has_eventlet_hub(module);
	module = r == 0 ? imported(names.gevent) : NULL;
	if (module != NULL)
		r = answers(module, names.hub_if_exists);
	if (r != 0)
		return r < 0 ? -1 : WORLD_GREEN;

	module = imported(names.asyncio);
	if (module != NULL)
		r = answers(module, names.running_loop);
	if (r < 0 || PyErr_Occurred())
		return -1;
	return r > 0 ? WORLD_ASYNCIO : WORLD_PLAIN;
}

static PyObject *
world(PyObject *module, PyObject *unused)
{
	static const char *const texts[] = {
		[WORLD_PLAIN] = "plain",
		[WORLD_GREEN] = "green",
		[WORLD_ASYNCIO] = "asyncio",
	};
	int here = world_here();

	(void)module;
	(void)unused;
	return here < 0 ? NULL : PyUnicode_FromString(texts[here]);
}

/* Of the threads of the parent only the one that forked goes on in us. */
static PyObject *
note_fork(PyObject *module, PyObject *unused)
{
	PyObject *eventlet = imported(names.eventlet);
	PyObject *hub = NULL;

	(void)module;
	(void)unused;
	if (eventlet != NULL && find_eventlet_hub(eventlet, &hub) < 0)
		return NULL;
	Py_XDECREF(inherited_hub);
	inherited_hub = hub;
	Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
	{ "note_fork", note_fork, METH_NOARGS, "note_fork()\n--\n\nTo be called in each fork." },
	{ "world", world, METH_NOARGS,
	  "world()\n--\n\n"
	  "Who else runs on this thread: 'plain' (nobody), 'green' or 'asyncio'." },
	{ 0 },
};

int
world_add(PyObject *module)
{
	names.asyncio = PyUnicode_InternFromString("asyncio.events");
	names.running_loop = PyUnicode_InternFromString("_get_running_loop");
	names.eventlet = PyUnicode_InternFromString("eventlet.hubs");
	names.threadlocal = PyUnicode_InternFromString("_threadlocal");
	names.hub = PyUnicode_InternFromString("hub");
	names.gevent = PyUnicode_InternFromString("gevent._hub_local");
	names.hub_if_exists = PyUnicode_InternFromString("get_hub_if_exists");
	return PyErr_Occurred() ? -1 : PyModule_AddFunctions(module, functions);
}
