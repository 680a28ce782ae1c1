#include "failure.h"

#include <errno.h>
#include <string.h>

/* What an exception is made of when the system gave no errno. */
static const struct {
	int code; /* enum writ_code */
	int err_no;
} errnos[] = {
	{ WRIT_E_NOT_FOUND, ENOENT }, { WRIT_E_NOT_EXECUTABLE, ENOEXEC },
	{ WRIT_E_LIMIT, E2BIG },      { WRIT_E_UNSUPPORTED, EOPNOTSUPP },
	{ WRIT_E_GONE, ESRCH },	      { WRIT_E_SYS, EIO },
};

static int
errno_of(const struct writ_error *err)
{
	if (err->code == WRIT_E_GONE)
		return err->stage == WRIT_STAGE_ASK ? ECONNRESET : ESRCH;
	/* where there is no socket nobody listens; ENOENT would be of the program */
	if (err->code == WRIT_E_NOT_FOUND && err->stage == WRIT_STAGE_ASK)
		return ECONNREFUSED;
	if (err->err_no != 0)
		return err->err_no;
	for (size_t i = 0; i < sizeof(errnos) / sizeof(errnos[0]); i++)
		if (errnos[i].code == err->code)
			return errnos[i].err_no;
	return 0;
}

/* The stages whose subject is a path. */
static bool
is_about_a_file(int stage)
{
	return stage == WRIT_STAGE_SEARCH || stage == WRIT_STAGE_OPEN ||
	       stage == WRIT_STAGE_CHDIR || stage == WRIT_STAGE_EXEC;
}

/* A request that can never be right, wherever it is made. */
static bool
is_bad_request(const struct writ_error *err)
{
	return err->code == WRIT_E_INVAL || err->code == WRIT_E_SYNTAX ||
	       (err->code == WRIT_E_NOT_FOUND && err->stage == WRIT_STAGE_USER) ||
	       (err->code == WRIT_E_LIMIT && err->err_no == 0);
}

static PyObject *
text_of(const char *text)
{
	return PyUnicode_DecodeFSDefault(text);
}

/* OSError(errno, why[, file]): Python makes the subclass that fits. */
static PyObject *
make_os_error(const struct writ_error *err)
{
	int err_no = errno_of(err);
	bool has_file = is_about_a_file(err->stage) && err->subject[0] != '\0';
	const char *why = err->why[0] != '\0' ? err->why : strerror(err_no);
	char long_why[sizeof(err->why) + sizeof(err->subject) + 64];
	PyObject *text;
	PyObject *file;
	PyObject *made = NULL;

	snprintf(long_why, sizeof(long_why), "%s: %s%s%s", writ_stage_name(err->stage),
		 err->subject, err->subject[0] != '\0' ? ": " : "", why);
	text = text_of(has_file ? why : long_why);
	file = text_of(err->subject);
	if (text != NULL && file != NULL)
		made = has_file ? PyObject_CallFunction(PyExc_OSError, "iOO", err_no, text, file)
				: PyObject_CallFunction(PyExc_OSError, "iO", err_no, text);
	Py_XDECREF(text);
	Py_XDECREF(file);
	return made;
}

static int
set_text(PyObject *object, const char *name, const char *text)
{
	PyObject *value = text_of(text);
	int r = value == NULL ? -1 : PyObject_SetAttrString(object, name, value);

	Py_XDECREF(value);
	return r;
}

static PyObject *
make_plain(PyObject *type, const struct writ_error *err)
{
	char buf[sizeof(err->subject) + sizeof(err->why) + 64];
	PyObject *text = text_of(writ_error_text(err, buf, sizeof(buf)));
	PyObject *made =
		text == NULL ? NULL : PyObject_CallFunctionObjArgs(type, text, (PyObject *)NULL);

	Py_XDECREF(text);
	return made;
}

/* A word of writd's: a PermissionError, but of what is allowed and could not be executed
 * the error of that. */
static PyObject *
make_refused(const struct writ_error *err)
{
	PyObject *type = err->err_no != 0 ? NULL : module_find("writ.errors", "Refused");
	char long_why[sizeof(err->why) + sizeof(err->hint) + 16];
	PyObject *text;
	PyObject *made = NULL;

	snprintf(long_why, sizeof(long_why), "writd: %s%s%s", err->why,
		 err->hint[0] != '\0' ? ": " : "", err->hint);
	text = text_of(long_why);
	if (text != NULL && err->err_no != 0)
		made = PyObject_CallFunction(PyExc_OSError, "iO", err->err_no, text);
	else if (text != NULL && type != NULL)
		made = PyObject_CallFunction(type, "iO", EPERM, text);
	if (made != NULL && type != NULL && set_text(made, "reason", err->why) < 0)
		Py_CLEAR(made);
	Py_XDECREF(type);
	Py_XDECREF(text);
	return made;
}

static PyObject *
make(const struct writ_error *err)
{
	if (err->code == WRIT_E_REFUSED)
		return make_refused(err);
	if (err->code == WRIT_E_NOMEM)
		return PyObject_CallFunction(PyExc_MemoryError, NULL);
	if (is_bad_request(err))
		return make_plain(PyExc_ValueError, err);
	return errno_of(err) != 0 ? make_os_error(err) : make_plain(PyExc_RuntimeError, err);
}

PyObject *
failure_raise(const struct writ_error *err)
{
	PyObject *made = make(err);

	if (made == NULL)
		return NULL;
	if (set_text(made, "code", writ_code_name(err->code)) == 0 &&
	    set_text(made, "stage", writ_stage_name(err->stage)) == 0 &&
	    set_text(made, "subject", err->subject) == 0 &&
	    set_text(made, "hint", err->hint) == 0)
		PyErr_SetObject((PyObject *)Py_TYPE(made), made);
	Py_DECREF(made);
	return NULL;
}

PyObject *
failure_raise_code(int code, int stage)
{
	struct writ_error err = { .size = sizeof(err), .code = code, .stage = stage };

	return failure_raise(&err);
}

PyObject *
failure_raise_result(const struct writ_result *res)
{
	return res->error != NULL ? failure_raise(res->error)
				  : failure_raise_code(WRIT_E_STATE, WRIT_STAGE_NONE);
}

PyObject *
failure_would_block(const char *function, const char *instead)
{
	PyObject *type = module_find("writ.errors", "WouldBlock");

	if (type != NULL)
		PyErr_Format(type, "%s() would stop the event loop of this thread; %s", function,
			     instead);
	Py_XDECREF(type);
	return NULL;
}
