#include "request.h"

#include <string.h>

#include "argument.h"
#include "options.h"

/* One keyword. */
struct option {
	const char *name;
	option_reader *read;
	bool not_for_process;
};

void *
request_allocate(struct request *req, size_t count, size_t size)
{
	void *memory = NULL;

	if (req->memory_count < REQUEST_MEMORY_MAX)
		memory = PyMem_Calloc(count, size);
	if (memory == NULL)
		PyErr_NoMemory();
	else
		req->memory[req->memory_count++] = memory;
	return memory;
}

const char *
request_keep_bytes(struct request *req, PyObject *take_bytes)
{
	const char *text = NULL;

	if (take_bytes != NULL && PyList_Append(req->keep, take_bytes) == 0)
		text = PyBytes_AsString(take_bytes);
	Py_XDECREF(take_bytes);
	return text;
}

const char *
request_keep_text(struct request *req, const struct argument *arg, PyObject *value)
{
	return request_keep_bytes(req, argument_bytes(arg, value));
}

const char *const *
request_keep_list(struct request *req, const char *name, PyObject *value, const char *wanted)
{
	struct argument arg = { name, -1, NULL };
	PyObject *tuple = argument_tuple(&arg, value, wanted);
	Py_ssize_t count = tuple == NULL ? -1 : PyTuple_Size(tuple);
	const char **list = NULL;

	if (count >= 0)
		list = request_allocate(req, (size_t)count + 1, sizeof(*list));
	for (arg.index = 0; list != NULL && arg.index < count; arg.index++) {
		list[arg.index] = request_keep_text(req, &arg, PyTuple_GetItem(tuple, arg.index));
		if (list[arg.index] == NULL)
			list = NULL;
	}
	Py_XDECREF(tuple);
	return list;
}

static const struct option table[] = {
	{ "capture_output", option_capture_output, true },
	{ "check", option_check, true },
	{ "contain", option_contain, false },
	{ "cwd", option_cwd, false },
	{ "drain", option_drain, false },
	{ "drain_max", option_drain_max, false },
	{ "encoding", option_encoding, false },
	{ "env", option_env, false },
	{ "env_keep", option_env_keep, false },
	{ "env_preset", option_env_preset, false },
	{ "env_secret", option_env_secret, false },
	{ "env_set", option_env_set, false },
	{ "errors", option_errors, false },
	{ "executable", option_executable, false },
	{ "grace", option_grace, false },
	{ "idle_timeout", option_idle_timeout, false },
	{ "input", option_input, false },
	{ "keep_tree", option_keep_tree, false },
	{ "limits", option_limits, false },
	{ "nice", option_nice, false },
	{ "output_max", option_output_max, false },
	{ "overflow", option_overflow, false },
	{ "pass_fds", option_pass_fds, false },
	{ "path", option_path, false },
	{ "record_fd", option_record_fd, false },
	{ "search", option_search, false },
	{ "stderr", option_stderr, false },
	{ "stdin", option_stdin, false },
	{ "stdout", option_stdout, false },
	{ "stop_signal", option_stop_signal, false },
	{ "teardown", option_teardown, false },
	{ "text", option_text, false },
	{ "timeout", option_timeout, false },
	{ "umask", option_umask, false },
	{ "user", option_user, false },
};

/* What may be asked of writd. */
static const struct option asked[] = {
	{ "check", option_check },
	{ "cwd", option_cwd_fd },
	{ "drain", option_drain },
	{ "drain_max", option_drain_max },
	{ "encoding", option_encoding },
	{ "env", option_env },
	{ "errors", option_errors },
	{ "input", option_input },
	{ "output_max", option_output_max },
	{ "overflow", option_overflow },
	{ "stderr", option_stderr },
	{ "stdin", option_stdin },
	{ "stdout", option_stdout },
	{ "text", option_text },
	{ "timeout", option_timeout },
};

