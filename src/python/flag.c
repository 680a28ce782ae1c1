/* flag.c - what one thread waits for and another sets: a native one, whatever
 * eventlet or gevent have made of threading.Event.
 */
#include "argument.h"

struct flag {
	PyObject_HEAD
	PyThread_type_lock lock; /* held until it is set */
	bool is_set;
};

static struct flag *
of(PyObject *self)
{
	return (struct flag *)self;
}

static PyObject *
new_flag(PyTypeObject *type, PyObject *args, PyObject *options)
{
	allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
	PyObject *self;

	(void)options;
	if (!PyArg_ParseTuple(args, ":Flag"))
		return NULL;
	self = alloc(type, 0);
	if (self == NULL)
		return NULL;
	of(self)->lock = PyThread_allocate_lock();
	if (of(self)->lock == NULL) {
		Py_DECREF(self);
		return PyErr_NoMemory();
	}
	PyThread_acquire_lock(of(self)->lock, 1);
	return self;
}

static void
dealloc(PyObject *self)
{
	if (of(self)->lock != NULL) {
		if (!of(self)->is_set)
			PyThread_release_lock(of(self)->lock);
		PyThread_free_lock(of(self)->lock);
	}
	module_free(self);
}

/* Who sets it holds the interpreter: nobody else sets it too. */
static PyObject *
set(PyObject *self, PyObject *unused)
{
	(void)unused;
	if (!of(self)->is_set) {
		of(self)->is_set = true;
		PyThread_release_lock(of(self)->lock);
	}
	Py_RETURN_NONE;
}

static PyObject *
wait_ms(PyObject *self, PyObject *value)
{
	PyLockStatus status;
	int64_t ms;

	if (argument_number(ARGUMENT("ms"), value, 0, INT32_MAX, &ms) < 0)
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	status = PyThread_acquire_lock_timed(of(self)->lock, ms * 1000, 1);
	Py_END_ALLOW_THREADS
	if (status == PY_LOCK_ACQUIRED)
		PyThread_release_lock(of(self)->lock); /* for others who wait, and for dealloc() */
	else if (status == PY_LOCK_INTR && PyErr_CheckSignals() < 0)
		return NULL;
	return PyBool_FromLong(of(self)->is_set);
}

static PyMethodDef methods[] = {
	{ "set", set, METH_NOARGS, "set($self, /)\n--\n\nWakes who waits, once and for all." },
	{ "wait", wait_ms, METH_O,
	  "wait($self, ms, /)\n--\n\nUntil it is set, or the time is over; is it set?" },
	{ 0 },
};

static PyType_Slot slots[] = {
	{ Py_tp_doc, "Flag()\n--\n\nWhat one thread waits for and another sets." },
	{ Py_tp_new, new_flag },
	{ Py_tp_dealloc, dealloc },
	{ Py_tp_methods, methods },
	{ 0, NULL },
};

static PyType_Spec spec = {
	.name = "writ._writ.Flag",
	.basicsize = sizeof(struct flag),
	.flags = Py_TPFLAGS_DEFAULT,
	.slots = slots,
};

int
flag_add(PyObject *module)
{
	PyTypeObject *type = module_add_type(module, &spec);

	Py_XDECREF(type); /* the module has it */
	return type == NULL ? -1 : 0;
}
