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
		/* one that failed in the middle of a run is not to be trusted; and nobody
		 * would look after what was given up in it */
		if (waiting.has_ended && writ_host_count(waiting.host) == 0)
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

static char run_doc[] =
	"run(argv, /, *, executable=None, search=True, path=None, cwd=None,\n"
	"    env=None, env_preset='minimal', env_keep=(), env_set={}, env_secret={},\n"
	"    stdin=None, input=None, stdout=None, stderr=None, capture_output=True,\n"
	"    text=False, encoding=None, errors=None, output_max=16777216,\n"
	"    overflow='both', pass_fds=(), timeout=None, idle_timeout=None, drain=0.1,\n"
	"    drain_max=2.0, stop_signal='TERM', grace=5.0, teardown=None, user=None,\n"
	"    umask=None, nice=None, limits={}, contain='any', keep_tree=False,\n"
	"    record_fd=None, check=False)\n--\n\n"
	"Runs a program, waits until it and everything it started has ended, and returns\n"
	"a Result. How it ended is a value; what could not be run raises.\n\n"
	"argv         the words, the program first: a list of str, bytes or paths\n"
	"executable   what to execute, if it is not argv[0]\n"
	"search       look a program without '/' up in `path` (PATH)\n"
	"cwd          its working directory; the program is looked up before\n"
	"env          a mapping: these variables and no others (unless env_preset is given too)\n"
	"env_preset   'minimal' (PATH HOME USER LOGNAME SHELL LANG LANGUAGE LC_* TZ TERM TMPDIR),\n"
	"             'none', or 'all' (without loader and interpreter variables)\n"
	"env_keep     names, or patterns with * and ?, of variables that it gets from us\n"
	"env_set      a mapping: variables set besides\n"
	"env_secret   the same; their values are never shown\n"
	"stdin        NULL (by default), INHERIT, a path, a descriptor or a file\n"
	"input        bytes (a str in text mode) for standard input\n"
	"stdout       PIPE (by default: captured), NULL, INHERIT, a path (made or emptied), a\n"
	"             descriptor or a file; stderr may be STDOUT too: where standard output goes\n"
	"capture_output   True says what happens anyhow\n"
	"text, encoding, errors   output is str; `input` must be\n"
	"output_max   bytes kept of each captured stream; the rest is read and counted\n"
	"overflow     what is kept of more: 'both' ends, 'head', 'tail'; or 'kill'\n"
	"pass_fds     descriptors it gets under their numbers, or a dict {there: here}\n"
	"timeout      seconds, by the monotonic clock; then the tree is ended\n"
	"idle_timeout seconds without output\n"
	"drain        seconds that a pipe held by what the program left behind is read on, again\n"
	"             after each piece, drain_max in all; 0: not\n"
	"stop_signal, grace   how a tree is ended: the signal, seconds, then KILL\n"
	"teardown     the same in steps: [(signal, seconds), ...], at most 8; KILL follows\n"
	"user         'USER[:GROUP]' or a uid; the groups are set too\n"
	"umask, nice  0..0o777, -20..19\n"
	"limits       {'nofile': 64, 'core': (0, 0), 'as': None}: soft, or (soft, hard)\n"
	"contain      refuse to run below 'process', 'session', 'launcher' or 'cgroup'\n"
	"keep_tree    what the program leaves behind when it ends by itself lives on\n"
	"record_fd    a descriptor or a file that the record is written to, one line of JSON\n"
	"check        raise a RunError unless it exited with 0 and all output was kept\n\n"
	"Raises OSError (FileNotFoundError, PermissionError ...) when it could not be run,\n"
	"ValueError and TypeError, which name the argument, for a bad request, and\n"
	"WouldBlock on a thread whose asyncio loop runs (see writ.aio). A green thread\n"
	"(eventlet, gevent) waits alone. An exception of a signal's handler, as\n"
	"KeyboardInterrupt, ends the tree and goes on.";

static PyMethodDef functions[] = {
	{ "run", WITH_KEYWORDS(run), run_doc },
	{ 0 },
};

int
blocking_add(PyObject *module)
{
	return PyModule_AddFunctions(module, functions);
}
