#include "result.h"

#include <stdlib.h>

#include "fact.h"
#include "failure.h"
#include "identity.h"

struct result {
	PyObject_HEAD
	struct writ_result res;
	PyObject *argv;
	struct decoding decoding;
	PyObject *texts[2]; /* stdout, stderr: made once, so that `is` holds */
};

/* Of this process; see module.h. */
static PyTypeObject *result_type;

static struct result *
of(PyObject *self)
{
	return (struct result *)self;
}

PyObject *
result_make(struct writ_result *take_res, PyObject *argv, const struct decoding *decoding)
{
	allocfunc alloc = (allocfunc)PyType_GetSlot(result_type, Py_tp_alloc);
	PyObject *self = alloc(result_type, 0);

	if (self == NULL) {
		writ_result_done(take_res);
		return NULL;
	}
	of(self)->res = *take_res;
	*take_res = (struct writ_result){ 0 };
	Py_INCREF(argv);
	of(self)->argv = argv;
	of(self)->decoding = *decoding;
	Py_XINCREF(decoding->encoding);
	Py_XINCREF(decoding->errors);
	return self;
}

static void
dealloc(PyObject *self)
{
	writ_result_done(&of(self)->res);
	Py_XDECREF(of(self)->argv);
	Py_XDECREF(of(self)->decoding.encoding);
	Py_XDECREF(of(self)->decoding.errors);
	Py_XDECREF(of(self)->texts[0]);
	Py_XDECREF(of(self)->texts[1]);
	module_free(self);
}

static const struct writ_output *
output_of(PyObject *self, size_t which)
{
	return which == 0 ? &of(self)->res.out : &of(self)->res.err;
}

/* bytes of what was captured; None of what was not. */
static PyObject *
get_bytes(PyObject *self, void *which)
{
	const struct writ_output *output = output_of(self, (size_t)which);

	if (output->bytes < 0)
		Py_RETURN_NONE;
	return PyBytes_FromStringAndSize(output->data, (Py_ssize_t)output->len);
}

/* As a file in text mode gives it: every line ends with "\n". */
static PyObject *
decode(const struct writ_output *output, const struct decoding *decoding)
{
	PyObject *bytes = PyBytes_FromStringAndSize(output->data, (Py_ssize_t)output->len);
	PyObject *text = NULL;
	PyObject *lines = NULL;

	if (bytes != NULL)
		text = PyObject_CallMethod(bytes, "decode", "OO", decoding->encoding,
					   decoding->errors);
	if (text != NULL)
		lines = PyObject_CallMethod(text, "replace", "ss", "\r\n", "\n");
	Py_XDECREF(text);
	text = lines == NULL ? NULL : PyObject_CallMethod(lines, "replace", "ss", "\r", "\n");
	Py_XDECREF(bytes);
	Py_XDECREF(lines);
	return text;
}

static PyObject *
get_output(PyObject *self, void *which)
{
	const struct writ_output *output = output_of(self, (size_t)which);
	PyObject **text = &of(self)->texts[(size_t)which];

	if (*text == NULL) {
		if (of(self)->decoding.encoding == NULL || output->bytes < 0)
			*text = get_bytes(self, which);
		else
			*text = decode(output, &of(self)->decoding);
	}
	Py_XINCREF(*text);
	return *text;
}

static PyObject *
get_output_info(PyObject *self, void *which)
{
	return fact_output(output_of(self, (size_t)which));
}

static PyObject *
get_fed(PyObject *self, void *unused)
{
	(void)unused;
	return fact_fed(&of(self)->res.in);
}

static PyObject *
get_usage(PyObject *self, void *unused)
{
	(void)unused;
	return fact_usage(&of(self)->res.usage);
}

static PyObject *
get_left(PyObject *self, void *unused)
{
	(void)unused;
	return fact_left(&of(self)->res.left_behind);
}

static PyObject *
get_id(PyObject *self, void *unused)
{
	(void)unused;
	return PyUnicode_FromString(of(self)->res.id);
}

static PyObject *
get_argv(PyObject *self, void *unused)
{
	(void)unused;
	Py_INCREF(of(self)->argv);
	return of(self)->argv;
}

static PyObject *
get_identity(PyObject *self, void *unused)
{
	(void)unused;
	return identity_make(&of(self)->res.identity);
}

