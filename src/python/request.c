#include "request.h"

#include <string.h>
#include <unistd.h>

#include "argument.h"

/* One keyword. */
struct option {
	const char *name;
	int (*read)(struct request *req, const struct argument *arg, PyObject *value);
	bool not_for_process;
};

/* Zeroed memory that lives as long as the request. */
static void *
allocate(struct request *req, size_t count, size_t size)
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

/* The text of bytes that the request takes over. */
static const char *
keep_bytes(struct request *req, PyObject *take_bytes)
{
	const char *text = NULL;

	if (take_bytes != NULL && PyList_Append(req->keep, take_bytes) == 0)
		text = PyBytes_AsString(take_bytes);
	Py_XDECREF(take_bytes);
	return text;
}

static const char *
keep_text(struct request *req, const struct argument *arg, PyObject *value)
{
	return keep_bytes(req, argument_bytes(arg, value));
}

/* A NULL-ended list of texts. */
static const char *const *
keep_list(struct request *req, const char *name, PyObject *value, const char *wanted)
{
	struct argument arg = { name, -1, NULL };
	PyObject *tuple = argument_tuple(&arg, value, wanted);
	Py_ssize_t count = tuple == NULL ? -1 : PyTuple_Size(tuple);
	const char **list = count < 0 ? NULL : allocate(req, (size_t)count + 1, sizeof(*list));

	for (arg.index = 0; list != NULL && arg.index < count; arg.index++) {
		list[arg.index] = keep_text(req, &arg, PyTuple_GetItem(tuple, arg.index));
		if (list[arg.index] == NULL)
			list = NULL;
	}
	Py_XDECREF(tuple);
	return list;
}

static int
read_text(struct request *req, const struct argument *arg, PyObject *value, const char **ret)
{
	if (value == Py_None)
		return 0;
	*ret = keep_text(req, arg, value);
	return *ret == NULL ? -1 : 0;
}

static int
read_executable(struct request *req, const struct argument *arg, PyObject *value)
{
	return read_text(req, arg, value, &req->cmd.program);
}

static int
read_search(struct request *req, const struct argument *arg, PyObject *value)
{
	return argument_bool(arg, value, &req->cmd.search);
}

static int
read_path(struct request *req, const struct argument *arg, PyObject *value)
{
	return read_text(req, arg, value, &req->cmd.path);
}

static int
read_cwd(struct request *req, const struct argument *arg, PyObject *value)
{
	return read_text(req, arg, value, &req->cmd.cwd);
}

/* NAME=VALUE of one item of a mapping. */
static const char *
keep_variable(struct request *req, const char *option, PyObject *item)
{
	PyObject *key = PyTuple_GetItem(item, 0);
	struct argument arg = { option, -1, key };
	PyObject *name = argument_bytes(&(struct argument){ option, -1, NULL }, key);
	PyObject *value = name == NULL ? NULL : argument_bytes(&arg, PyTuple_GetItem(item, 1));
	PyObject *both = NULL;

	if (value != NULL && strchr(PyBytes_AsString(name), '=') != NULL)
		argument_is_bad(&arg, "a name with '=' inside");
	else if (value != NULL)
		both = PyBytes_FromFormat("%s=%s", PyBytes_AsString(name), PyBytes_AsString(value));
	Py_XDECREF(name);
	Py_XDECREF(value);
	return keep_bytes(req, both);
}

/* The items of a mapping, as NAME=VALUE, behind what the list has. */
static int
add_variables(struct request *req, const char *option, PyObject *mapping,
	      const char *const **ret_list)
{
	PyObject *items = PyMapping_Check(mapping) ? PyMapping_Items(mapping) : NULL;
	size_t before = 0;
	Py_ssize_t count;
	const char **list;

	if (items == NULL) {
		if (!PyErr_Occurred())
			argument_is_no(ARGUMENT(option), "a mapping of names to values", mapping);
		return -1;
	}
	while (*ret_list != NULL && (*ret_list)[before] != NULL)
		before++;
	count = PyList_Size(items);
	list = allocate(req, before + (size_t)count + 1, sizeof(*list));
	if (list != NULL && before > 0)
		memcpy(list, *ret_list, before * sizeof(*list));
	for (Py_ssize_t i = 0; list != NULL && i < count; i++) {
		list[before + (size_t)i] = keep_variable(req, option, PyList_GetItem(items, i));
		if (list[before + (size_t)i] == NULL)
			list = NULL;
	}
	Py_DECREF(items);
	*ret_list = list;
	return list == NULL ? -1 : 0;
}

