/* option_attribute.c - what is run, where, as whom and under which limits. */
#include "options.h"

#include "argument.h"

static int
read_text(struct request *req, const struct argument *arg, PyObject *value, const char **ret)
{
	if (value == Py_None)
		return 0;
	*ret = request_keep_text(req, arg, value);
	return *ret == NULL ? -1 : 0;
}

int
option_executable(struct request *req, const struct argument *arg, PyObject *value)
{
	return read_text(req, arg, value, &req->cmd.program);
}

int
option_search(struct request *req, const struct argument *arg, PyObject *value)
{
	return argument_bool(arg, value, &req->cmd.search);
}

int
option_path(struct request *req, const struct argument *arg, PyObject *value)
{
	return read_text(req, arg, value, &req->cmd.path);
}

int
option_cwd(struct request *req, const struct argument *arg, PyObject *value)
{
	return read_text(req, arg, value, &req->cmd.cwd);
}

/* Of a request to writd: a path would be looked up with its rights. */
int
option_cwd_fd(struct request *req, const struct argument *arg, PyObject *value)
{
	if (value == Py_None)
		return 0;
	req->cmd.set_cwd_fd = true;
	/* a file must not be closed before its descriptor was sent */
	if (PyList_Append(req->keep, value) < 0)
		return -1;
	return argument_fd(arg, value, &req->cmd.cwd_fd);
}

int
option_user(struct request *req, const struct argument *arg, PyObject *value)
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
	req->cmd.user = request_keep_bytes(req, PyBytes_FromFormat("%lu", (unsigned long)uid));
	return req->cmd.user == NULL ? -1 : 0;
}

int
option_umask(struct request *req, const struct argument *arg, PyObject *value)
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

int
option_nice(struct request *req, const struct argument *arg, PyObject *value)
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
		kept = request_keep_text(req, &arg, text);
	Py_XDECREF(soft);
	Py_XDECREF(hard);
	Py_XDECREF(text);
	return kept;
}

int
option_limits(struct request *req, const struct argument *arg, PyObject *value)
{
	PyObject *items;
	Py_ssize_t count;
	const char **list;

	if (value == Py_None)
		return 0;
	items = argument_items(arg, value, "a mapping of names to limits");
	if (items == NULL)
		return -1;
	count = PyList_Size(items);
	list = request_allocate(req, (size_t)count + 1, sizeof(*list));
	for (Py_ssize_t i = 0; list != NULL && i < count; i++) {
		list[i] = keep_limit(req, arg->name, PyList_GetItem(items, i));
		if (list[i] == NULL)
			list = NULL;
	}
	Py_DECREF(items);
	req->cmd.limits = list;
	return list == NULL ? -1 : 0;
}

int
option_contain(struct request *req, const struct argument *arg, PyObject *value)
{
	static const char *const words[] = { "any", "process", "session", "launcher", "cgroup",
					     NULL };

	return value == Py_None ? 0 : argument_word(arg, value, words, &req->cmd.contain);
}

int
option_keep_tree(struct request *req, const struct argument *arg, PyObject *value)
{
	return argument_bool(arg, value, &req->cmd.keep_tree);
}

int
option_check(struct request *req, const struct argument *arg, PyObject *value)
{
	return argument_bool(arg, value, &req->check);
}