static PyObject *
get_started(PyObject *self, void *unused)
{
	(void)unused;
	return PyLong_FromLongLong(of(self)->res.started_ns);
}

static PyObject *
get_wall(PyObject *self, void *unused)
{
	(void)unused;
	return PyLong_FromLongLong(of(self)->res.wall_ns);
}

static PyObject *
get_cause(PyObject *self, void *unused)
{
	(void)unused;
	return PyUnicode_FromString(writ_cause_name(of(self)->res.cause));
}

static PyObject *
get_exit_code(PyObject *self, void *unused)
{
	(void)unused;
	return fact_number(of(self)->res.exit_code);
}

static PyObject *
get_signal(PyObject *self, void *unused)
{
	(void)unused;
	return fact_number(of(self)->res.signal != 0 ? of(self)->res.signal : -1);
}

static PyObject *
get_returncode(PyObject *self, void *unused)
{
	const struct writ_result *res = &of(self)->res;

	(void)unused;
	if (res->signal != 0)
		return PyLong_FromLong(-res->signal);
	return fact_number(res->exit_code);
}

static PyObject *
get_status(PyObject *self, void *unused)
{
	(void)unused;
	return PyLong_FromLong(writ_result_status(&of(self)->res));
}

static PyObject *
get_core_dumped(PyObject *self, void *unused)
{
	(void)unused;
	return PyBool_FromLong(of(self)->res.core_dumped);
}

static PyObject *
get_timed_out(PyObject *self, void *unused)
{
	(void)unused;
	return PyBool_FromLong(of(self)->res.timed_out);
}

static PyObject *
get_forced(PyObject *self, void *unused)
{
	(void)unused;
	return PyBool_FromLong(of(self)->res.forced);
}

static PyObject *
get_stopped_by(PyObject *self, void *unused)
{
	(void)unused;
	return fact_text(of(self)->res.stopped_by);
}

static PyObject *
get_containment(PyObject *self, void *unused)
{
	int level = of(self)->res.containment;

	(void)unused;
	return fact_text(level != 0 ? writ_level_name(level) : NULL);
}

static PyObject *
get_guarded(PyObject *self, void *unused)
{
	(void)unused;
	return PyBool_FromLong(of(self)->res.guarded);
}

/* Not that of a run by writd, which has it on record itself. */
static bool
has_record(PyObject *self)
{
	return of(self)->res.order != NULL;
}

static PyObject *
get_record_errno(PyObject *self, void *unused)
{
	(void)unused;
	if (!has_record(self))
		Py_RETURN_NONE;
	return PyLong_FromLong(of(self)->res.record_errno);
}

static PyObject *
get_record_text(PyObject *self, void *unused)
{
	struct writ_error err = { 0 };
	PyObject *made;
	char *text;

	(void)unused;
	if (!has_record(self))
		Py_RETURN_NONE;
	if (writ_result_record(&of(self)->res, &text, &err) < 0)
		return failure_raise(&err);
	made = PyUnicode_FromString(text);
	free(text);
	return made;
}

static PyObject *
get_record(PyObject *self, void *unused)
{
	PyObject *loads;
	PyObject *text;
	PyObject *record = NULL;

	if (!has_record(self))
		Py_RETURN_NONE;
	loads = module_find("json", "loads");
	text = get_record_text(self, unused);
	if (loads != NULL && text != NULL)
		record = PyObject_CallFunctionObjArgs(loads, text, (PyObject *)NULL);
	Py_XDECREF(loads);
	Py_XDECREF(text);
	return record;
}

bool
result_is_fine(PyObject *self)
{
	const struct writ_result *res = &of(self)->res;

	return res->cause == WRIT_EXITED && res->exit_code == 0 && !res->out.truncated &&
	       !res->err.truncated;
}

PyObject *
result_raise(PyObject *self)
{
	PyObject *type_for = module_find("writ.errors", "failure_of");
	PyObject *made = NULL;

	if (type_for != NULL)
		made = PyObject_CallFunctionObjArgs(type_for, self, (PyObject *)NULL);
	if (made != NULL)
		PyErr_SetObject((PyObject *)Py_TYPE(made), made);
	Py_XDECREF(type_for);
	Py_XDECREF(made);
	return NULL;
}

static PyObject *
check(PyObject *self, PyObject *unused)
{
	(void)unused;
	if (!result_is_fine(self))
		return result_raise(self);
	Py_INCREF(self);
	return self;
}