/* As in subprocess a mapping is all there is, unless a preset is asked for too. */
static int
read_env(struct request *req, const struct argument *arg, PyObject *value)
{
	if (value == Py_None)
		return 0;
	req->env_is_all = true;
	return add_variables(req, arg->name, value, &req->cmd.env.set);
}

static int
read_env_set(struct request *req, const struct argument *arg, PyObject *value)
{
	return value == Py_None ? 0 : add_variables(req, arg->name, value, &req->cmd.env.set);
}

static int
read_env_secret(struct request *req, const struct argument *arg, PyObject *value)
{
	return value == Py_None ? 0
				: add_variables(req, arg->name, value, &req->cmd.env.set_secret);
}

static int
read_env_keep(struct request *req, const struct argument *arg, PyObject *value)
{
	if (value == Py_None)
		return 0;
	req->cmd.env.keep = keep_list(req, arg->name, value, "a list of names");
	return req->cmd.env.keep == NULL ? -1 : 0;
}

static int
read_env_preset(struct request *req, const struct argument *arg, PyObject *value)
{
	static const char *const words[] = { "none", "minimal", "all", NULL };

	return value == Py_None ? 0 : argument_word(arg, value, words, &req->preset);
}

/* What a stream is bound to, if it is none of the special ones. */
static int
read_binding(struct request *req, const struct argument *arg, PyObject *value,
	     const char **ret_path, int *ret_fd)
{
	if (PyUnicode_Check(value) || PyBytes_Check(value) ||
	    PyObject_HasAttrString(value, "__fspath__")) {
		*ret_path = keep_text(req, arg, value);
		return *ret_path == NULL ? -1 : 0;
	}
	return argument_fd(arg, value, ret_fd);
}

/* PIPE, STDOUT, NULL or INHERIT; 0 if it is something else. */
static int
special_of(PyObject *value)
{
	int overflow;
	long number;

	if (!PyLong_Check(value) || PyBool_Check(value))
		return 0;
	number = PyLong_AsLongAndOverflow(value, &overflow);
	return overflow == 0 && number < 0 && number >= STREAM_INHERIT ? (int)number : 0;
}

static int
read_stdin(struct request *req, const struct argument *arg, PyObject *value)
{
	struct writ_in *in = &req->cmd.in;
	const char *path = NULL;
	int fd = -1;

	if (value == Py_None)
		return 0;
	switch (special_of(value)) {
	case STREAM_NULL:
		in->kind = WRIT_IN_NULL;
		return 0;
	case STREAM_INHERIT:
		in->kind = WRIT_IN_INHERIT;
		return 0;
	case STREAM_PIPE:
		if (!req->is_process)
			return argument_is_bad(arg, "nobody could write to the pipe: give `input`, "
						    "or use Process");
		in->kind = WRIT_IN_STREAM;
		return 0;
	case STREAM_STDOUT:
		return argument_is_bad(arg, "STDOUT is for stderr");
	default:
		break;
	}
	if (read_binding(req, arg, value, &path, &fd) < 0)
		return -1;
	in->kind = path != NULL ? WRIT_IN_FILE : WRIT_IN_FD;
	in->path = path;
	in->fd = fd;
	return 0;
}

static int
read_output(struct request *req, const struct argument *arg, PyObject *value,
	    struct writ_out *out)
{
	const char *path = NULL;
	int fd = -1;

	if (value == Py_None)
		return 0;
	switch (special_of(value)) {
	case STREAM_NULL:
		out->kind = WRIT_OUT_NULL;
		return 0;
	case STREAM_INHERIT:
		out->kind = WRIT_OUT_INHERIT;
		return 0;
	case STREAM_PIPE:
		out->kind = req->is_process ? WRIT_OUT_STREAM : WRIT_OUT_CAPTURE;
		return 0;
	case STREAM_STDOUT:
		if (out == &req->cmd.out)
			return argument_is_bad(arg, "STDOUT is for stderr");
		out->kind = WRIT_OUT_MERGE;
		return 0;
	default:
		break;
	}
	if (read_binding(req, arg, value, &path, &fd) < 0)
		return -1;
	out->kind = path != NULL ? WRIT_OUT_FILE : WRIT_OUT_FD;
	out->path = path;
	out->fd = fd;
	return 0;
}

static int
read_stdout(struct request *req, const struct argument *arg, PyObject *value)
{
	return read_output(req, arg, value, &req->cmd.out);
}

