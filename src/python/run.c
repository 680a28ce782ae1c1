#include "run.h"

#include <unistd.h>

#include "argument.h"
#include "failure.h"
#include "identity.h"

enum { TAKE_MAX_BYTES = 64 * 1024 };

/* Of this process; see module.h. */
static PyTypeObject *run_type;

static struct run *
of(PyObject *self)
{
	return (struct run *)self;
}

static void
tell(struct run *run)
{
	run->news_count++;
	if (run->has_news)
		return;
	run->has_news = true;
	run->next_news = run->hub->news;
	run->hub->news = run;
}

static void
note_start(void *ctx, struct writ_proc *proc)
{
	struct run *run = ctx;

	(void)proc;
	run->has_started = true;
	if (run->req.is_process)
		tell(run);
}

static void
note_end(void *ctx, struct writ_proc *proc, struct writ_result *res)
{
	struct run *run = ctx;

	(void)proc;
	run->res = *res;
	run->id = res->identity;
	*res = (struct writ_result){ 0 };
	run->has_ended = true;
	run->outputs[0].has_ended = run->outputs[1].has_ended = true;
	tell(run);
}

static void
note_room(void *ctx, struct writ_proc *proc)
{
	(void)proc;
	tell(ctx);
}

static int
note_output(void *ctx, struct writ_proc *proc, enum writ_stream stream, const void *data,
	    size_t len)
{
	struct run *run = ctx;
	struct piece *piece = &run->outputs[stream == WRIT_STREAM_ERR];

	(void)proc;
	tell(run);
	if (len == 0)
		piece->has_ended = true;
	else if (run->is_discarding && piece->len >= PIECE_MAX_BYTES)
		return WRIT_FLOW_ON;
	else if (!piece_add(piece, data, len))
		return WRIT_FLOW_END;
	piece->is_paused = piece->len >= PIECE_MAX_BYTES && !run->is_discarding;
	return piece->is_paused ? WRIT_FLOW_PAUSE : WRIT_FLOW_ON;
}

static void
enlist(struct run *run)
{
	run->next = run->hub->runs;
	run->link = &run->hub->runs;
	if (run->next != NULL)
		run->next->link = &run->next;
	run->hub->runs = run;
}

static void
delist(struct run *run)
{
	if (run->link == NULL)
		return;
	*run->link = run->next;
	if (run->next != NULL)
		run->next->link = run->link;
	run->link = NULL;
}

static void
forget_news(struct run *run)
{
	struct run **at = &run->hub->news;

	if (!run->has_news)
		return;
	while (*at != run)
		at = &(*at)->next_news;
	*at = run->next_news;
	run->has_news = false;
}

/* In a fork the run is the parent's: it is left alone. */
void
run_abandon(struct run *run)
{
	if (run->proc != NULL && run->hub->owner == getpid())
		writ_proc_free(run->proc);
	run->proc = NULL;
	delist(run);
	forget_news(run);
}

static int
begin(struct run *run)
{
	struct writ_error err = { 0 };
	struct writ_events events = {
		.size = sizeof(events),
		.ctx = run,
		.keep = true,
		.ended = note_end,
		.writable = note_room,
		.later = true,
		.started = note_start,
	};
	struct writ_cmd *cmd = &run->req.cmd;

	cmd->out.sink = cmd->err.sink = note_output;
	cmd->out.ctx = cmd->err.ctx = run;
	/* a stream that is not ours to read has nothing */
	run->outputs[0].has_ended = cmd->out.kind != WRIT_OUT_STREAM;
	run->outputs[1].has_ended = cmd->err.kind != WRIT_OUT_STREAM;
	if (writ_start(run->hub->host, cmd, &events, &run->proc, &err) < 0) {
		failure_raise(&err);
		return -1;
	}
	enlist(run);
	return 0;
}

PyObject *
run_start(struct hub *hub, PyObject *argv, PyObject *options, bool is_process, PyObject *notify)
{
	allocfunc alloc = (allocfunc)PyType_GetSlot(run_type, Py_tp_alloc);
	PyObject *self;

	if (hub_check(hub) < 0)
		return NULL;
	self = alloc(run_type, 0);
	if (self == NULL)
		return NULL;
	Py_INCREF(hub);
	of(self)->hub = hub;
	if (notify != Py_None) {
		Py_INCREF(notify);
		of(self)->notify = notify;
	}
	/* reading calls the caller's functions, which may close the hub, or fork */
	if (request_read(&of(self)->req, argv, options, is_process) < 0 || hub_check(hub) < 0 ||
	    begin(of(self)) < 0)
		Py_CLEAR(self);
	return self;
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
	struct run *run = of(self);

	PyObject_GC_UnTrack(self);
	run_abandon(run);
	writ_result_done(&run->res);
	request_done(&run->req);
	piece_done(&run->outputs[0]);
	piece_done(&run->outputs[1]);
	Py_CLEAR(run->notify);
	Py_CLEAR(run->result);
	Py_DECREF(run->hub);
	module_free(self);
}