static PyObject *
repr(PyObject *self)
{
	const struct writ_result *res = &of(self)->res;
	const char *cause = writ_cause_name(res->cause);

	if (res->cause == WRIT_EXITED)
		return PyUnicode_FromFormat("<writ.Result %R: exited %d>", of(self)->argv,
					    res->exit_code);
	return PyUnicode_FromFormat("<writ.Result %R: %s, signal %d>", of(self)->argv, cause,
				    res->signal);
}

#define OUT ((void *)0)
#define ERR ((void *)1)

static PyGetSetDef fields[] = {
	{ "argv", get_argv, NULL, "the words that were asked for: tuple", NULL },
	{ "id", get_id, NULL, "of the run: a ULID, unique, sorts by time", NULL },
	{ "identity", get_identity, NULL, "of the program: Identity", NULL },
	{ "started_ns", get_started, NULL, "when, in ns since 1970", NULL },
	{ "wall_ns", get_wall, NULL, "from its start to its end, in ns, monotonic", NULL },
	{ "cause", get_cause, NULL,
	  "'exited', 'signaled', 'timeout', 'idle-timeout', 'output-limit', 'cancelled', 'lost'",
	  NULL },
	{ "exit_code", get_exit_code, NULL, "None unless it exited", NULL },
	{ "signal", get_signal, NULL, "the number of the signal that ended it, or None", NULL },
	{ "returncode", get_returncode, NULL, "as subprocess has it: the exit code, or -signal",
	  NULL },
	{ "status", get_status, NULL, "as `writ run` exits: its own, 124, 125, 128 + signal",
	  NULL },
	{ "core_dumped", get_core_dumped, NULL, "did it leave a core?", NULL },
	{ "timed_out", get_timed_out, NULL, "by one of the two time-outs?", NULL },
	{ "stopped_by", get_stopped_by, NULL,
	  "who asked for the end: 'timeout', 'idle', 'limit', 'caller'; None: nobody", NULL },
	{ "forced", get_forced, NULL, "was KILL needed?", NULL },
	{ "stdin", get_fed, NULL, "what became of the input: Fed", NULL },
	{ "stdout", get_output, NULL, "what was captured: bytes, in text mode str; or None", OUT },
	{ "stderr", get_output, NULL, "what was captured: bytes, in text mode str; or None", ERR },
	{ "stdout_bytes", get_bytes, NULL, "the same, never decoded", OUT },
	{ "stderr_bytes", get_bytes, NULL, "the same, never decoded", ERR },
	{ "stdout_info", get_output_info, NULL, "what became of it: Output", OUT },
	{ "stderr_info", get_output_info, NULL, "what became of it: Output", ERR },
	{ "usage", get_usage, NULL, "processor time and memory: Usage", NULL },
	{ "containment", get_containment, NULL,
	  "the level reached: 'cgroup', 'launcher', 'session', 'process'", NULL },
	{ "guarded", get_guarded, NULL, "would the tree have ended with this process?", NULL },
	{ "left_behind", get_left, NULL, "what it left behind: LeftBehind", NULL },
	{ "record_errno", get_record_errno, NULL, "why record_fd could not be written; 0: it was",
	  NULL },
	{ "record", get_record, NULL, "all of it as a dict; docs/record.md", NULL },
	{ "record_text", get_record_text, NULL, "the same as one line of JSON", NULL },
	{ 0 },
};

static PyMethodDef methods[] = {
	{ "check", check, METH_NOARGS,
	  "check($self, /)\n--\n\n"
	  "Returns it if it exited with 0 and all its output was kept; else "
	  "raises a\nRunError that has it as `result`." },
	{ 0 },
};

static PyType_Slot slots[] = {
	{ Py_tp_doc, "How a run ended, and what it wrote. What was not seen is None." },
	{ Py_tp_new, module_no_new },
	{ Py_tp_dealloc, dealloc },
	{ Py_tp_repr, repr },
	{ Py_tp_getset, fields },
	{ Py_tp_methods, methods },
	{ 0, NULL },
};

static PyType_Spec spec = {
	.name = "writ.Result",
	.basicsize = sizeof(struct result),
	.flags = Py_TPFLAGS_DEFAULT,
	.slots = slots,
};

int
result_add(PyObject *module)
{
	result_type = module_add_type(module, &spec);
	return result_type == NULL ? -1 : 0;
}