static int
read_stderr(struct request *req, const struct argument *arg, PyObject *value)
{
	return read_output(req, arg, value, &req->cmd.err);
}

/* It is what happens anyhow; asking for it is fine. */
static int
read_capture_output(struct request *req, const struct argument *arg, PyObject *value)
{
	bool capture;

	(void)req;
	if (argument_bool(arg, value, &capture) < 0)
		return -1;
	return capture ? 0 : argument_is_bad(arg, "say stdout=INHERIT, stderr=INHERIT instead");
}

static int
read_input(struct request *req, const struct argument *arg, PyObject *value)
{
	(void)arg;
	req->input = value == Py_None ? NULL : value;
	return 0;
}

static int
read_is_text(struct request *req, const struct argument *arg, PyObject *value)
{
	bool is_text;

	if (value == Py_None)
		return 0;
	if (argument_bool(arg, value, &is_text) < 0)
		return -1;
	req->is_text = req->is_text || is_text;
	return 0;
}

static int
read_codec(struct request *req, const struct argument *arg, PyObject *value, PyObject **ret)
{
	if (value == Py_None)
		return 0;
	if (!PyUnicode_Check(value))
		return argument_is_no(arg, "a str", value);
	Py_INCREF(value);
	Py_XDECREF(*ret);
	*ret = value;
	req->is_text = true;
	return 0;
}

static int
read_encoding(struct request *req, const struct argument *arg, PyObject *value)
{
	return read_codec(req, arg, value, &req->decoding.encoding);
}

static int
read_errors(struct request *req, const struct argument *arg, PyObject *value)
{
	return read_codec(req, arg, value, &req->decoding.errors);
}

static int
read_check(struct request *req, const struct argument *arg, PyObject *value)
{
	return argument_bool(arg, value, &req->check);
}

/* 0 means none to the library; to us, at once. */
static int
read_bound(const struct argument *arg, PyObject *value, int64_t *ret_ms)
{
	if (argument_seconds(arg, value, 0, ret_ms) < 0)
		return -1;
	if (*ret_ms == 0 && value != Py_None && PyFloat_AsDouble(value) < 1)
		*ret_ms = 1;
	return 0;
}

static int
read_timeout(struct request *req, const struct argument *arg, PyObject *value)
{
	return read_bound(arg, value, &req->cmd.timeout_ms);
}

static int
read_idle_timeout(struct request *req, const struct argument *arg, PyObject *value)
{
	return read_bound(arg, value, &req->cmd.idle_timeout_ms);
}

/* 0 means the default to the library; to us, not at all. */
static int
read_drain(struct request *req, const struct argument *arg, PyObject *value)
{
	if (argument_seconds(arg, value, 0, &req->cmd.drain_ms) < 0)
		return -1;
	if (req->cmd.drain_ms == 0 && value != Py_None)
		req->cmd.drain_ms = -1;
	return 0;
}

static int
read_drain_max(struct request *req, const struct argument *arg, PyObject *value)
{
	return read_bound(arg, value, &req->cmd.drain_max_ms);
}

static int
read_stop_signal(struct request *req, const struct argument *arg, PyObject *value)
{
	return argument_signal(arg, value, &req->stop_signal);
}

static int
read_grace(struct request *req, const struct argument *arg, PyObject *value)
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
		r = argument_seconds(arg, PyTuple_GetItem(pair, 1), INT32_MAX, &ret_step->wait_ms);
	Py_DECREF(pair);
	return r;
}

static int
read_teardown(struct request *req, const struct argument *arg, PyObject *value)
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
	steps = allocate(req, (size_t)count + 1, sizeof(*steps));
	for (at.index = 0; steps != NULL && at.index < count; at.index++)
		if (read_step(&at, PyTuple_GetItem(tuple, at.index), &steps[at.index]) < 0)
			steps = NULL;
	Py_DECREF(tuple);
	req->cmd.teardown = steps;
	req->cmd.teardown_count = (size_t)count;
	return steps == NULL ? -1 : 0;
}

static int
read_output_max(struct request *req, const struct argument *arg, PyObject *value)
{
	int64_t bytes;

	if (value == Py_None)
		return 0;
	if (argument_number(arg, value, 1, INT64_MAX / 4, &bytes) < 0)
		return -1;
	req->cmd.out.max_bytes = req->cmd.err.max_bytes = (size_t)bytes;
	return 0;
}

