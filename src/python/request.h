/* request.h - the order for one run, as Python's keywords give it.
 *
 * One table says which keywords there are; docs/python.md what they mean.
 */
#ifndef WRIT_PYTHON_REQUEST_H
#define WRIT_PYTHON_REQUEST_H

#include "result.h"

struct argument;

/* What a stream may be besides a descriptor, a file or a path: the first three
 * as subprocess has them. */
enum {
	STREAM_PIPE = -1,
	STREAM_STDOUT = -2,
	STREAM_NULL = -3,
	STREAM_INHERIT = -4,
};

enum { REQUEST_MEMORY_MAX = 12 };

struct request {
	struct writ_cmd cmd;
	PyObject *argv; /* a tuple */
	PyObject *keep; /* a list: the objects that cmd points into */
	struct decoding decoding;
	bool check;

	/* until the request has been read */
	bool is_process; /* its streams may be read and written while it runs */
	bool is_asked;	 /* of writd, whose policy says most of it */
	bool is_text;
	PyObject *input;
	int preset;	 /* -1: not given */
	bool env_is_all; /* `env` is given */
	int stop_signal; /* 0: not given */
	int64_t grace_ms; /* -1: not given */

	void *memory[REQUEST_MEMORY_MAX];
	int memory_count;
};

/* Reads a request; the caller gives it to request_done(), in success and failure
 * alike. `options` is a dict, or NULL. -1 with TypeError or ValueError set, which
 * name the argument. */
int request_read(struct request *ret_req, PyObject *argv, PyObject *options, bool is_process);
int request_read_asked(struct request *ret_req, PyObject *argv, PyObject *options);
void request_done(struct request *req);

/* What the request keeps as long as it lives; NULL with an exception set.
 * Memory is zeroed; a list of texts ends with NULL. */
void *request_allocate(struct request *req, size_t count, size_t size);
const char *request_keep_bytes(struct request *req, PyObject *take_bytes);
const char *request_keep_text(struct request *req, const struct argument *arg, PyObject *value);
const char *const *request_keep_list(struct request *req, const char *name, PyObject *value,
				     const char *wanted);

/* The command of a call f(argv, **options), borrowed; -1 with TypeError set. */
int request_argv(PyObject *args, const char *function, PyObject **ret_argv);

#endif
