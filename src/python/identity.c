#include "identity.h"

#include "argument.h"
#include "failure.h"

struct identity {
	PyObject_HEAD
	struct writ_id id;
};

/* Of this process; see module.h. */
static PyTypeObject *identity_type;

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

int
identity_read(PyObject *ref, struct writ_id *ret_id)
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
	    identity_read(ref, &id) < 0)
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

static char identity_doc[] =
	"Identity(ref)\n--\n\n"
	"One process and no other, even when its pid is used again.\n\n"
	"ref is a pid (the process that has it now), or 'PID@TOKEN', as str() of an\n"
	"Identity and the command `writ id` give it. Equal if it is the same process.\n"
	"Raises ProcessLookupError when no process has the pid, ValueError for a text\n"
	"that is none.";

static PyType_Slot identity_slots[] = {
	{ Py_tp_doc, identity_doc },
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
	if (identity_read(ref, &id) == 0)
		return is_alive(&id);
	if (!PyErr_ExceptionMatches(PyExc_ProcessLookupError))
		return NULL;
	PyErr_Clear();
	Py_RETURN_FALSE;
}

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

static PyMethodDef functions[] = {
	{ "alive", alive, METH_O,
	  "alive(ref, /)\n--\n\n"
	  "Is it (still) that process, and running? A zombie is not." },
	{ 0 },
};

int
identity_add(PyObject *module)
{
	identity_type = module_add_type(module, &identity_spec);
	return identity_type == NULL ? -1 : PyModule_AddFunctions(module, functions);
}
