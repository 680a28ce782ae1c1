/* option_env.c - env, env_set, env_secret, env_keep, env_preset. */
#include "options.h"

#include <string.h>
#include <unistd.h>

#include "argument.h"

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
	return request_keep_bytes(req, both);
}

/* The items of a mapping, as NAME=VALUE, behind what the list has. */
static int
add_variables(struct request *req, const char *option, PyObject *mapping,
	      const char *const **ret_list)
{
	PyObject *items =
		argument_items(ARGUMENT(option), mapping, "a mapping of names to values");
	size_t before = 0;
	Py_ssize_t count;
	const char **list;

	if (items == NULL)
		return -1;
	while (*ret_list != NULL && (*ret_list)[before] != NULL)
		before++;
	count = PyList_Size(items);
	list = request_allocate(req, before + (size_t)count + 1, sizeof(*list));
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
int
option_env(struct request *req, const struct argument *arg, PyObject *value)
{
	if (value == Py_None)
		return 0;
	req->env_is_all = true;
	return add_variables(req, arg->name, value, &req->cmd.env.set);
}

int
option_env_set(struct request *req, const struct argument *arg, PyObject *value)
{
	return value == Py_None ? 0 : add_variables(req, arg->name, value, &req->cmd.env.set);
}

int
option_env_secret(struct request *req, const struct argument *arg, PyObject *value)
{
	return value == Py_None ? 0
				: add_variables(req, arg->name, value, &req->cmd.env.set_secret);
}

int
option_env_keep(struct request *req, const struct argument *arg, PyObject *value)
{
	if (value == Py_None)
		return 0;
	req->cmd.env.keep = request_keep_list(req, arg->name, value, "a list of names");
	return req->cmd.env.keep == NULL ? -1 : 0;
}

int
option_env_preset(struct request *req, const struct argument *arg, PyObject *value)
{
	static const char *const words[] = { "none", "minimal", "all", NULL };

	return value == Py_None ? 0 : argument_word(arg, value, words, &req->preset);
}

void
option_finish_env(struct request *req)
{
	if (req->preset >= 0)
		req->cmd.env.preset = req->preset;
	else if (req->env_is_all)
		req->cmd.env.preset = WRIT_ENV_NONE;
}

/* The list of the caller's environment may be made anew by another thread while
 * ours has let go of the interpreter; the texts in it stay where they are. */
int
option_finish_source(struct request *req)
{
	size_t count = 0;
	const char **list;

	while (environ != NULL && environ[count] != NULL)
		count++;
	list = request_allocate(req, count + 1, sizeof(*list));
	if (list == NULL)
		return -1;
	if (count > 0)
		memcpy(list, environ, count * sizeof(*list));
	req->cmd.env.from = list;
	return 0;
}
