#include "identity.h"

#include <stdlib.h>

#include "argument.h"
#include "failure.h"

struct identity {
	PyObject_HEAD
	struct writ_id id;
};

/* Of this process; see module.h. */
static PyTypeObject *identity_type;
static PyTypeObject *node_type;
static PyTypeObject *killed_type;

enum { CHILD_WAIT_MS = 2000 }; /* as the command's */

static PyObject *
make_of(PyTypeObject *type, const struct writ_id *id)
{
	allocfunc alloc = (allocfunc)PyType_GetSlot(type, Py_tp_alloc);
	struct identity *self = (struct identity *)alloc(type, 0);

	if (self != NULL)
		self->id = *id;
	return (PyObject *)self;
}

PyObject *
identity_make(const struct writ_id *id)
{
	if (id->pid == 0)
		Py_RETURN_NONE;
	return make_of(identity_type, id);
}

/* A pid, a text, or an Identity. */
static int
read_ref(PyObject *ref, struct writ_id *ret_id)
{
	const struct argument *arg = ARGUMENT("ref");
	struct writ_error err = { 0 };
	PyObject *bytes;
	int64_t pid;
	int r;

	if (PyObject_TypeCheck(ref, identity_type)) {
		*ret_id = ((struct identity *)ref)->id;
		return 0;
	}
	if (PyLong_Check(ref)) {
		if (argument_number(arg, ref, 1, INT32_MAX, &pid) < 0)
			return -1;
		r = writ_id_get(pid, ret_id, &err);
	} else if (PyUnicode_Check(ref)) {
		bytes = argument_bytes(arg, ref);
		if (bytes == NULL)
			return -1;
		r = writ_id_parse(PyBytes_AsString(bytes), ret_id, &err);
		Py_DECREF(bytes);
	} else {
		return argument_is_no(arg, "an Identity, a pid or PID@TOKEN", ref);
	}
	if (r < 0)
		failure_raise(&err);
	return r < 0 ? -1 : 0;
}

static PyObject *
new_identity(PyTypeObject *type, PyObject *args, PyObject *options)
{
	static char *names[] = { "ref", NULL };
	struct writ_id id;
	PyObject *ref;

	if (!PyArg_ParseTupleAndKeywords(args, options, "O:Identity", names, &ref) ||
	    read_ref(ref, &id) < 0)
		return NULL;
	return make_of(type, &id);
}

static PyObject *
identity_str(PyObject *self)
{
	char text[WRIT_ID_TEXT_MAX];

	return PyUnicode_FromString(writ_id_text(&((struct identity *)self)->id, text));
}

static PyObject *
identity_repr(PyObject *self)
{
	char text[WRIT_ID_TEXT_MAX];

	writ_id_text(&((struct identity *)self)->id, text);
	return PyUnicode_FromFormat("writ.Identity('%s')", text);
}

static PyObject *
identity_compare(PyObject *self, PyObject *other, int op)
{
	bool same;

	if ((op != Py_EQ && op != Py_NE) || !PyObject_TypeCheck(other, identity_type))
		Py_RETURN_NOTIMPLEMENTED;
	same = writ_id_same(&((struct identity *)self)->id, &((struct identity *)other)->id);
	return PyBool_FromLong(same == (op == Py_EQ));
}

static Py_hash_t
identity_hash(PyObject *self)
{
	const struct writ_id *id = &((struct identity *)self)->id;
	Py_hash_t hash = (Py_hash_t)(id->token * 0x9e3779b97f4a7c15U ^ (uint64_t)id->pid);

	return hash == -1 ? -2 : hash;
}

static PyObject *
identity_pid(PyObject *self, void *unused)
{
	(void)unused;
	return PyLong_FromLongLong(((struct identity *)self)->id.pid);
}

static PyObject *
identity_state(PyObject *self, void *unused)
{
	static const char *const names[] = {
		[WRIT_ID_RUNNING] = "running",
		[WRIT_ID_ENDED] = "ended",
		[WRIT_ID_GONE] = "gone",
		[WRIT_ID_REPLACED] = "replaced",
	};
	struct writ_error err = { 0 };
	int state = writ_id_state(&((struct identity *)self)->id, &err);

	(void)unused;
	return state < 0 ? failure_raise(&err) : PyUnicode_FromString(names[state]);
}

/* As writ.alive() wants it: a process that is gone is not an error. */
static PyObject *
is_alive(const struct writ_id *id)
{
	struct writ_error err = { 0 };
	int state = writ_id_state(id, &err);

	return state < 0 ? failure_raise(&err) : PyBool_FromLong(state == WRIT_ID_RUNNING);
}

static PyObject *
identity_alive(PyObject *self, PyObject *unused)
{
	(void)unused;
	return is_alive(&((struct identity *)self)->id);
}

static PyObject *
identity_reduce(PyObject *self, PyObject *unused)
{
	(void)unused;
	return Py_BuildValue("O(N)", identity_type, identity_str(self));
}

