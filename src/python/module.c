#include "module.h"

#include <string.h>

PyTypeObject *
module_add_type(PyObject *module, PyType_Spec *spec)
{
	PyObject *type = PyType_FromSpec(spec);

	if (type == NULL)
		return NULL;
	Py_INCREF(type);
	if (PyModule_AddObject(module, strrchr(spec->name, '.') + 1, type) < 0) {
		Py_DECREF(type);
		Py_CLEAR(type);
	}
	return (PyTypeObject *)type;
}

PyTypeObject *
module_add_record(PyObject *module, PyStructSequence_Desc *desc)
{
	PyTypeObject *type = PyStructSequence_NewType(desc);

	if (type == NULL)
		return NULL;
	Py_INCREF(type);
	if (PyModule_AddObject(module, strrchr(desc->name, '.') + 1, (PyObject *)type) < 0) {
		Py_DECREF(type);
		Py_CLEAR(type);
	}
	return type;
}

PyObject *
module_no_new(PyTypeObject *type, PyObject *args, PyObject *options)
{
	(void)args;
	(void)options;
	PyErr_Format(PyExc_TypeError, "%R is only made by writ itself", type);
	return NULL;
}

void
module_free(PyObject *self)
{
	PyTypeObject *type = Py_TYPE(self);
	freefunc free_memory = (freefunc)PyType_GetSlot(type, Py_tp_free);

	free_memory(self);
	Py_DECREF(type);
}

PyObject *
module_find(const char *module, const char *name)
{
	PyObject *found = PyImport_ImportModule(module);
	PyObject *attribute = found == NULL ? NULL : PyObject_GetAttrString(found, name);

	Py_XDECREF(found);
	return attribute;
}

/* The variables of the extension are of the process: a second interpreter in it
 * would take the first one's types and locks for its own. */
static int
refuse_second_interpreter(void)
{
	static int64_t first = -1;
	int64_t this = PyInterpreterState_GetID(PyInterpreterState_Get());

	if (first < 0)
		first = this;
	if (first == this)
		return 0;
	PyErr_SetString(PyExc_ImportError,
			"writ does not work in a second interpreter of one process");
	return -1;
}

static int (*const parts[])(PyObject *module) = {
	ask_add,  blocking_add, broker_add, fact_add,	flag_add, hub_add,   identity_add,
	plan_add, result_add,	run_add,    thread_add, tree_add, world_add,
};

static int
fill(PyObject *module)
{
	if (refuse_second_interpreter() < 0)
		return -1;
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		if (parts[i](module) < 0)
			return -1;
	return PyModule_AddStringConstant(module, "version", writ_version());
}

static PyModuleDef_Slot slots[] = {
	{ Py_mod_exec, fill },
	{ 0, NULL },
};

static PyModuleDef definition = {
	PyModuleDef_HEAD_INIT,
	.m_name = "writ._writ",
	.m_doc = "The part of writ that is written in C.",
	.m_slots = slots,
};

PyMODINIT_FUNC PyInit__writ(void); /* only the interpreter calls it */

PyMODINIT_FUNC
PyInit__writ(void)
{
	return PyModuleDef_Init(&definition);
}
