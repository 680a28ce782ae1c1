/* blocking.c - writ.run(): one run, from its start to its end, in one call.
 *
 * It lets go of the interpreter once, for all of it; the main thread takes it
 * back now and then to see whether a signal came, as Ctrl-C.
 */
#include <string.h>
#include <time.h>

#include "failure.h"
#include "host.h"
#include "request.h"
#include "world.h"

enum {
	/* A signal ends a wait, and is then looked for. It may also come just before
	 * the wait, which goes on then. */
	LOOK_MS = 500,
	/* A busy run ends many waits, and to take the interpreter back is to wait
	 * for the other threads. */
	LOOK_SOON_MS = 20,
};

struct waiting {
	struct writ_host *host;
	struct writ_proc *proc; /* valid until it has ended */
	struct writ_result res;
	bool has_ended;
	int64_t looked_ms; /* when signals were looked for */
};

static void
note_end(void *ctx, struct writ_proc *proc, struct writ_result *res)
{
	struct waiting *waiting = ctx;

	(void)proc;
	waiting->res = *res;
	*res = (struct writ_result){ 0 };
	waiting->has_ended = true;
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until the end, or until it is time to look for signals. 0, or what the host
 * answered. */
static int
wait_on(struct waiting *waiting)
{
	int64_t wait_ms = LOOK_MS;

	while (!waiting->has_ended) {
		int64_t waited_ms;
		int r = writ_host_wait(waiting->host, wait_ms);

		if (r < 0)
			return r;
		waited_ms = now_ms() - waiting->looked_ms;
		if (waited_ms >= LOOK_SOON_MS)
			return 0;
		wait_ms = LOOK_SOON_MS - waited_ms;
	}
	return 0;
}

static int
begin(struct waiting *waiting, const struct writ_cmd *cmd, struct writ_error *err)
{
	struct writ_events events = {
		.size = sizeof(events),
		.ctx = waiting,
		.ended = note_end,
		.later = true,
	};

	return writ_start(waiting->host, cmd, &events, &waiting->proc, err);
}

/* A signal's handler raised: the tree is ended, politely first, and when it
 * raises once more (a second Ctrl-C) at once. The first exception goes on. */
static void
end_because_of_exception(struct waiting *waiting)
{
	PyObject *type;
	PyObject *value;
	PyObject *traceback;
	int r = 0;

	PyErr_Fetch(&type, &value, &traceback);
	writ_stop(waiting->proc, WRIT_STOP_POLITE, "caller");
	while (!waiting->has_ended && r == 0) {
		Py_BEGIN_ALLOW_THREADS
		waiting->looked_ms = now_ms();
		r = wait_on(waiting);
		Py_END_ALLOW_THREADS
		if (PyErr_CheckSignals() == 0)
			continue;
		PyErr_Clear();
		if (!waiting->has_ended)
			writ_stop(waiting->proc, WRIT_STOP_KILL, "caller");
	}
	PyErr_Restore(type, value, traceback);
}

/* 0 when it ran to its end; -1 with an exception set. */
static int
run_to_end(struct waiting *waiting, const struct writ_cmd *cmd)
{
	struct writ_error err = { 0 };
	int r;

	Py_BEGIN_ALLOW_THREADS
	waiting->looked_ms = now_ms();
	r = begin(waiting, cmd, &err);
	if (r == 0)
		r = wait_on(waiting);
	else
		waiting->has_ended = true;
	Py_END_ALLOW_THREADS
	while (!waiting->has_ended && r == 0) {
		if (PyErr_CheckSignals() < 0) {
			end_because_of_exception(waiting);
			return -1;
		}
		Py_BEGIN_ALLOW_THREADS
		waiting->looked_ms = now_ms();
		r = wait_on(waiting);
		Py_END_ALLOW_THREADS
	}
	if (r < 0 && err.code != 0)
		failure_raise(&err);
	else if (r < 0)
		failure_raise_code(r, WRIT_STAGE_WAIT);
	return r < 0 ? -1 : 0;
}

static PyObject *
finish(struct waiting *waiting, const struct request *req)
{
	PyObject *result;

	if (waiting->res.cause == WRIT_NOT_STARTED) {
		failure_raise_result(&waiting->res);
		writ_result_done(&waiting->res);
		return NULL;
	}
	result = result_make(&waiting->res, req->argv, &req->decoding);
	if (result == NULL || !req->check || result_is_fine(result))
		return result;
	result_raise(result);
	Py_DECREF(result);
	return NULL;
}

static PyObject *
run_plain(PyObject *argv, PyObject *options)
{
	struct request req;
	struct waiting waiting = { .host = NULL };
	PyObject *result = NULL;

	if (request_read(&req, argv, options, false) == 0)
		waiting.host = host_take();
	if (waiting.host != NULL) {
		if (run_to_end(&waiting, &req.cmd) == 0)
			result = finish(&waiting, &req);
		else
			writ_result_done(&waiting.res);
		/* one that failed in the middle of a run is not to be trusted */
		if (waiting.has_ended)
			host_give_back(waiting.host);
		else
			writ_host_free(waiting.host);
	}
	request_done(&req);
	return result;
}

static PyObject *
run_green(PyObject *args, PyObject *options)
{
	PyObject *function = module_find("writ.green", "run");
	PyObject *result =
		function == NULL ? NULL : PyObject_Call(function, args, options);

	Py_XDECREF(function);
	return result;
}

static PyObject *
run(PyObject *module, PyObject *args, PyObject *options)
{
	PyObject *argv;

	(void)module;
	if (request_argv(args, "run", &argv) < 0)
		return NULL;
	switch (world_here()) {
	case WORLD_PLAIN:
		return run_plain(argv, options);
	case WORLD_GREEN:
		return run_green(args, options);
	case WORLD_ASYNCIO:
		return failure_would_block("run", "await writ.aio.run(...)");
	default:
		return NULL;
	}
}

static PyMethodDef functions[] = {
	{ "run", WITH_KEYWORDS(run), "run(argv, /, **options)\n--\n\n" },
	{ 0 },
};

int
blocking_add(PyObject *module)
{
	return PyModule_AddFunctions(module, functions);
}
