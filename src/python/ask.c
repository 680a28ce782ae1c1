#include "ask.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "argument.h"
#include "failure.h"

/* Of this process; see module.h. */
static PyTypeObject *ask_type;

static struct ask *
of(PyObject *self)
{
	return (struct ask *)self;
}

static bool
is_inherited(const struct ask *ask)
{
	return ask->broker->owner != getpid();
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* The lists. */

static void
enlist(struct ask *ask)
{
	struct broker *broker = ask->broker;

	ask->next = broker->asks;
	ask->at = &broker->asks;
	if (ask->next != NULL)
		ask->next->at = &ask->next;
	broker->asks = ask;
}

static void
delist(struct ask *ask)
{
	if (ask->at == NULL)
		return;
	*ask->at = ask->next;
	if (ask->next != NULL)
		ask->next->at = ask->at;
	else if (ask->state == ASK_QUEUED)
		ask->broker->queue_end = ask->at;
	ask->at = NULL;
}

struct ask *
ask_take_queued(struct broker *broker)
{
	struct ask *ask = broker->queue;

	delist(ask);
	return ask;
}

void
ask_put_back(struct ask *ask)
{
	struct broker *broker = ask->broker;

	ask->next = broker->queue;
	ask->at = &broker->queue;
	if (ask->next != NULL)
		ask->next->at = &ask->next;
	else
		broker->queue_end = &ask->next;
	broker->queue = ask;
}

static void
tell(struct ask *ask)
{
	if (ask->has_news)
		return;
	ask->has_news = true;
	ask->next_news = ask->broker->news;
	ask->broker->news = ask;
}

static void
forget_news(struct ask *ask)
{
	struct ask **at = &ask->broker->news;

	if (!ask->has_news)
		return;
	while (*at != ask)
		at = &(*at)->next_news;
	*at = ask->next_news;
	ask->has_news = false;
}

/* The end. */

static void
hand_out(struct flow *flow, struct writ_output *ret_output)
{
	bool is_held = flow->ours >= 0;

	flow_close(flow, false);
	if (!flow->is_captured)
		return;
	kept_take(&flow->kept, ret_output);
	ret_output->held_by_descendant = is_held;
}

static void
end(struct ask *ask)
{
	delist(ask);
	ask->state = ASK_ENDED;
	streams_done(&ask->streams, false);
	tell(ask);
}

static void
conclude(struct ask *ask)
{
	struct writ_result *res = &ask->res;

	if (ask->streams.in.data != NULL)
		res->in.bytes = ask->streams.in.fed;
	hand_out(&ask->streams.out, &res->out);
	hand_out(&ask->streams.err, &res->err);
	if (ask->is_past_limit && res->cause == WRIT_CANCELLED) {
		res->cause = WRIT_OUTPUT_LIMIT;
		strcpy(res->stopped_by, "limit");
	}
	end(ask);
}

void
ask_fail(struct ask *ask, const struct writ_error *err)
{
	ask->error = *err;
	end(ask);
}

/* How long a pipe that a descendant holds is read on, again after each piece. */
static void
put_off_the_end(struct ask *ask)
{
	int64_t drain_ms = ask->req.cmd.drain_ms != 0 ? ask->req.cmd.drain_ms
						      : WRIT_DRAIN_MS_DEFAULT;
	int64_t ends_ms = drain_ms < 0 ? 0 : now_ms() + drain_ms;

	ask->drain_ends_ms =
		ends_ms < ask->drain_max_ends_ms ? ends_ms : ask->drain_max_ends_ms;
}

static void
drain(struct ask *ask, struct flow *flow)
{
	bool has_come = flow->ours >= 0 && flow_drain(flow);

	if (!has_come)
		return;
	if (ask->state == ASK_ANSWERED)
		put_off_the_end(ask);
	if (ask->req.cmd.out.overflow != WRIT_OVERFLOW_KILL || ask->is_past_limit ||
	    !kept_is_cut(&flow->kept))
		return;
	ask->is_past_limit = true;
	ask->stop_wanted = 1 + WRIT_STOP_KILL;
	ask_send_stop(ask);
}

static void
drain_all(struct ask *ask)
{
	drain(ask, &ask->streams.out);
	drain(ask, &ask->streams.err);
	if (ask->streams.out.ours < 0 && ask->streams.err.ours < 0)
		conclude(ask);
}

static void
take_answer(struct ask *ask, struct writ_result *take_res)
{
	int64_t max_ms = ask->req.cmd.drain_max_ms != 0 ? ask->req.cmd.drain_max_ms
							: WRIT_DRAIN_MAX_MS_DEFAULT;

	ask->res = *take_res;
	*take_res = (struct writ_result){ 0 };
	ask->state = ASK_ANSWERED;
	flow_close(&ask->streams.in, false);
	ask->drain_max_ends_ms = now_ms() + max_ms;
	put_off_the_end(ask);
	drain_all(ask);
}

int64_t
ask_look_at_time(struct ask *ask, int64_t now)
{
	if (ask->state != ASK_ANSWERED)
		return INT64_MAX;
	if (now < ask->drain_ends_ms)
		return ask->drain_ends_ms;
	conclude(ask);
	return INT64_MAX;
}

void
ask_serve(struct flow *flow)
{
	struct ask *ask = flow->owner;

	if (flow->ours < 0)
		return; /* closed since it was told */
	if (flow == &ask->streams.in) {
		flow_feed(flow);
		return;
	}
	drain(ask, flow);
	if (ask->state == ASK_ANSWERED && ask->streams.out.ours < 0 && ask->streams.err.ours < 0)
		conclude(ask);
}

/* Sending. */

static void
drop_errand(struct errand *take_errand)
{
	*take_errand->at = take_errand->next;
	if (take_errand->next != NULL)
		take_errand->next->at = take_errand->at;
	if (take_errand->ask != NULL)
		take_errand->ask->errand = NULL;
	PyMem_Free(take_errand);
}

static struct errand *
make_errand(struct ask *ask)
{
	struct errand *errand = PyMem_Calloc(1, sizeof(*errand));
	struct broker *broker = ask->broker;

	if (errand == NULL)
		return NULL;
	*errand = (struct errand){ broker, ask, broker->errands, &broker->errands };
	if (errand->next != NULL)
		errand->next->at = &errand->next;
	broker->errands = errand;
	ask->errand = errand;
	return errand;
}

static void
note_end(void *ctx, uint64_t id, struct writ_result *res, const struct writ_error *err)
{
	struct errand *errand = ctx;
	struct ask *ask = errand->ask;

	(void)id;
	errand->broker->under_way--;
	drop_errand(errand);
	if (ask == NULL && res != NULL)
		writ_result_done(res);
	else if (ask != NULL && res != NULL)
		take_answer(ask, res);
	else if (ask != NULL)
		ask_fail(ask, err);
}

int
ask_send(struct ask *ask, struct writ_error *err)
{
	struct writ_cmd cmd = ask->req.cmd;
	const struct writ_ask_events events = {
		.size = sizeof(events),
		.ctx = make_errand(ask),
		.ended = note_end,
	};
	int r;

	if (events.ctx == NULL) {
		*err = (struct writ_error){ .size = sizeof(*err), .code = WRIT_E_NOMEM };
		return err->code;
	}
	r = streams_open(&ask->streams, &cmd, ask->broker->poll, err);
	if (r == 0)
		r = writ_ask_start(ask->broker->link, &cmd, &events, &ask->id, err);
	if (r < 0) {
		drop_errand(ask->errand);
		streams_close_pipes(&ask->streams);
		return r;
	}
	streams_part(&ask->streams);
	ask->state = ASK_SENT;
	ask->broker->under_way++;
	enlist(ask);
	return 0;
}

int
ask_queue(struct ask *ask, struct writ_error *err)
{
	struct broker *broker = ask->broker;
	int r = streams_own(&ask->streams, &ask->req.cmd, err);

	if (r < 0)
		return r;
	ask->next = NULL;
	ask->at = broker->queue_end;
	*broker->queue_end = ask;
	broker->queue_end = &ask->next;
	return 0;
}

/* What comes of it is told by the answer, or by the end of the connection. */
bool
ask_send_stop(struct ask *ask)
{
	enum writ_stop how = ask->stop_wanted > 1 ? WRIT_STOP_KILL : WRIT_STOP_POLITE;
	int r;

	if (ask->state != ASK_SENT || ask->stop_sent >= ask->stop_wanted)
		return true;
	r = writ_ask_stop(ask->broker->link, ask->id, how, NULL);
	if (r == 0)
		ask->stop_sent = ask->stop_wanted;
	else if (r == WRIT_E_STATE)
		broker_wait_for_room(ask->broker);
	return r != WRIT_E_STATE;
}

/* The object. */

struct ask *
ask_new(struct broker *broker, PyObject *argv, PyObject *options, PyObject *notify)
{
	allocfunc alloc = (allocfunc)PyType_GetSlot(ask_type, Py_tp_alloc);
	PyObject *self = alloc(ask_type, 0);
	struct writ_error err = { .size = sizeof(err) };
	struct ask *ask = of(self);

	if (self == NULL)
		return NULL;
	Py_INCREF(broker);
	ask->broker = broker;
	streams_init(&ask->streams, ask);
	if (notify != Py_None) {
		Py_INCREF(notify);
		ask->notify = notify;
	}
	/* reading calls the caller's functions, which may close the broker, or fork */
	if (request_read_asked(&ask->req, argv, options) == 0 && broker_check(broker) == 0) {
		if (streams_open(&ask->streams, &ask->req.cmd, -1, &err) == 0)
			return ask;
		failure_raise(&err);
	}
	Py_DECREF(self);
	return NULL;
}

/* In a fork the request is the parent's: its copies are closed, and that is all. */
void
ask_abandon(struct ask *ask)
{
	bool inherited = is_inherited(ask);

	if (!inherited && ask->errand != NULL && ask->broker->link != NULL)
		writ_ask_stop(ask->broker->link, ask->id, WRIT_STOP_KILL, NULL);
	if (ask->errand != NULL)
		ask->errand->ask = NULL;
	ask->errand = NULL;
	streams_done(&ask->streams, inherited);
	delist(ask);
	forget_news(ask);
}

static int
traverse(PyObject *self, visitproc visit, void *arg)
{
	Py_VISIT(Py_TYPE(self));
	Py_VISIT(of(self)->notify);
	Py_VISIT(of(self)->result);
	return 0;
}

static int
clear(PyObject *self)
{
	Py_CLEAR(of(self)->notify);
	return 0;
}

static void
dealloc(PyObject *self)
{
	struct ask *ask = of(self);

	PyObject_GC_UnTrack(self);
	ask_abandon(ask);
	writ_result_done(&ask->res);
	request_done(&ask->req);
	Py_CLEAR(ask->notify);
	Py_CLEAR(ask->result);
	Py_DECREF(ask->broker);
	module_free(self);
}

/* One that has ended is no error: it may end while somebody decides to stop it. */
static PyObject *
stop(PyObject *self, PyObject *args)
{
	struct ask *ask = of(self);
	struct writ_error err = { .size = sizeof(err),
				  .code = WRIT_E_STATE,
				  .stage = WRIT_STAGE_ASK,
				  .why = "it was stopped before it was asked for" };
	int at_once = 0;

	if (!PyArg_ParseTuple(args, "|p:stop", &at_once) || broker_check(ask->broker) < 0)
		return NULL;
	if (ask->state == ASK_QUEUED) {
		ask_fail(ask, &err);
	} else if (ask->state == ASK_ANSWERED) {
		conclude(ask);
	} else if (ask->state == ASK_SENT) {
		ask->stop_wanted = 1 + (at_once ? WRIT_STOP_KILL : WRIT_STOP_POLITE);
		ask_send_stop(ask);
	}
	broker_set_timer(ask->broker);
	Py_RETURN_NONE;
}

static PyObject *
make_result(struct ask *ask)
{
	if (ask->state != ASK_ENDED) {
		if (broker_check(ask->broker) == 0)
			PyErr_SetString(PyExc_RuntimeError, "the run has not ended");
		return NULL;
	}
	if (ask->error.code != 0)
		return failure_raise(&ask->error);
	return result_make(&ask->res, ask->req.argv, &ask->req.decoding);
}

static PyObject *
result(PyObject *self, PyObject *unused)
{
	struct ask *ask = of(self);

	(void)unused;
	if (ask->result == NULL)
		ask->result = make_result(ask);
	if (ask->result == NULL)
		return NULL;
	if (ask->req.check && !result_is_fine(ask->result))
		return result_raise(ask->result);
	Py_INCREF(ask->result);
	return ask->result;
}

static PyObject *
get_ended(PyObject *self, void *unused)
{
	(void)unused;
	return PyBool_FromLong(of(self)->state == ASK_ENDED);
}

static PyObject *
get_news(PyObject *self, void *unused)
{
	(void)unused;
	return PyLong_FromLong(of(self)->state == ASK_ENDED);
}

static PyObject *
get_notify(PyObject *self, void *unused)
{
	PyObject *notify = of(self)->notify != NULL ? of(self)->notify : Py_None;

	(void)unused;
	Py_INCREF(notify);
	return notify;
}

static PyGetSetDef fields[] = {
	{ "ended", get_ended, NULL, "is there a result?", NULL },
	{ "news", get_news, NULL, "how often something has happened", NULL },
	{ "notify", get_notify, NULL, "called when it has ended", NULL },
	{ 0 },
};

static PyMethodDef methods[] = {
	{ "stop", stop, METH_VARARGS,
	  "stop($self, at_once=False, /)\n--\n\n"
	  "Begins to end the tree." },
	{ "result", result, METH_NOARGS,
	  "result($self, /)\n--\n\n"
	  "The Result; raises why there is none." },
	{ 0 },
};

static PyType_Slot slots[] = {
	{ Py_tp_doc, "One request to writd. Its run is ended when it is let go of." },
	{ Py_tp_new, module_no_new },
	{ Py_tp_dealloc, dealloc },
	{ Py_tp_traverse, traverse },
	{ Py_tp_clear, clear },
	{ Py_tp_getset, fields },
	{ Py_tp_methods, methods },
	{ 0, NULL },
};

static PyType_Spec spec = {
	.name = "writ._writ.Ask",
	.basicsize = sizeof(struct ask),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
	.slots = slots,
};

int
ask_add(PyObject *module)
{
	ask_type = module_add_type(module, &spec);
	return ask_type == NULL ? -1 : 0;
}
