/* flow.h - one standard stream of what is asked of writd: a pipe with an end of ours, a
 * descriptor that is borrowed, or nothing.
 *
 * Our end never waits; a descriptor of epoll(7) tells when it is due.
 */
#ifndef WRIT_PYTHON_FLOW_H
#define WRIT_PYTHON_FLOW_H

#include "kept.h"

struct flow {
	int ours;   /* -1: none, or done with */
	int theirs; /* owned; -1: none */
	int poll;   /* where `ours` is watched; borrowed */
	const char *data; /* of the input, borrowed: what is left */
	size_t left;
	int64_t fed;
	bool is_captured;
	struct kept kept;
	void *owner;
};

/* Makes of what a request says what can be sent: null, inherit or a descriptor. A file is
 * opened at once; a pipe is made, and watched by `poll`, when `poll` is not -1.
 * 0, or a code with `err`. */
int flow_open_in(struct flow *flow, struct writ_in *in, int poll, struct writ_error *err);
int flow_open_out(struct flow *flow, struct writ_out *out, int inherited, int poll,
		  struct writ_error *err);

/* Is it a descriptor at all? 0 or a code. */
int flow_check(int fd, struct writ_error *err);

/* A copy of `fd` of its own: the request will be sent later. */
int flow_own(struct flow *flow, int fd, struct writ_error *err);

/* The request was sent: what the program has now is no longer ours to hold. */
void flow_part(struct flow *flow);

/* Gives what the pipe takes; closes it when that was all, or nobody reads. */
void flow_feed(struct flow *flow);

/* Takes what is there, within bounds; closes it at its end. Did anything come? */
bool flow_drain(struct flow *flow);

/* Closes our end. In a fork `is_inherited`: the parent's watch must go on. */
void flow_close(struct flow *flow, bool is_inherited);

void flow_done(struct flow *flow, bool is_inherited);

#endif
