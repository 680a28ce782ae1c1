/* plan.c - what a run would do, without doing it. */
#include <stdlib.h>

#include "argument.h"
#include "failure.h"
#include "host.h"
#include "request.h"

static PyObject *
print_plan(const struct request *req, bool as_json)
{
	struct writ_error err = { 0 };
	struct writ_host *host = host_take();
	PyObject *made;
	char *text = NULL;
	int r;

	if (host == NULL)
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	r = writ_plan_text(host, &req->cmd, as_json, &text, &err);
	Py_END_ALLOW_THREADS
	host_give_back(host);
	if (r < 0)
		return failure_raise(&err);
	made = PyUnicode_DecodeFSDefault(text);
	free(text);
	return made;
}

static PyObject *
plan(PyObject *module, PyObject *args, PyObject *options)
{
	struct request req;
	PyObject *argv;
	PyObject *text = NULL;

	(void)module;
	if (request_argv(args, "plan", &argv) < 0)
		return NULL;
	if (request_read(&req, argv, options, false) == 0)
		text = print_plan(&req, false);
	request_done(&req);
	return text;
}

static PyObject *
env_is_loader(PyObject *module, PyObject *value)
{
	PyObject *name = argument_bytes(ARGUMENT("name"), value);
	bool is_loader = name != NULL && writ_env_is_loader(PyBytes_AsString(name));

	(void)module;
	Py_XDECREF(name);
	return name == NULL ? NULL : PyBool_FromLong(is_loader);
}

static PyMethodDef functions[] = {
	{ "plan", WITH_KEYWORDS(plan),
	  "plan(argv, /, **options)\n--\n\n"
	  "What writ.run() with these very arguments would do, step by step: a str. All is\n"
	  "checked as for a run, and nothing is run." },
	{ "env_is_loader", env_is_loader, METH_O,
	  "env_is_loader(name, /)\n--\n\n"
	  "Does a variable of this name make a loader or an interpreter run other code? Such\n"
	  "a one is passed on only when it is named." },
	{ 0 },
};

int
plan_add(PyObject *module)
{
	return PyModule_AddFunctions(module, functions);
}
