/* option_time.c - how long it may take, and how it is ended: timeout, grace ... */
#include "options.h"

#include "argument.h"

/* 0 means none to the library; to us, at once. */
static int
read_bound(const struct argument *arg, PyObject *value, int64_t *ret_ms)
{
	if (argument_seconds(arg, value, 0, ret_ms) < 0)
		return -1;
	if (*ret_ms == 0 && value != Py_None)
		*ret_ms = 1;
	return 0;
}

int
option_timeout(struct request *req, const struct argument *arg, PyObject *value)
{
	return read_bound(arg, value, &req->cmd.timeout_ms);
}

int
option_idle_timeout(struct request *req, const struct argument *arg, PyObject *value)
{
	return read_bound(arg, value, &req->cmd.idle_timeout_ms);
}

/* 0 means the default to the library; to us, not at all. */
int
option_drain(struct request *req, const struct argument *arg, PyObject *value)
{
	if (argument_seconds(arg, value, 0, &req->cmd.drain_ms) < 0)
		return -1;
	if (req->cmd.drain_ms == 0 && value != Py_None)
		req->cmd.drain_ms = -1;
	return 0;
}

int
option_drain_max(struct request *req, const struct argument *arg, PyObject *value)
{
	return read_bound(arg, value, &req->cmd.drain_max_ms);
}

int
option_stop_signal(struct request *req, const struct argument *arg, PyObject *value)
{
	return argument_signal(arg, value, &req->stop_signal);
}

int
option_grace(struct request *req, const struct argument *arg, PyObject *value)
{
	return argument_seconds(arg, value, -1, &req->grace_ms);
}

static int
read_step(const struct argument *arg, PyObject *value, struct writ_teardown *ret_step)
{
	PyObject *pair = argument_tuple(arg, value, "a pair (signal, seconds)");
	int r = -1;

	if (pair == NULL)
		return -1;
	if (PyTuple_Size(pair) != 2)
		argument_is_bad(arg, "not a pair (signal, seconds)");
	else if (argument_signal(arg, PyTuple_GetItem(pair, 0), &ret_step->signal) == 0)
		r = argument_seconds(arg, PyTuple_GetItem(pair, 1), ARGUMENT_FOR_EVER_MS,
				     &ret_step->wait_ms);
	Py_DECREF(pair);
	return r;
}

int
option_teardown(struct request *req, const struct argument *arg, PyObject *value)
{
	struct argument at = *arg;
	PyObject *tuple;
	Py_ssize_t count;
	struct writ_teardown *steps;

	if (value == Py_None)
		return 0;
	tuple = argument_tuple(arg, value, "a list of pairs (signal, seconds)");
	if (tuple == NULL)
		return -1;
	count = PyTuple_Size(tuple);
	steps = request_allocate(req, (size_t)count + 1, sizeof(*steps));
	for (at.index = 0; steps != NULL && at.index < count; at.index++)
		if (read_step(&at, PyTuple_GetItem(tuple, at.index), &steps[at.index]) < 0)
			steps = NULL;
	Py_DECREF(tuple);
	req->cmd.teardown = steps;
	req->cmd.teardown_count = (size_t)count;
	return steps == NULL ? -1 : 0;
}

/* stop_signal and grace are short for one step. */
int
option_finish_teardown(struct request *req)
{
	struct writ_teardown *step;

	if (req->stop_signal == 0 && req->grace_ms < 0)
		return 0;
	if (req->cmd.teardown != NULL)
		return argument_is_bad(ARGUMENT("teardown"), "stop_signal or grace is given too");
	step = request_allocate(req, 1, sizeof(*step));
	if (step == NULL)
		return -1;
	step->signal = req->stop_signal != 0 ? req->stop_signal : WRIT_SIGNAL_TERM;
	step->wait_ms = req->grace_ms >= 0 ? req->grace_ms : WRIT_KILL_AFTER_MS_DEFAULT;
	req->cmd.teardown = step;
	req->cmd.teardown_count = 1;
	return 0;
}
