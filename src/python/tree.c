/* tree.c - processes that are not our children: what runs below one, and ending it. */
#include "argument.h"
#include "failure.h"
#include "identity.h"

/* Of this process; see module.h. */
static PyTypeObject *node_type;
static PyTypeObject *killed_type;

enum { CHILD_WAIT_MS = 2000 }; /* as the command's */

static PyObject *
words_of(char **argv)
{
	PyObject *list = PyList_New(0);

	for (size_t i = 0; list != NULL && argv[i] != NULL; i++) {
		PyObject *word = PyUnicode_DecodeFSDefault(argv[i]);

		if (word == NULL || PyList_Append(list, word) < 0)
			Py_CLEAR(list);
		Py_XDECREF(word);
	}
	return list;
}

static PyStructSequence_Field node_fields[] = {
	{ "identity", "Identity" },
	{ "ppid", "pid of its parent" },
	{ "depth", "0: the root that was asked for" },
	{ "escaped", "found by the run's containment, not by parenthood" },
	{ "argv", "list of str; the name in brackets if it has none" },
	{ NULL, NULL },
};

static PyStructSequence_Desc node_desc = {
	.name = "writ.Node", .doc = "A process of a tree.", .fields = node_fields,
	.n_in_sequence = 5,
};

static PyObject *
make_node(const struct writ_node *node)
{
	PyObject *made = PyStructSequence_New(node_type);

	if (made == NULL)
		return NULL;
	PyStructSequence_SetItem(made, 0, identity_make(&node->id));
	PyStructSequence_SetItem(made, 1, PyLong_FromLongLong(node->ppid));
	PyStructSequence_SetItem(made, 2, PyLong_FromLong(node->depth));
	PyStructSequence_SetItem(made, 3, PyBool_FromLong(node->escaped));
	PyStructSequence_SetItem(made, 4, words_of(node->argv));
	if (PyErr_Occurred())
		Py_CLEAR(made);
	return made;
}

static PyObject *
take_nodes(int r, struct writ_nodes *nodes, const struct writ_error *err)
{
	PyObject *list;

	if (r < 0)
		return failure_raise(err);
	list = PyList_New(0);
	for (size_t i = 0; list != NULL && i < nodes->count; i++) {
		PyObject *node = make_node(&nodes->list[i]);

		if (node == NULL || PyList_Append(list, node) < 0)
			Py_CLEAR(list);
		Py_XDECREF(node);
	}
	writ_nodes_done(nodes);
	return list;
}

static PyObject *
tree(PyObject *module, PyObject *args)
{
	struct writ_error err = { 0 };
	struct writ_nodes nodes = { 0 };
	struct writ_id id;
	PyObject *ref = NULL;
	int r;

	(void)module;
	if (!PyArg_ParseTuple(args, "|O:tree", &ref))
		return NULL;
	ref = ref == Py_None ? NULL : ref;
	if (ref != NULL && identity_read(ref, &id) < 0)
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	r = ref != NULL ? writ_tree_list(&id, &nodes, &err) : writ_tree_runs(&nodes, &err);
	Py_END_ALLOW_THREADS
	return take_nodes(r, &nodes, &err);
}

/* A command line for the calls that compare one; freed by free_words(). */
struct words {
	const char **list;
	PyObject *keep;
};

static void
free_words(struct words *words)
{
	PyMem_Free(words->list);
	Py_XDECREF(words->keep);
}

static int
read_words(PyObject *argv, struct words *ret_words)
{
	struct argument arg = { "argv", -1, NULL };
	PyObject *tuple = argument_tuple(&arg, argv, "a list of words");
	Py_ssize_t count = tuple == NULL ? -1 : PyTuple_Size(tuple);
	struct words words = { .keep = PyList_New(0) };

	words.list = count < 0 ? NULL : PyMem_Calloc((size_t)count + 1, sizeof(*words.list));
	if (count >= 0 && words.list == NULL)
		PyErr_NoMemory();
	for (arg.index = 0; words.list != NULL && arg.index < count; arg.index++) {
		PyObject *bytes = argument_bytes(&arg, PyTuple_GetItem(tuple, arg.index));

		if (bytes == NULL || words.keep == NULL || PyList_Append(words.keep, bytes) < 0) {
			Py_XDECREF(bytes);
			break;
		}
		words.list[arg.index] = PyBytes_AsString(bytes);
		Py_DECREF(bytes); /* the list has it */
	}
	Py_XDECREF(tuple);
	if (count == 0)
		argument_is_bad(ARGUMENT("argv"), "empty");
	if (PyErr_Occurred()) {
		free_words(&words);
		return -1;
	}
	*ret_words = words;
	return 0;
}

static PyObject *
matches(PyObject *module, PyObject *args)
{
	struct writ_error err = { 0 };
	struct words words;
	struct writ_id id;
	PyObject *ref;
	PyObject *argv;
	int r;

	(void)module;
	if (!PyArg_ParseTuple(args, "OO:matches", &ref, &argv) || identity_read(ref, &id) < 0 ||
	    read_words(argv, &words) < 0)
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	r = writ_id_match(&id, words.list, &err);
	Py_END_ALLOW_THREADS
	free_words(&words);
	return r < 0 ? failure_raise(&err) : PyBool_FromLong(r);
}