/* What subprocess has and writ has not, and why. */
static const struct {
	const char *name;
	const char *why;
} refused[] = {
	{ "shell", "there is no shell here: give the words as a list" },
	{ "preexec_fn", "no Python runs between fork and exec" },
	{ "close_fds", "descriptors are always closed; pass_fds names those to pass" },
	{ "start_new_session", "a run always has its own session" },
	{ "process_group", "a run always has its own session" },
	{ "group", "say user='USER:GROUP'" },
	{ "extra_groups", "they are those of the user" },
	{ "bufsize", "a pipe is read as the program writes" },
	{ "universal_newlines", "say text=True" },
	{ "restore_signals", "all signals are always reset" },
};

/* The option of that name, or NULL. */
static const struct option *
find(const struct option *options, size_t count, PyObject *name)
{
	for (size_t i = 0; i < count; i++)
		if (PyUnicode_CompareWithASCIIString(name, options[i].name) == 0)
			return &options[i];
	return NULL;
}

#define FIND(options, name) find((options), sizeof(options) / sizeof((options)[0]), (name))

static int
unknown_option(const struct request *req, PyObject *name)
{
	if (req->is_asked && FIND(table, name) != NULL) {
		PyErr_Format(PyExc_TypeError, "%U: the policy of writd says it, not who asks",
			     name);
		return -1;
	}
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (PyUnicode_CompareWithASCIIString(name, refused[i].name) != 0)
			continue;
		PyErr_Format(PyExc_TypeError, "%U: %s", name, refused[i].why);
		return -1;
	}
	PyErr_Format(PyExc_TypeError, "%R is not an option of a %s", name,
		     req->is_asked ? "request to writd" : "run");
	return -1;
}

static int
read_option(struct request *req, PyObject *name, PyObject *value)
{
	const struct option *option = req->is_asked ? FIND(asked, name) : FIND(table, name);

	if (option == NULL || (option->not_for_process && req->is_process))
		return unknown_option(req, name);
	return option->read(req, ARGUMENT(option->name), value);
}

static int
read_argv(struct request *req, PyObject *argv)
{
	const struct argument *arg = ARGUMENT("argv");

	req->argv = argument_tuple(arg, argv, "a list of words");
	if (req->argv == NULL)
		return -1;
	if (PyTuple_Size(req->argv) == 0)
		return argument_is_bad(arg, "empty");
	req->cmd.argv = request_keep_list(req, arg->name, req->argv, "a list of words");
	return req->cmd.argv == NULL ? -1 : 0;
}

static int
read_words(struct request *req, PyObject *argv, PyObject *options)
{
	PyObject *name;
	PyObject *value;
	Py_ssize_t at = 0;

	req->keep = PyList_New(0);
	if (req->keep == NULL || read_argv(req, argv) < 0)
		return -1;
	while (options != NULL && PyDict_Next(options, &at, &name, &value))
		if (read_option(req, name, value) < 0)
			return -1;
	if (option_finish_decoding(req) < 0)
		return -1;
	return option_finish_input(req);
}

int
request_read(struct request *ret_req, PyObject *argv, PyObject *options, bool is_process)
{
	struct request *req = ret_req;

	*req = (struct request){ .is_process = is_process, .preset = -1, .grace_ms = -1 };
	writ_cmd_init(&req->cmd, NULL);
	if (is_process)
		req->cmd.out.kind = WRIT_OUT_STREAM;
	if (read_words(req, argv, options) < 0 || option_finish_teardown(req) < 0)
		return -1;
	option_finish_env(req);
	return option_finish_source(req);
}

int
request_read_asked(struct request *ret_req, PyObject *argv, PyObject *options)
{
	*ret_req = (struct request){ .is_asked = true, .cmd = { .size = sizeof(ret_req->cmd) } };
	return read_words(ret_req, argv, options);
}

void
request_done(struct request *req)
{
	Py_CLEAR(req->argv);
	Py_CLEAR(req->keep);
	Py_CLEAR(req->decoding.encoding);
	Py_CLEAR(req->decoding.errors);
	while (req->memory_count > 0)
		PyMem_Free(req->memory[--req->memory_count]);
}

int
request_argv(PyObject *args, const char *function, PyObject **ret_argv)
{
	if (PyTuple_Size(args) == 1) {
		*ret_argv = PyTuple_GetItem(args, 0);
		return 0;
	}
	PyErr_Format(PyExc_TypeError, "%s() takes the command as one list, and then keywords",
		     function);
	return -1;
}