/* Takes up a stream that was too far ahead, if there is still a run. */
static void
resume(struct run *run, enum writ_stream stream)
{
	struct piece *piece = &run->outputs[stream == WRIT_STREAM_ERR];

	if (!piece->is_paused || run->has_ended || run->proc == NULL ||
	    run->hub->owner != getpid())
		return;
	piece->is_paused = false;
	writ_proc_resume(run->proc, stream);
}

static PyObject *
take(PyObject *self, PyObject *args)
{
	struct run *run = of(self);
	struct piece *piece;
	PyObject *bytes;
	Py_ssize_t max = TAKE_MAX_BYTES;
	int which;

	if (!PyArg_ParseTuple(args, "i|n:take", &which, &max))
		return NULL;
	if (which != 1 && which != 2) {
		argument_is_bad(ARGUMENT("stream"), "1 is standard output, 2 standard error");
		return NULL;
	}
	piece = &run->outputs[which - 1];
	bytes = piece_take(piece, max < 0 ? SIZE_MAX : (size_t)max);
	if (piece->len < PIECE_MAX_BYTES)
		resume(run, which == 2 ? WRIT_STREAM_ERR : WRIT_STREAM_OUT);
	/* nothing will ever come from a hub that is closed, or another process's */
	if (bytes == Py_None && hub_check(run->hub) < 0) {
		Py_DECREF(bytes);
		return NULL;
	}
	return bytes;
}

static PyObject *
write_bytes(PyObject *self, PyObject *args)
{
	PyObject *bytes;
	Py_ssize_t from = 0;
	int64_t taken;

	if (!PyArg_ParseTuple(args, "S|n:write", &bytes, &from) || hub_check(of(self)->hub) < 0)
		return NULL;
	if (from < 0 || from > PyBytes_Size(bytes)) {
		argument_is_bad(ARGUMENT("from"), "not inside the data");
		return NULL;
	}
	taken = of(self)->has_ended
			? WRIT_E_GONE
			: writ_proc_write(of(self)->proc, PyBytes_AsString(bytes) + from,
					  (size_t)(PyBytes_Size(bytes) - from));
	if (taken < 0) {
		PyErr_SetString(PyExc_BrokenPipeError, "the program reads no more");
		return NULL;
	}
	return PyLong_FromLongLong(taken);
}

static PyObject *
end_input(PyObject *self, PyObject *unused)
{
	(void)unused;
	if (hub_check(of(self)->hub) < 0)
		return NULL;
	if (!of(self)->has_ended)
		writ_proc_write_end(of(self)->proc);
	Py_RETURN_NONE;
}

static PyObject *
discard(PyObject *self, PyObject *unused)
{
	struct run *run = of(self);

	(void)unused;
	if (hub_check(run->hub) < 0)
		return NULL;
	run->is_discarding = true;
	resume(run, WRIT_STREAM_OUT);
	resume(run, WRIT_STREAM_ERR);
	Py_RETURN_NONE;
}

/* One that has ended is no error: it may end while somebody decides to stop it. */
static PyObject *
stop(PyObject *self, PyObject *args)
{
	int at_once = 0;

	if (!PyArg_ParseTuple(args, "|p:stop", &at_once) || hub_check(of(self)->hub) < 0)
		return NULL;
	if (!of(self)->has_ended)
		writ_stop(of(self)->proc, at_once ? WRIT_STOP_KILL : WRIT_STOP_POLITE, "caller");
	Py_RETURN_NONE;
}

static PyObject *
send_signal(PyObject *self, PyObject *value)
{
	struct writ_error err = { 0 };
	int number;

	if (argument_signal(ARGUMENT("signal"), value, &number) < 0 ||
	    hub_check(of(self)->hub) < 0)
		return NULL;
	if (of(self)->has_ended) {
		PyErr_SetString(PyExc_ProcessLookupError, "the run has ended");
		return NULL;
	}
	if (writ_proc_signal(of(self)->proc, number, &err) < 0)
		return failure_raise(&err);
	Py_RETURN_NONE;
}