static PyObject *
child_of(PyObject *module, PyObject *args, PyObject *options)
{
	static char *names[] = { "ref", "argv", "timeout", NULL };
	struct writ_error err = { 0 };
	struct words words;
	struct writ_id id;
	struct writ_id found;
	PyObject *ref;
	PyObject *argv;
	PyObject *timeout = NULL;
	int64_t wait_ms = CHILD_WAIT_MS;
	int r;

	(void)module;
	if (!PyArg_ParseTupleAndKeywords(args, options, "OO|O:child_of", names, &ref, &argv,
					 &timeout) ||
	    (timeout != NULL &&
	     argument_seconds(ARGUMENT("timeout"), timeout, ARGUMENT_FOR_EVER_MS,
			      &wait_ms) < 0) ||
	    identity_read(ref, &id) < 0 || read_words(argv, &words) < 0)
		return NULL;
	Py_BEGIN_ALLOW_THREADS
	r = writ_tree_find(&id, words.list, wait_ms, &found, &err);
	Py_END_ALLOW_THREADS
	free_words(&words);
	if (r == WRIT_E_NOT_FOUND)
		Py_RETURN_NONE;
	return r < 0 ? failure_raise(&err) : identity_make(&found);
}

static PyStructSequence_Field killed_fields[] = {
	{ "found", "processes that were there" },
	{ "ended", "of them, have ended" },
	{ "survived", "of them, could not be ended" },
	{ "survivors", "the first of those: tuple of Identity" },
	{ "survivor_errno", "why the first survived; 0: it did not end in time" },
	{ NULL, NULL },
};

static PyStructSequence_Desc killed_desc = {
	.name = "writ.Killed", .doc = "What came of ending a tree.", .fields = killed_fields,
	.n_in_sequence = 5,
};

static PyObject *
make_killed(const struct writ_killed *killed)
{
	int known = killed->survived < WRIT_SURVIVORS_MAX ? killed->survived : WRIT_SURVIVORS_MAX;
	PyObject *made = PyStructSequence_New(killed_type);

	if (made == NULL)
		return NULL;
	PyStructSequence_SetItem(made, 0, PyLong_FromLong(killed->found));
	PyStructSequence_SetItem(made, 1, PyLong_FromLong(killed->ended));
	PyStructSequence_SetItem(made, 2, PyLong_FromLong(killed->survived));
	PyStructSequence_SetItem(made, 3, identity_tuple(killed->survivors, known));
	PyStructSequence_SetItem(made, 4, PyLong_FromLong(killed->survivor_errno));
	if (PyErr_Occurred())
		Py_CLEAR(made);
	return made;
}

static PyObject *
kill_tree(PyObject *module, PyObject *args, PyObject *options)
{
	static char *names[] = { "ref", "signal", "grace", NULL };
	struct writ_error err = { 0 };
	struct writ_killed killed = { 0 };
	struct writ_kill how = { .size = sizeof(how) };
	struct writ_id id;
	PyObject *ref;
	PyObject *signal = NULL;
	PyObject *grace = NULL;
	int r;

	(void)module;
	if (!PyArg_ParseTupleAndKeywords(args, options, "O|OO:kill", names, &ref, &signal,
					 &grace) ||
	    (signal != NULL && signal != Py_None &&
	     argument_signal(ARGUMENT("signal"), signal, &how.signal) < 0) ||
	    (grace != NULL && argument_seconds(ARGUMENT("grace"), grace, -1, &how.grace_ms) < 0) ||
	    identity_read(ref, &id) < 0)
		return NULL;
	if (grace != NULL && how.grace_ms == 0)
		how.grace_ms = 1; /* 0 means the default there */
	Py_BEGIN_ALLOW_THREADS
	r = writ_tree_kill(&id, &how, &killed, &err);
	Py_END_ALLOW_THREADS
	return r < 0 ? failure_raise(&err) : make_killed(&killed);
}

static PyMethodDef functions[] = {
	{ "tree", tree, METH_VARARGS,
	  "tree(ref=None, /)\n--\n\n"
	  "The process and all below it, as a list of Node, parents before children;\n"
	  "of a writ's run escaped children too. Without ref: the programs of all runs\n"
	  "of a writ that can be seen from here." },
	{ "matches", matches, METH_VARARGS,
	  "matches(ref, argv, /)\n--\n\n"
	  "Is that process running this command?" },
	{ "child_of", WITH_KEYWORDS(child_of), "See writ.child_of()." },
	{ "kill", WITH_KEYWORDS(kill_tree), "See writ.kill()." },
	{ 0 },
};

int
tree_add(PyObject *module)
{
	node_type = module_add_record(module, &node_desc);
	killed_type = module_add_record(module, &killed_desc);
	if (node_type == NULL || killed_type == NULL)
		return -1;
	return PyModule_AddFunctions(module, functions);
}