static PyGetSetDef identity_fields[] = {
	{ "pid", identity_pid, NULL, "its process id", NULL },
	{ "state", identity_state, NULL,
	  "'running', 'ended' (a zombie), 'gone', or 'replaced' (the pid is another's now)", NULL },
	{ 0 },
};

static PyMethodDef identity_methods[] = {
	{ "alive", identity_alive, METH_NOARGS, "Is it running? A zombie is not." },
	{ "__reduce__", identity_reduce, METH_NOARGS, NULL },
	{ 0 },
};

static PyType_Slot identity_slots[] = {
	{ Py_tp_doc, "Identity(ref)\n--\n\nOne process and no other, even when its pid is used again.\n\n"
		     "ref is a pid (the process that has it now), or 'PID@TOKEN', as str() of an\n"
		     "Identity and the command `writ id` give it. Equal if it is the same process.\n"
		     "Raises ProcessLookupError when no process has the pid, ValueError for a text\n"
		     "that is none." },
	{ Py_tp_new, new_identity },
	{ Py_tp_dealloc, module_free },
	{ Py_tp_str, identity_str },
	{ Py_tp_repr, identity_repr },
	{ Py_tp_richcompare, identity_compare },
	{ Py_tp_hash, identity_hash },
	{ Py_tp_getset, identity_fields },
	{ Py_tp_methods, identity_methods },
	{ 0, NULL },
};

static PyType_Spec identity_spec = {
	.name = "writ.Identity",
	.basicsize = sizeof(struct identity),
	.flags = Py_TPFLAGS_DEFAULT,
	.slots = identity_slots,
};

static PyObject *
alive(PyObject *module, PyObject *ref)
{
	struct writ_id id;

	(void)module;
	if (read_ref(ref, &id) == 0)
		return is_alive(&id);
	if (!PyErr_ExceptionMatches(PyExc_ProcessLookupError))
		return NULL;
	PyErr_Clear();
	Py_RETURN_FALSE;
}

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
	if (ref != NULL && read_ref(ref, &id) < 0)
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
	if (!PyArg_ParseTuple(args, "OO:matches", &ref, &argv) || read_ref(ref, &id) < 0 ||
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
	     argument_seconds(ARGUMENT("timeout"), timeout, INT32_MAX, &wait_ms) < 0) ||
	    read_ref(ref, &id) < 0 || read_words(argv, &words) < 0)
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

PyObject *
identity_tuple(const struct writ_id *list, int count)
{
	PyObject *tuple = PyTuple_New(count);

	for (int i = 0; tuple != NULL && i < count; i++) {
		PyObject *id = identity_make(&list[i]);

		if (id == NULL || PyTuple_SetItem(tuple, i, id) < 0)
			Py_CLEAR(tuple);
	}
	return tuple;
}

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
	    read_ref(ref, &id) < 0)
		return NULL;
	if (grace != NULL && how.grace_ms == 0)
		how.grace_ms = 1; /* 0 means the default there */
	Py_BEGIN_ALLOW_THREADS
	r = writ_tree_kill(&id, &how, &killed, &err);
	Py_END_ALLOW_THREADS
	return r < 0 ? failure_raise(&err) : make_killed(&killed);
}

static PyMethodDef functions[] = {
	{ "alive", alive, METH_O,
	  "alive(ref, /)\n--\n\nIs it (still) that process, and running? A zombie is not." },
	{ "tree", tree, METH_VARARGS,
	  "tree(ref=None, /)\n--\n\nThe process and all below it, as a list of Node, parents before "
	  "children;\nof a writ's run escaped children too. Without ref: the programs of all runs\n"
	  "of a writ that can be seen from here." },
	{ "matches", matches, METH_VARARGS,
	  "matches(ref, argv, /)\n--\n\nIs that process running this command?" },
	{ "child_of", WITH_KEYWORDS(child_of),
	  "child_of(ref, argv, timeout=2.0)\n--\n\nThe Identity of the first process below ref that "
	  "runs that command (below a\nroot helper such as sudo, say); waits for it at most timeout "
	  "seconds, then None.\nRaises ProcessLookupError if ref ends." },
	{ "kill", WITH_KEYWORDS(kill_tree),
	  "kill(ref, signal='TERM', grace=5.0)\n--\n\nEnds a process and everything below it, and "
	  "waits for that: the signal, then\nafter grace seconds KILL (None: KILL never follows). "
	  "Returns a Killed, which\nsays what survived." },
	{ 0 },
};

int
identity_add(PyObject *module)
{
	identity_type = module_add_type(module, &identity_spec);
	node_type = module_add_record(module, &node_desc);
	killed_type = module_add_record(module, &killed_desc);
	if (identity_type == NULL || node_type == NULL || killed_type == NULL)
		return -1;
	return PyModule_AddFunctions(module, functions);
}
