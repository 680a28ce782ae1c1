#include "fact.h"

#include "identity.h"

/* Of this process; see module.h. */
static PyTypeObject *fed_type;
static PyTypeObject *output_type;
static PyTypeObject *usage_type;
static PyTypeObject *left_type;

/* What was not seen is None, as it is null in the record. */
PyObject *
fact_number(int64_t number)
{
	if (number < 0)
		Py_RETURN_NONE;
	return PyLong_FromLongLong(number);
}

PyObject *
fact_text(const char *text)
{
	if (text == NULL || text[0] == '\0')
		Py_RETURN_NONE;
	return PyUnicode_DecodeFSDefault(text);
}

static PyStructSequence_Field output_fields[] = {
	{ "bytes", "seen; None: not seen" },
	{ "kept", "of them; None: not seen" },
	{ "truncated", "more was written than kept" },
	{ "cut_at", "offset in what was kept at which bytes are missing; None: none are" },
	{ "held_by_descendant", "still open in the tree when the grace was over" },
	{ NULL, NULL },
};
static PyStructSequence_Desc output_desc = {
	.name = "writ.Output", .doc = "What became of an output.", .fields = output_fields,
	.n_in_sequence = 5,
};

PyObject *
fact_output(const struct writ_output *output)
{
	PyObject *made = PyStructSequence_New(output_type);

	if (made == NULL)
		return NULL;
	PyStructSequence_SetItem(made, 0, fact_number(output->bytes));
	PyStructSequence_SetItem(made, 1,
				 fact_number(output->bytes < 0 ? -1 : (int64_t)output->len));
	PyStructSequence_SetItem(made, 2, PyBool_FromLong(output->truncated));
	PyStructSequence_SetItem(
		made, 3, fact_number(output->truncated ? (int64_t)output->cut_at : -1));
	PyStructSequence_SetItem(made, 4, PyBool_FromLong(output->held_by_descendant));
	if (PyErr_Occurred())
		Py_CLEAR(made);
	return made;
}

static PyStructSequence_Field fed_fields[] = {
	{ "bytes", "what the pipe or file gave; None: not seen" },
	{ "read_all", "False: it ended early, or bytes stayed unread; None: not known" },
	{ NULL, NULL },
};
static PyStructSequence_Desc fed_desc = {
	.name = "writ.Fed", .doc = "What became of standard input.", .fields = fed_fields,
	.n_in_sequence = 2,
};

static PyObject *
known(int value)
{
	if (value == WRIT_UNKNOWN)
		Py_RETURN_NONE;
	return PyBool_FromLong(value == WRIT_YES);
}

PyObject *
fact_fed(const struct writ_fed *fed)
{
	PyObject *made = PyStructSequence_New(fed_type);

	if (made == NULL)
		return NULL;
	PyStructSequence_SetItem(made, 0, fact_number(fed->bytes));
	PyStructSequence_SetItem(made, 1, known(fed->read_all));
	if (PyErr_Occurred())
		Py_CLEAR(made);
	return made;
}

static const char *const source_names[] = {
	[WRIT_SOURCE_NONE] = NULL,
	[WRIT_SOURCE_CGROUP] = "cgroup",
	[WRIT_SOURCE_LAUNCHER] = "launcher",
	[WRIT_SOURCE_RUSAGE] = "rusage",
	[WRIT_SOURCE_LARGEST_PROCESS] = "largest-process",
};

static PyStructSequence_Field usage_fields[] = {
	{ "user_ns", "processor time in user mode, ns; None: not known" },
	{ "sys_ns", "the same in the kernel" },
	{ "source", "of both: 'cgroup' and 'launcher' (the tree), 'rusage', or None" },
	{ "max_rss_bytes", "of the largest process; None: not known" },
	{ "max_rss_source", "'largest-process', or None" },
	{ NULL, NULL },
};
static PyStructSequence_Desc usage_desc = {
	.name = "writ.Usage", .doc = "What the run used.", .fields = usage_fields,
	.n_in_sequence = 5,
};

PyObject *
fact_usage(const struct writ_usage *usage)
{
	PyObject *made = PyStructSequence_New(usage_type);

	if (made == NULL)
		return NULL;
	PyStructSequence_SetItem(made, 0, fact_number(usage->user_ns));
	PyStructSequence_SetItem(made, 1, fact_number(usage->sys_ns));
	PyStructSequence_SetItem(made, 2, fact_text(source_names[usage->source]));
	PyStructSequence_SetItem(made, 3, fact_number(usage->max_rss_bytes));
	PyStructSequence_SetItem(made, 4, fact_text(source_names[usage->max_rss_source]));
	if (PyErr_Occurred())
		Py_CLEAR(made);
	return made;
}

static PyStructSequence_Field left_fields[] = {
	{ "count", "processes that were still there when the program had ended" },
	{ "killed", "of them, ended by writ" },
	{ "kept", "of them, left alive because of keep_tree" },
	{ "survived", "of them, could not be ended" },
	{ "survivors", "the first of those: tuple of Identity" },
	{ NULL, NULL },
};
static PyStructSequence_Desc left_desc = {
	.name = "writ.LeftBehind", .doc = "What the program left behind.", .fields = left_fields,
	.n_in_sequence = 5,
};

PyObject *
fact_left(const struct writ_left *left)
{
	int known_count =
		left->survived < WRIT_SURVIVORS_MAX ? left->survived : WRIT_SURVIVORS_MAX;
	PyObject *made = PyStructSequence_New(left_type);

	if (made == NULL)
		return NULL;
	PyStructSequence_SetItem(made, 0, PyLong_FromLong(left->count));
	PyStructSequence_SetItem(made, 1, PyLong_FromLong(left->killed));
	PyStructSequence_SetItem(made, 2, PyLong_FromLong(left->kept));
	PyStructSequence_SetItem(made, 3, PyLong_FromLong(left->survived));
	PyStructSequence_SetItem(made, 4, identity_tuple(left->survivors, known_count));
	if (PyErr_Occurred())
		Py_CLEAR(made);
	return made;
}

int
fact_add(PyObject *module)
{
	fed_type = module_add_record(module, &fed_desc);
	output_type = module_add_record(module, &output_desc);
	usage_type = module_add_record(module, &usage_desc);
	left_type = module_add_record(module, &left_desc);
	return PyErr_Occurred() ? -1 : 0;
}