static int
read_overflow(struct request *req, const struct argument *arg, PyObject *value)
{
	static const char *const words[] = { "both", "head", "tail", "kill", NULL };

	if (argument_word(arg, value, words, &req->cmd.out.overflow) < 0)
		return -1;
	req->cmd.err.overflow = req->cmd.out.overflow;
	return 0;
}

static int
read_user(struct request *req, const struct argument *arg, PyObject *value)
{
	int64_t uid;

	if (value == Py_None)
		return 0;
	if (PyUnicode_Check(value) || PyBytes_Check(value))
		return read_text(req, arg, value, &req->cmd.user);
	if (!PyLong_Check(value) || PyBool_Check(value))
		return argument_is_no(arg, "a name or a number", value);
	if (argument_number(arg, value, 0, UINT32_MAX - 1, &uid) < 0)
		return -1;
	req->cmd.user = keep_bytes(req, PyBytes_FromFormat("%lu", (unsigned long)uid));
	return req->cmd.user == NULL ? -1 : 0;
}

static int
read_umask(struct request *req, const struct argument *arg, PyObject *value)
{
	int64_t mask;

	if (value == Py_None)
		return 0;
	if (argument_number(arg, value, 0, 0777, &mask) < 0)
		return -1;
	req->cmd.umask = (unsigned)mask;
	req->cmd.set_umask = true;
	return 0;
}

static int
read_nice(struct request *req, const struct argument *arg, PyObject *value)
{
	int64_t nice_value;

	if (value == Py_None)
		return 0;
	if (argument_number(arg, value, -20, 19, &nice_value) < 0)
		return -1;
	req->cmd.nice = (int)nice_value;
	req->cmd.set_nice = true;
	return 0;
}

/* A number, None or RLIM_INFINITY for none; anything else speaks for itself. */
static PyObject *
limit_text(const struct argument *arg, PyObject *value)
{
	int64_t number;

	if (PyUnicode_Check(value)) {
		Py_INCREF(value);
		return value;
	}
	if (value == Py_None)
		return PyUnicode_FromString("unlimited");
	if (argument_number(arg, value, -1, INT64_MAX, &number) < 0)
		return NULL;
	return number == -1 ? PyUnicode_FromString("unlimited")
			    : PyUnicode_FromFormat("%lld", (long long)number);
}

/* NAME=SOFT[:HARD] of one item of a mapping. */
static const char *
keep_limit(struct request *req, const char *option, PyObject *item)
{
	struct argument arg = { option, -1, PyTuple_GetItem(item, 0) };
	PyObject *value = PyTuple_GetItem(item, 1);
	bool is_pair = PyTuple_Check(value) && PyTuple_Size(value) == 2;
	PyObject *soft = limit_text(&arg, is_pair ? PyTuple_GetItem(value, 0) : value);
	PyObject *hard = NULL;
	PyObject *text = NULL;
	const char *kept = NULL;

	if (soft != NULL && !PyUnicode_Check(arg.key))
		argument_is_no(ARGUMENT(option), "a mapping of str", arg.key);
	else if (soft != NULL && !is_pair)
		text = PyUnicode_FromFormat("%U=%U", arg.key, soft);
	else if (soft != NULL)
		hard = limit_text(&arg, PyTuple_GetItem(value, 1));
	if (hard != NULL)
		text = PyUnicode_FromFormat("%U=%U:%U", arg.key, soft, hard);
	if (text != NULL)
		kept = keep_text(req, &arg, text);
	Py_XDECREF(soft);
	Py_XDECREF(hard);
	Py_XDECREF(text);
	return kept;
}

static int
read_limits(struct request *req, const struct argument *arg, PyObject *value)
{
	PyObject *items;
	Py_ssize_t count;
	const char **list;

	if (value == Py_None)
		return 0;
	items = PyMapping_Check(value) ? PyMapping_Items(value) : NULL;
	if (items == NULL)
		return PyErr_Occurred() ? -1
					: argument_is_no(arg, "a mapping of names to limits", value);
	count = PyList_Size(items);
	list = allocate(req, (size_t)count + 1, sizeof(*list));
	for (Py_ssize_t i = 0; list != NULL && i < count; i++) {
		list[i] = keep_limit(req, arg->name, PyList_GetItem(items, i));
		if (list[i] == NULL)
			list = NULL;
	}
	Py_DECREF(items);
	req->cmd.limits = list;
	return list == NULL ? -1 : 0;
}

