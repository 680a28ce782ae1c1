#include "hub.h"

#include <poll.h>
#include <unistd.h>

#include "failure.h"
#include "host.h"
#include "notify.h"
#include "run.h"

static struct hub *
of(PyObject *self)
{
	return (struct hub *)self;
}

int
hub_check(const struct hub *hub)
{
	const char *why = NULL;

	if (hub->host == NULL)
		why = "the hub is closed";
	else if (hub->owner != getpid())
		why = "the run belongs to the process that forked this one";
	if (why == NULL)
		return 0;
	PyErr_SetString(PyExc_RuntimeError, why);
	return -1;
}

static PyObject *
new_hub(PyTypeObject *type, PyObject *args, PyObject *options)
{
	allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
	PyObject *self;

	(void)options;
	if (!PyArg_ParseTuple(args, ":Hub"))
		return NULL;
	self = alloc(type, 0);
	if (self == NULL)
		return NULL;
	of(self)->owner = getpid();
	of(self)->host = host_new(false);
	if (of(self)->host == NULL)
		Py_CLEAR(self);
	return self;
}

/* In a fork nothing is ended: see run_abandon() and writ_host_free(). */
static void
shut(struct hub *hub)
{
	struct writ_host *host = hub->host;

	while (hub->runs != NULL)
		run_abandon(hub->runs);
	hub->host = NULL;
	if (host == NULL)
		return;
	Py_BEGIN_ALLOW_THREADS
	writ_host_free(host);
	Py_END_ALLOW_THREADS
}

static PyObject *
close_hub(PyObject *self, PyObject *unused)
{
	(void)unused;
	shut(of(self));
	Py_RETURN_NONE;
}

static void
dealloc(PyObject *self)
{
	shut(of(self));
	module_free(self);
}

static PyObject *
start(PyObject *self, PyObject *args)
{
	PyObject *argv;
	PyObject *options;
	PyObject *notify;
	int is_process;

	if (!PyArg_ParseTuple(args, "OO!pO:start", &argv, &PyDict_Type, &options, &is_process,
			      &notify))
		return NULL;
	return run_start(of(self), argv, options, is_process, notify);
}

static PyObject *
get_fileno(PyObject *self, PyObject *unused)
{
	(void)unused;
	return hub_check(of(self)) < 0 ? NULL : PyLong_FromLong(writ_host_fd(of(self)->host));
}

static PyObject *
wait_ms(PyObject *self, PyObject *unused)
{
	(void)unused;
	return hub_check(of(self)) < 0 ? NULL : PyLong_FromLong(writ_host_wait_ms(of(self)->host));
}

/* Whoever is told may do anything: the list is looked at anew each time. */
static int
tell_news(struct hub *hub)
{
	struct notify_raised first = { 0 };

	while (hub->news != NULL) {
		struct run *run = hub->news;

		hub->news = run->next_news;
		run->has_news = false;
		if (run->notify != NULL)
			notify_call(run->notify, &first);
	}
	return notify_end(&first);
}

static PyObject *
step(PyObject *self, PyObject *unused)
{
	struct hub *hub = of(self);
	int left;
	int r;

	(void)unused;
	if (hub_check(hub) < 0)
		return NULL;
	left = writ_host_step(hub->host);
	if (left < 0)
		return failure_raise_code(left, WRIT_STAGE_HOST);
	Py_INCREF(self); /* who is told may let go of it */
	r = tell_news(hub);
	Py_DECREF(self);
	return r < 0 ? NULL : PyLong_FromLong(left);
}

static PyObject *
wait_and_step(PyObject *self, PyObject *unused)
{
	struct hub *hub = of(self);
	struct pollfd fd;

	(void)unused;
	if (hub_check(hub) < 0)
		return NULL;
	fd = (struct pollfd){ writ_host_fd(hub->host), POLLIN, 0 };
	Py_BEGIN_ALLOW_THREADS
	poll(&fd, 1, -1); /* whyever it ends, a step does no harm */
	Py_END_ALLOW_THREADS
	return PyErr_CheckSignals() < 0 ? NULL : step(self, NULL);
}

static PyObject *
stop_all(PyObject *self, PyObject *unused)
{
	int r;

	(void)unused;
	if (hub_check(of(self)) < 0)
		return NULL;
	r = writ_cancel(of(self)->host, 0, WRIT_STOP_KILL, "caller");
	if (r < 0)
		return failure_raise_code(r, WRIT_STAGE_HOST);
	Py_RETURN_NONE;
}

static PyObject *
get_closed(PyObject *self, void *unused)
{
	(void)unused;
	return PyBool_FromLong(of(self)->host == NULL);
}

static PyObject *
get_owner(PyObject *self, void *unused)
{
	(void)unused;
	return PyLong_FromLong(of(self)->owner);
}

static PyObject *
get_count(PyObject *self, void *unused)
{
	(void)unused;
	return hub_check(of(self)) < 0 ? NULL : PyLong_FromLong(writ_host_count(of(self)->host));
}

static PyGetSetDef fields[] = {
	{ "count", get_count, NULL, "how many runs have not ended", NULL },
	{ "closed", get_closed, NULL, NULL, NULL },
	{ "owner", get_owner, NULL, "pid of the process that made it", NULL },
	{ 0 },
};

static PyMethodDef methods[] = {
	{ "start", start, METH_VARARGS,
	  "start($self, argv, options, is_process, notify, /)\n--\n\n"
	  "Starts a Run, without waiting for anything." },
	{ "fileno", get_fileno, METH_NOARGS,
	  "fileno($self, /)\n--\n\n"
	  "Readable when step() is due." },
	{ "wait_ms", wait_ms, METH_NOARGS,
	  "wait_ms($self, /)\n--\n\n"
	  "Milliseconds until step() is due anyhow; -1: never." },
	{ "step", step, METH_NOARGS,
	  "step($self, /)\n--\n\n"
	  "Does what is due, and tells the news; how many runs have not ended." },
	{ "wait", wait_and_step, METH_NOARGS,
	  "wait($self, /)\n--\n\nThe same after waiting until it is due." },
	{ "stop_all", stop_all, METH_NOARGS,
	  "stop_all($self, /)\n--\n\n"
	  "Begins to end all its runs at once." },
	{ "close", close_hub, METH_NOARGS,
	  "close($self, /)\n--\n\n"
	  "Ends all its runs at once; in a fork none." },
	{ 0 },
};

static PyType_Slot slots[] = {
	{ Py_tp_doc, "Hub()\n--\n\nRuns in the loop of others: see writ.aio and writ.green." },
	{ Py_tp_new, new_hub },
	{ Py_tp_dealloc, dealloc },
	{ Py_tp_getset, fields },
	{ Py_tp_methods, methods },
	{ 0, NULL },
};

static PyType_Spec spec = {
	.name = "writ._writ.Hub",
	.basicsize = sizeof(struct hub),
	.flags = Py_TPFLAGS_DEFAULT,
	.slots = slots,
};

int
hub_add(PyObject *module)
{
	PyTypeObject *type = module_add_type(module, &spec);

	Py_XDECREF(type); /* the module has it */
	return type == NULL ? -1 : 0;
}
