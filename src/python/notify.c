#include "notify.h"

/* A signal's handler may raise in it, before all who wait are woken: then it is
 * called once more, for nothing else would wake them. */
void
notify_call(PyObject *notify, struct notify_raised *first)
{
	int left = 2;

	Py_INCREF(notify);
	while (left-- > 0) {
		PyObject *answer = PyObject_CallObject(notify, NULL);

		Py_XDECREF(answer);
		if (answer != NULL)
			break;
		if (first->type == NULL)
			PyErr_Fetch(&first->type, &first->value, &first->traceback);
		else
			PyErr_WriteUnraisable(notify);
	}
	Py_DECREF(notify);
}

int
notify_end(struct notify_raised *first)
{
	if (first->type == NULL)
		return 0;
	PyErr_Restore(first->type, first->value, first->traceback);
	return -1;
}
