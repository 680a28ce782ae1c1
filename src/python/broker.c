#include "broker.h"

#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "argument.h"
#include "ask.h"
#include "failure.h"
#include "notify.h"

enum {
	UNDER_WAY_MAX = 64, /* what writd takes over one connection */
	EVENTS_MAX = 64,
	LOOK_MS = 500, /* a signal may come just before a wait, which then goes on */
};

/* All of this process; the interpreter's lock guards the list. */
static struct broker *all;

static struct broker *
of(PyObject *self)
{
	return (struct broker *)self;
}

int
broker_check(const struct broker *broker)
{
	const char *why = NULL;

	if (broker->owner != getpid())
		why = "the run belongs to the process that forked this one";
	else if (broker->poll < 0)
		why = "the loop was closed, and the run ended with it";
	if (why == NULL)
		return 0;
	PyErr_SetString(PyExc_RuntimeError, why);
	return -1;
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The connection. */

static int
watch_link(struct broker *broker, int how)
{
	struct epoll_event event = { EPOLLIN, { .ptr = broker } };

	if (broker->is_full)
		event.events |= EPOLLOUT;
	return epoll_ctl(broker->poll, how, writ_broker_fd(broker->link), &event);
}

void
broker_wait_for_room(struct broker *broker)
{
	if (broker->is_full)
		return;
	broker->is_full = true;
	watch_link(broker, EPOLL_CTL_MOD);
}

static int
open_link(struct broker *broker, struct writ_error *err)
{
	const char *path = broker->path != NULL ? PyBytes_AsString(broker->path) : NULL;
	struct writ_broker *link = NULL;
	int r;

	broker->is_opening = true;
	Py_BEGIN_ALLOW_THREADS
	r = writ_broker_open(path, &link, err);
	Py_END_ALLOW_THREADS
	broker->is_opening = false;
	broker->is_full = false;
	broker->link = link;
	if (r < 0 || watch_link(broker, EPOLL_CTL_ADD) == 0)
		return r;
	broker->link = writ_broker_close(broker->link);
	*err = (struct writ_error){ .size = sizeof(*err), .code = WRIT_E_NOMEM };
	return err->code;
}

static void
close_link(struct broker *broker)
{
	if (broker->link == NULL)
		return;
	if (broker->owner == getpid())
		epoll_ctl(broker->poll, EPOLL_CTL_DEL, writ_broker_fd(broker->link), NULL);
	broker->link = writ_broker_close(broker->link);
	broker->under_way = 0;
	broker->is_full = false;
}

/* Takes what has come. False: it is broken, and all that was sent has been told so. */
static bool
step_link(struct broker *broker)
{
	if (writ_broker_step(broker->link) != WRIT_E_GONE)
		return true;
	close_link(broker);
	return false;
}

/* Another thread may have stopped it meanwhile, as what waits for its turn is. */
static int
connect_and_send(struct broker *broker, struct ask *ask, struct writ_error *err)
{
	int r = open_link(broker, err);

	if (ask->state != ASK_QUEUED)
		return 0;
	return r == 0 ? ask_send(ask, err) : r;
}

/* Over another connection only if the first one did not take it, and is no more. */
static int
send_one(struct broker *broker, struct ask *ask, struct writ_error *err)
{
	int r;

	if (broker->link == NULL)
		return connect_and_send(broker, ask, err);
	r = ask_send(ask, err);
	if (r != WRIT_E_GONE || step_link(broker))
		return r;
	return connect_and_send(broker, ask, err);
}

static bool
may_send(const struct broker *broker)
{
	return broker->under_way < UNDER_WAY_MAX && !broker->is_full && !broker->is_opening;
}

static void
send_queue(struct broker *broker)
{
	while (broker->queue != NULL && may_send(broker)) {
		struct ask *ask = ask_take_queued(broker);
		struct writ_error err = { .size = sizeof(err) };
		int r;

		Py_INCREF(ask); /* who waits for it may give up meanwhile */
		r = send_one(broker, ask, &err);
		if (r == WRIT_E_STATE) {
			ask_put_back(ask);
			broker_wait_for_room(broker);
		} else if (r < 0) {
			ask_fail(ask, &err);
		}
		Py_DECREF(ask);
	}
}

/* Orders that found no room. */
static void
send_stops(struct broker *broker)
{
	for (struct ask *ask = broker->asks; ask != NULL; ask = ask->next)
		if (!ask_send_stop(ask))
			return;
}

static void
serve_link(struct broker *broker, uint32_t events)
{
	if (broker->link == NULL || !step_link(broker))
		return;
	if (!(events & EPOLLOUT) || !broker->is_full)
		return;
	broker->is_full = false;
	watch_link(broker, EPOLL_CTL_MOD);
	send_stops(broker);
}

/* Time. */

static int64_t
look_at_time(struct broker *broker)
{
	int64_t first = INT64_MAX;
	int64_t now = now_ms();

	for (struct ask *ask = broker->asks, *next; ask != NULL; ask = next) {
		int64_t then;

		next = ask->next;
		then = ask_look_at_time(ask, now);
		if (then < first)
			first = then;
	}
	return first;
}

void
broker_set_timer(struct broker *broker)
{
	int64_t rings_ms = look_at_time(broker);
	struct itimerspec spec = { 0 };

	if (broker->news != NULL)
		rings_ms = 1; /* long ago */
	else if (rings_ms == INT64_MAX)
		rings_ms = 0;
	if (rings_ms == broker->rings_ms)
		return;
	broker->rings_ms = rings_ms;
	spec.it_value.tv_sec = rings_ms / 1000;
	spec.it_value.tv_nsec = rings_ms % 1000 * 1000000;
	timerfd_settime(broker->timer, TFD_TIMER_ABSTIME, &spec, NULL);
}

static void
take_ring(struct broker *broker)
{
	uint64_t count;

	if (read(broker->timer, &count, sizeof(count)) > 0)
		broker->rings_ms = 0;
}

/* The object. */

static int
open_poll(struct broker *broker)
{
	struct epoll_event event = { EPOLLIN, { .ptr = &broker->timer } };

	broker->poll = epoll_create1(EPOLL_CLOEXEC);
	broker->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (broker->poll >= 0 && broker->timer >= 0 &&
	    epoll_ctl(broker->poll, EPOLL_CTL_ADD, broker->timer, &event) == 0)
		return 0;
	PyErr_SetFromErrno(PyExc_OSError);
	return -1;
}

static PyObject *
new_broker(PyTypeObject *type, PyObject *args, PyObject *options)
{
	allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
	PyObject *path = Py_None;
	struct broker *broker;
	PyObject *self;

	(void)options;
	if (!PyArg_ParseTuple(args, "|O:Broker", &path))
		return NULL;
	self = alloc(type, 0);
	if (self == NULL)
		return NULL;
	broker = of(self);
	broker->poll = broker->timer = -1;
	broker->owner = getpid();
	broker->queue_end = &broker->queue;
	broker->next = all;
	broker->at = &all;
	if (all != NULL)
		all->at = &broker->next;
	all = broker;
	if (path != Py_None)
		broker->path = argument_bytes(ARGUMENT("socket"), path);
	if ((path != Py_None && broker->path == NULL) || open_poll(broker) < 0)
		Py_CLEAR(self);
	return self;
}

/* In a fork nothing is ended: only our copies are closed. */
static void
shut(struct broker *broker)
{
	while (broker->asks != NULL)
		ask_abandon(broker->asks);
	while (broker->queue != NULL)
		ask_abandon(broker->queue);
	close_link(broker);
	while (broker->errands != NULL) {
		struct errand *errand = broker->errands;

		broker->errands = errand->next;
		PyMem_Free(errand);
	}
	if (broker->poll >= 0)
		close(broker->poll);
	if (broker->timer >= 0)
		close(broker->timer);
	broker->poll = broker->timer = -1;
}

static PyObject *
close_broker(PyObject *self, PyObject *unused)
{
	(void)unused;
	shut(of(self));
	Py_RETURN_NONE;
}

static void
dealloc(PyObject *self)
{
	struct broker *broker = of(self);

	shut(broker);
	*broker->at = broker->next;
	if (broker->next != NULL)
		broker->next->at = broker->at;
	Py_CLEAR(broker->path);
	module_free(self);
}

/* What the parent asked goes on, and ends with the parent: not with us too. */
static PyObject *
close_inherited(PyObject *module, PyObject *unused)
{
	(void)module;
	(void)unused;
	for (struct broker *broker = all; broker != NULL; broker = broker->next)
		if (broker->owner != getpid())
			shut(broker);
	Py_RETURN_NONE;
}

/* Sends it, or has it wait for its turn. 0 or a code. */
static int
begin(struct broker *broker, struct ask *ask, struct writ_error *err)
{
	int r = WRIT_E_STATE;

	if (broker->queue == NULL && may_send(broker)) {
		r = send_one(broker, ask, err);
		if (r == WRIT_E_STATE)
			broker_wait_for_room(broker);
	}
	return r == WRIT_E_STATE ? ask_queue(ask, err) : r;
}

static PyObject *
start(PyObject *self, PyObject *args)
{
	struct writ_error err = { .size = sizeof(err) };
	PyObject *argv;
	PyObject *options;
	PyObject *notify;
	int is_process; /* as of a Hub's start() */
	struct ask *ask;
	int r;

	if (!PyArg_ParseTuple(args, "OO!pO:start", &argv, &PyDict_Type, &options, &is_process,
			      &notify) ||
	    broker_check(of(self)) < 0)
		return NULL;
	ask = ask_new(of(self), argv, options, notify);
	if (ask == NULL)
		return NULL;
	r = begin(of(self), ask, &err);
	send_queue(of(self)); /* what came while we connected */
	broker_set_timer(of(self));
	if (r == 0)
		return (PyObject *)ask;
	Py_DECREF(ask);
	return failure_raise(&err);
}

static PyObject *
get_fileno(PyObject *self, PyObject *unused)
{
	(void)unused;
	return broker_check(of(self)) < 0 ? NULL : PyLong_FromLong(of(self)->poll);
}

/* Whoever is told may do anything: the list is looked at anew each time. */
static int
tell_news(struct broker *broker)
{
	struct notify_raised first = { 0 };

	while (broker->news != NULL) {
		struct ask *ask = broker->news;

		broker->news = ask->next_news;
		ask->has_news = false;
		if (ask->notify != NULL)
			notify_call(ask->notify, &first);
	}
	return notify_end(&first);
}

static void
take_events(struct broker *broker)
{
	struct epoll_event events[EVENTS_MAX];
	int count = epoll_wait(broker->poll, events, EVENTS_MAX, 0);
	uint32_t link_events = 0;

	for (int i = 0; i < count; i++) {
		if (events[i].data.ptr == broker)
			link_events = events[i].events;
		else if (events[i].data.ptr == &broker->timer)
			take_ring(broker);
		else
			ask_serve(events[i].data.ptr);
	}
	if (link_events != 0)
		serve_link(broker, link_events);
}

/* How many have not ended. */
static long
count(const struct broker *broker)
{
	long found = 0;

	for (const struct ask *ask = broker->asks; ask != NULL; ask = ask->next)
		found++;
	for (const struct ask *ask = broker->queue; ask != NULL; ask = ask->next)
		found++;
	return found;
}

static PyObject *
step(PyObject *self, PyObject *unused)
{
	struct broker *broker = of(self);
	int r;

	(void)unused;
	if (broker_check(broker) < 0)
		return NULL;
	take_events(broker);
	look_at_time(broker);
	send_queue(broker);
	Py_INCREF(self); /* who is told may let go of it */
	r = tell_news(broker);
	if (broker->poll >= 0)
		broker_set_timer(broker);
	Py_DECREF(self);
	return r < 0 ? NULL : PyLong_FromLong(count(broker));
}

static PyObject *
wait_and_step(PyObject *self, PyObject *unused)
{
	struct pollfd fd;

	(void)unused;
	if (broker_check(of(self)) < 0)
		return NULL;
	fd = (struct pollfd){ of(self)->poll, POLLIN, 0 };
	Py_BEGIN_ALLOW_THREADS
	poll(&fd, 1, LOOK_MS); /* whyever it ends, a step does no harm */
	Py_END_ALLOW_THREADS
	return PyErr_CheckSignals() < 0 ? NULL : step(self, NULL);
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
	return PyLong_FromLong(count(of(self)));
}

static PyObject *
get_closed(PyObject *self, void *unused)
{
	(void)unused;
	return PyBool_FromLong(of(self)->poll < 0);
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
	  "Starts an Ask; it waits only while very many others are connecting." },
	{ "fileno", get_fileno, METH_NOARGS,
	  "fileno($self, /)\n--\n\n"
	  "Readable when step() is due." },
	{ "step", step, METH_NOARGS,
	  "step($self, /)\n--\n\n"
	  "Does what is due, and tells the news; how many runs have not ended." },
	{ "wait", wait_and_step, METH_NOARGS,
	  "wait($self, /)\n--\n\nThe same after waiting, for a while, until it is due." },
	{ "close", close_broker, METH_NOARGS,
	  "close($self, /)\n--\n\n"
	  "Ends all its runs; in a fork none." },
	{ 0 },
};

static PyMethodDef functions[] = {
	{ "close_inherited", close_inherited, METH_NOARGS,
	  "close_inherited()\n--\n\nTo be called in each fork." },
	{ 0 },
};

static PyType_Slot slots[] = {
	{ Py_tp_doc, "Broker(socket=None)\n--\n\nRuns by writd in the loop of others." },
	{ Py_tp_new, new_broker },
	{ Py_tp_dealloc, dealloc },
	{ Py_tp_getset, fields },
	{ Py_tp_methods, methods },
	{ 0, NULL },
};

static PyType_Spec spec = {
	.name = "writ._writ.Broker",
	.basicsize = sizeof(struct broker),
	.flags = Py_TPFLAGS_DEFAULT,
	.slots = slots,
};

int
broker_add(PyObject *module)
{
	PyTypeObject *type = module_add_type(module, &spec);

	Py_XDECREF(type); /* the module has it */
	return type == NULL ? -1 : PyModule_AddFunctions(module, functions);
}