static PyObject *
make_result(struct run *run)
{
	if (!run->has_ended) {
		PyErr_SetString(PyExc_RuntimeError,
				run->hub->host == NULL
					? "the loop was closed, and the run ended with it"
					: "the run has not ended");
		return NULL;
	}
	if (run->res.cause == WRIT_NOT_STARTED)
		return failure_raise_result(&run->res);
	return result_make(&run->res, run->req.argv, &run->req.decoding);
}

static PyObject *
result(PyObject *self, PyObject *unused)
{
	struct run *run = of(self);

	(void)unused;
	if (run->result == NULL)
		run->result = make_result(run);
	if (run->result == NULL)
		return NULL;
	if (run->req.check && !result_is_fine(run->result))
		return result_raise(run->result);
	Py_INCREF(run->result);
	return run->result;
}

static PyObject *
get_identity(PyObject *self, void *unused)
{
	struct run *run = of(self);

	(void)unused;
	if (run->has_ended || run->proc == NULL)
		return identity_make(&run->id);
	return identity_make(writ_proc_id(run->proc));
}

static PyObject *
get_started(PyObject *self, void *unused)
{
	(void)unused;
	return PyBool_FromLong(of(self)->has_started);
}

static PyObject *
get_ended(PyObject *self, void *unused)
{
	(void)unused;
	return PyBool_FromLong(of(self)->has_ended);
}

static PyObject *
get_news(PyObject *self, void *unused)
{
	(void)unused;
	return PyLong_FromUnsignedLong(of(self)->news_count);
}

static PyObject *
get_notify(PyObject *self, void *unused)
{
	PyObject *notify = of(self)->notify != NULL ? of(self)->notify : Py_None;

	(void)unused;
	Py_INCREF(notify);
	return notify;
}

static int
set_notify(PyObject *self, PyObject *value, void *unused)
{
	PyObject *before = of(self)->notify;

	(void)unused;
	of(self)->notify = NULL;
	if (value != NULL && value != Py_None) {
		Py_INCREF(value);
		of(self)->notify = value;
	}
	Py_XDECREF(before);
	return 0;
}

static PyGetSetDef fields[] = {
	{ "identity", get_identity, NULL, "of the program; None: not yet known", NULL },
	{ "started", get_started, NULL, "has the program been executed?", NULL },
	{ "ended", get_ended, NULL, "is there a result?", NULL },
	{ "news", get_news, NULL, "how often something has happened", NULL },
	{ "notify", get_notify, set_notify, "called when there is news", NULL },
	{ 0 },
};

static PyMethodDef methods[] = {
	{ "take", take, METH_VARARGS,
	  "take($self, stream, max=65536, /)\n--\n\n"
	  "Output that came: bytes, b'' at the end, None: nothing yet." },
	{ "write", write_bytes, METH_VARARGS,
	  "write($self, data, offset=0, /)\n--\n\n"
	  "Gives bytes to standard input; how many were taken, 0: wait for news." },
	{ "end_input", end_input, METH_NOARGS, "end_input($self, /)\n--\n\nNo more input." },
	{ "discard", discard, METH_NOARGS,
	  "discard($self, /)\n--\n\n"
	  "Nobody reads any more: what does not fit is lost." },
	{ "stop", stop, METH_VARARGS,
	  "stop($self, at_once=False, /)\n--\n\n"
	  "Begins to end the tree." },
	{ "signal", send_signal, METH_O,
	  "signal($self, signal, /)\n--\n\n"
	  "Sends a signal to the program itself." },
	{ "result", result, METH_NOARGS,
	  "result($self, /)\n--\n\n"
	  "The Result; raises why the program could not be executed." },
	{ 0 },
};

static PyType_Slot slots[] = {
	{ Py_tp_doc, "One run in a Hub. It is ended when it is let go of." },
	{ Py_tp_new, module_no_new },
	{ Py_tp_dealloc, dealloc },
	{ Py_tp_traverse, traverse },
	{ Py_tp_clear, clear },
	{ Py_tp_getset, fields },
	{ Py_tp_methods, methods },
	{ 0, NULL },
};

static PyType_Spec spec = {
	.name = "writ._writ.Run",
	.basicsize = sizeof(struct run),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
	.slots = slots,
};

int
run_add(PyObject *module)
{
	run_type = module_add_type(module, &spec);
	return run_type == NULL ? -1 : 0;
}
