/* option_stream.c - what the standard streams and other descriptors are, and how they
 * are given: stdin, input, stdout, stderr, text, pass_fds ... */
#include "options.h"

#include "argument.h"

/* What a stream is bound to, if it is none of the special ones. */
static int
read_binding(struct request *req, const struct argument *arg, PyObject *value,
	     const char **ret_path, int *ret_fd)
{
	int is_path = PyUnicode_Check(value) || PyBytes_Check(value)
			      ? 1
			      : argument_has(value, "__fspath__");

	if (is_path <= 0)
		return is_path < 0 ? -1 : argument_fd(arg, value, ret_fd);
	*ret_path = request_keep_text(req, arg, value);
	return *ret_path == NULL ? -1 : 0;
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

int
option_stdin(struct request *req, const struct argument *arg, PyObject *value)
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

int
option_stdout(struct request *req, const struct argument *arg, PyObject *value)
{
	return read_output(req, arg, value, &req->cmd.out);
}

int
option_stderr(struct request *req, const struct argument *arg, PyObject *value)
{
	return read_output(req, arg, value, &req->cmd.err);
}

/* It is what happens anyhow; asking for it is fine. */
int
option_capture_output(struct request *req, const struct argument *arg, PyObject *value)
{
	bool capture;

	(void)req;
	if (argument_bool(arg, value, &capture) < 0)
		return -1;
	return capture ? 0 : argument_is_bad(arg, "say stdout=INHERIT, stderr=INHERIT instead");
}

int
option_input(struct request *req, const struct argument *arg, PyObject *value)
{
	(void)arg;
	req->input = value == Py_None ? NULL : value;
	return 0;
}

int
option_text(struct request *req, const struct argument *arg, PyObject *value)
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

int
option_encoding(struct request *req, const struct argument *arg, PyObject *value)
{
	return read_codec(req, arg, value, &req->decoding.encoding);
}

int
option_errors(struct request *req, const struct argument *arg, PyObject *value)
{
	return read_codec(req, arg, value, &req->decoding.errors);
}

int
option_output_max(struct request *req, const struct argument *arg, PyObject *value)
{
	int64_t bytes;

	if (value == Py_None)
		return 0;
	if (argument_number(arg, value, 1, INT64_MAX / 4, &bytes) < 0)
		return -1;
	req->cmd.out.max_bytes = req->cmd.err.max_bytes = (size_t)bytes;
	return 0;
}

int
option_overflow(struct request *req, const struct argument *arg, PyObject *value)
{
	static const char *const words[] = { "both", "head", "tail", "kill", NULL };

	if (argument_word(arg, value, words, &req->cmd.out.overflow) < 0)
		return -1;
	req->cmd.err.overflow = req->cmd.out.overflow;
	return 0;
}

/* {number there: descriptor here}, or descriptors that keep their numbers. */
int
option_pass_fds(struct request *req, const struct argument *arg, PyObject *value)
{
	int is_mapping = argument_has(value, "items");
	PyObject *list = is_mapping < 0	 ? NULL
			 : is_mapping > 0 ? argument_items(arg, value, "a dict of descriptors")
					  : argument_tuple(arg, value, "a list of descriptors");
	Py_ssize_t count = list == NULL ? -1 : PySequence_Size(list);
	struct writ_pass *pass =
		count < 0 ? NULL : request_allocate(req, (size_t)count + 1, sizeof(*pass));
	struct argument at = *arg;

	/* files that only this list holds must stay open until they were passed */
	if (pass != NULL && PyList_Append(req->keep, list) < 0)
		pass = NULL;
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

int
option_record_fd(struct request *req, const struct argument *arg, PyObject *value)
{
	if (value == Py_None)
		return 0;
	req->cmd.record = true;
	/* a file must not be closed before the record was written */
	if (PyList_Append(req->keep, value) < 0)
		return -1;
	return argument_fd(arg, value, &req->cmd.record_fd);
}

/* When the output is looked at it is too late to say that there is no such codec:
 * something is encoded, and the handler of errors looked up. */
static int
check_codec(const struct decoding *decoding)
{
	PyObject *look_up = module_find("codecs", "lookup_error");
	PyObject *space = PyUnicode_FromString(" ");
	PyObject *bytes = NULL;
	PyObject *handler = NULL;

	if (look_up != NULL && space != NULL)
		bytes = PyObject_CallMethod(space, "encode", "O", decoding->encoding);
	if (bytes == NULL && PyErr_ExceptionMatches(PyExc_LookupError)) {
		PyErr_Clear();
		argument_is_bad(ARGUMENT("encoding"), "there is no such encoding of text");
	}
	if (bytes != NULL)
		handler = PyObject_CallFunctionObjArgs(look_up, decoding->errors, (PyObject *)NULL);
	if (bytes != NULL && handler == NULL && PyErr_ExceptionMatches(PyExc_LookupError)) {
		PyErr_Clear();
		argument_is_bad(ARGUMENT("errors"), "there is no such handler of errors");
	}
	Py_XDECREF(look_up);
	Py_XDECREF(space);
	Py_XDECREF(bytes);
	Py_XDECREF(handler);
	return PyErr_Occurred() ? -1 : 0;
}

/* In text mode the encoding is, as for a file, that of the locale. */
int
option_finish_decoding(struct request *req)
{
	PyObject *preferred;

	if (!req->is_text)
		return 0;
	if (req->decoding.errors == NULL)
		req->decoding.errors = PyUnicode_FromString("strict");
	if (req->decoding.errors == NULL)
		return -1;
	if (req->decoding.encoding == NULL) {
		preferred = module_find("locale", "getpreferredencoding");
		if (preferred != NULL)
			req->decoding.encoding = PyObject_CallFunction(preferred, "O", Py_False);
		Py_XDECREF(preferred);
	}
	if (req->decoding.encoding == NULL)
		return -1;
	return check_codec(&req->decoding);
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

int
option_finish_input(struct request *req)
{
	PyObject *bytes;

	if (req->input == NULL)
		return 0;
	if (req->cmd.in.kind != WRIT_IN_NULL)
		return argument_is_bad(ARGUMENT("input"), "stdin is given too");
	bytes = input_bytes(req);
	req->cmd.in.data = request_keep_bytes(req, bytes);
	if (req->cmd.in.data == NULL)
		return -1;
	req->cmd.in.len = (size_t)PyBytes_Size(bytes);
	req->cmd.in.kind = WRIT_IN_DATA;
	return 0;
}