/* {number there: descriptor here}, or descriptors that keep their numbers. */
static int
read_pass_fds(struct request *req, const struct argument *arg, PyObject *value)
{
	bool is_mapping = PyDict_Check(value);
	PyObject *list = is_mapping ? PyMapping_Items(value)
				    : argument_tuple(arg, value, "a list of descriptors");
	Py_ssize_t count = list == NULL ? -1 : PySequence_Size(list);
	struct writ_pass *pass =
		count < 0 ? NULL : allocate(req, (size_t)count + 1, sizeof(*pass));
	struct argument at = *arg;

	for (at.index = 0; pass != NULL && at.index < count; at.index++) {
		PyObject *item = PySequence_GetItem(list, at.index);
		PyObject *from = is_mapping ? PyTuple_GetItem(item, 1) : item;
		int64_t to = 0;

		if (argument_fd(&at, from, &pass[at.index].from) < 0 ||
		    (is_mapping &&
		     argument_number(&at, PyTuple_GetItem(item, 0), 0, INT32_MAX, &to) < 0))
			pass = NULL;
		else
			pass[at.index].to = is_mapping ? (int)to : pass[at.index].from;
		Py_DECREF(item);
	}
	Py_XDECREF(list);
	req->cmd.pass = pass;
	req->cmd.pass_count = (size_t)(count < 0 ? 0 : count);
	return pass == NULL ? -1 : 0;
}

static int
read_contain(struct request *req, const struct argument *arg, PyObject *value)
{
	static const char *const words[] = { "any", "process", "session", "launcher", "cgroup",
					     NULL };

	return value == Py_None ? 0 : argument_word(arg, value, words, &req->cmd.contain);
}

static int
read_keep_tree(struct request *req, const struct argument *arg, PyObject *value)
{
	return argument_bool(arg, value, &req->cmd.keep_tree);
}

static int
read_record_fd(struct request *req, const struct argument *arg, PyObject *value)
{
	if (value == Py_None)
		return 0;
	req->cmd.record = true;
	/* a file must not be closed before the record was written */
	if (PyList_Append(req->keep, value) < 0)
		return -1;
	return argument_fd(arg, value, &req->cmd.record_fd);
}

static const struct option table[] = {
	{ "capture_output", read_capture_output, true },
	{ "check", read_check, true },
	{ "contain", read_contain, false },
	{ "cwd", read_cwd, false },
	{ "drain", read_drain, false },
	{ "drain_max", read_drain_max, false },
	{ "encoding", read_encoding, false },
	{ "env", read_env, false },
	{ "env_keep", read_env_keep, false },
	{ "env_preset", read_env_preset, false },
	{ "env_secret", read_env_secret, false },
	{ "env_set", read_env_set, false },
	{ "errors", read_errors, false },
	{ "executable", read_executable, false },
	{ "grace", read_grace, false },
	{ "idle_timeout", read_idle_timeout, false },
	{ "input", read_input, false },
	{ "keep_tree", read_keep_tree, false },
	{ "limits", read_limits, false },
	{ "nice", read_nice, false },
	{ "output_max", read_output_max, false },
	{ "overflow", read_overflow, false },
	{ "pass_fds", read_pass_fds, false },
	{ "path", read_path, false },
	{ "record_fd", read_record_fd, false },
	{ "search", read_search, false },
	{ "stderr", read_stderr, false },
	{ "stdin", read_stdin, false },
	{ "stdout", read_stdout, false },
	{ "stop_signal", read_stop_signal, false },
	{ "teardown", read_teardown, false },
	{ "text", read_is_text, false },
	{ "timeout", read_timeout, false },
	{ "umask", read_umask, false },
	{ "user", read_user, false },
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

static int
unknown_option(PyObject *name)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (PyUnicode_CompareWithASCIIString(name, refused[i].name) != 0)
			continue;
		PyErr_Format(PyExc_TypeError, "%U: %s", name, refused[i].why);
		return -1;
	}
	PyErr_Format(PyExc_TypeError, "%R is not an option of a run", name);
	return -1;
}

static int
read_option(struct request *req, PyObject *name, PyObject *value)
{
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		const struct option *option = &table[i];

		if (PyUnicode_CompareWithASCIIString(name, option->name) != 0)
			continue;
		if (option->not_for_process && req->is_process)
			break;
		return option->read(req, ARGUMENT(option->name), value);
	}
	return unknown_option(name);
}

