/* ask.h - one request to writd: writ._writ.Ask. */
#ifndef WRIT_PYTHON_ASK_H
#define WRIT_PYTHON_ASK_H

#include "broker.h"
#include "request.h"
#include "streams.h"

enum ask_state {
	ASK_QUEUED = 0,
	ASK_SENT,
	ASK_ANSWERED, /* the program has ended; an output is still open */
	ASK_ENDED,
};

/* What the library calls back with: it lives until the answer, the Ask perhaps not. */
struct errand {
	struct broker *broker;
	struct ask *ask; /* NULL: let go of */
	struct errand *next;
	struct errand **at;
};

struct ask {
	PyObject_HEAD
	struct broker *broker;
	enum ask_state state;
	struct ask *next; /* of those sent, or of those that wait */
	struct ask **at;
	struct ask *next_news;
	bool has_news;

	struct request req;
	PyObject *notify; /* called without arguments when it has ended; or NULL */
	struct streams streams;

	struct errand *errand;
	uint64_t id;
	int stop_wanted; /* 0, or 1 + enum writ_stop */
	int stop_sent;
	bool is_past_limit;
	int64_t drain_ends_ms; /* an output that is held is read until then, at most */
	int64_t drain_max_ends_ms;

	struct writ_result res;
	struct writ_error error; /* code 0: none */
	PyObject *result;
};

/* A request that was read, and nothing more; NULL with an exception set. */
struct ask *ask_new(struct broker *broker, PyObject *argv, PyObject *options, PyObject *notify);

/* Sends it. 0; WRIT_E_STATE: not now; or another code with `err`. */
int ask_send(struct ask *ask, struct writ_error *err);

/* Makes what it borrows its own, and puts it behind those that wait. 0 or a code. */
int ask_queue(struct ask *ask, struct writ_error *err);
struct ask *ask_take_queued(struct broker *broker);
void ask_put_back(struct ask *ask);

/* It will never be answered. */
void ask_fail(struct ask *ask, const struct writ_error *err);

/* Its pipe can be read, or written. */
void ask_serve(struct flow *flow);

/* Sends an order to stop that could not be sent. False: still not. */
bool ask_send_stop(struct ask *ask);

/* Ends it if its time is over; else when it will be, or INT64_MAX. */
int64_t ask_look_at_time(struct ask *ask, int64_t now_ms);

/* The broker is about to be closed. */
void ask_abandon(struct ask *ask);

#endif