/* In text mode the encoding is, as for a file, that of the locale. */
static int
finish_decoding(struct request *req)
{
	PyObject *preferred;

	if (!req->is_text)
		return 0;
	if (req->decoding.errors == NULL)
		req->decoding.errors = PyUnicode_FromString("strict");
	if (req->decoding.encoding == NULL) {
		preferred = module_find("locale", "getpreferredencoding");
		if (preferred != NULL)
			req->decoding.encoding = PyObject_CallFunction(preferred, "O", Py_False);
		Py_XDECREF(preferred);
	}
	return req->decoding.encoding == NULL || req->decoding.errors == NULL ? -1 : 0;
}

static PyObject *
input_bytes(const struct request *req)
{
	const struct argument *arg = ARGUMENT("input");
	PyObject *bytes;

	if (PyUnicode_Check(req->input)) {
		if (req->is_text)
			return PyObject_CallMethod(req->input, "encode", "OO",
						   req->decoding.encoding, req->decoding.errors);
		argument_is_no(arg, "bytes (or say text=True)", req->input);
		return NULL;
	}
	if (req->is_text || PyLong_Check(req->input)) {
		argument_is_no(arg, req->is_text ? "a str in text mode" : "bytes", req->input);
		return NULL;
	}
	bytes = PyBytes_FromObject(req->input);
	if (bytes == NULL && PyErr_ExceptionMatches(PyExc_TypeError)) {
		PyErr_Clear();
		argument_is_no(arg, "bytes", req->input);
	}
	return bytes;
}

static int
finish_input(struct request *req)
{
	PyObject *bytes;

	if (req->input == NULL)
		return 0;
	if (req->cmd.in.kind != WRIT_IN_NULL)
		return argument_is_bad(ARGUMENT("input"), "stdin is given too");
	bytes = input_bytes(req);
	req->cmd.in.data = keep_bytes(req, bytes);
	if (req->cmd.in.data == NULL)
		return -1;
	req->cmd.in.len = (size_t)PyBytes_Size(bytes);
	req->cmd.in.kind = WRIT_IN_DATA;
	return 0;
}

/* stop_signal and grace are short for one step. */
static int
finish_teardown(struct request *req)
{
	struct writ_teardown *step;

	if (req->stop_signal == 0 && req->grace_ms < 0)
		return 0;
	if (req->cmd.teardown != NULL)
		return argument_is_bad(ARGUMENT("teardown"), "stop_signal or grace is given too");
	step = allocate(req, 1, sizeof(*step));
	if (step == NULL)
		return -1;
	step->signal = req->stop_signal != 0 ? req->stop_signal : WRIT_SIGNAL_TERM;
	step->wait_ms = req->grace_ms >= 0 ? req->grace_ms : WRIT_KILL_AFTER_MS_DEFAULT;
	req->cmd.teardown = step;
	req->cmd.teardown_count = 1;
	return 0;
}

static void
finish_env(struct request *req)
{
	if (req->preset >= 0)
		req->cmd.env.preset = req->preset;
	else if (req->env_is_all)
		req->cmd.env.preset = WRIT_ENV_NONE;
}

/* The list of the caller's environment may be made anew by another thread while
 * ours has let go of the interpreter; the texts in it stay where they are. */
static int
finish_source(struct request *req)
{
	size_t count = 0;
	const char **list;

	while (environ != NULL && environ[count] != NULL)
		count++;
	list = allocate(req, count + 1, sizeof(*list));
	if (list == NULL)
		return -1;
	if (count > 0)
		memcpy(list, environ, count * sizeof(*list));
	req->cmd.env.from = list;
	return 0;
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
	req->cmd.argv = keep_list(req, arg->name, req->argv, "a list of words");
	return req->cmd.argv == NULL ? -1 : 0;
}

int
request_read(struct request *ret_req, PyObject *argv, PyObject *options, bool is_process)
{
	struct request *req = ret_req;
	PyObject *name;
	PyObject *value;
	Py_ssize_t at = 0;

	*req = (struct request){ .is_process = is_process, .preset = -1, .grace_ms = -1 };
	writ_cmd_init(&req->cmd, NULL);
	if (is_process)
		req->cmd.out.kind = WRIT_OUT_STREAM;
	req->keep = PyList_New(0);
	if (req->keep == NULL || read_argv(req, argv) < 0)
		return -1;
	while (options != NULL && PyDict_Next(options, &at, &name, &value))
		if (read_option(req, name, value) < 0)
			return -1;
	if (finish_decoding(req) < 0 || finish_input(req) < 0 || finish_teardown(req) < 0)
		return -1;
	finish_env(req);
	return finish_source(req);
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
