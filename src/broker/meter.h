/* meter.h - an output that is counted and bounded on its way to the client: by a process of
 * its own between the program and the client's descriptor, which may let it wait. */
#ifndef WRIT_BROKER_METER_H
#define WRIT_BROKER_METER_H

#include "writ.h"

struct run;
struct monitor;

struct meter {
	struct run *run; /* NULL: this output has no meter */
	struct writ_proc *proc; /* NULL: it has ended */
	int64_t bytes;	 /* that came from the program; -1: not known */
	bool is_over;	 /* there were more than the rule allows */
};

/* Starts one, and gives the program's end of it, which the caller closes. 0 or a code. */
int meter_start(struct meter *meter, struct run *run, uint64_t max_bytes, int to,
		int *ret_fd, struct writ_error *err);

/* `writd --meter MAX`: copies standard input to standard output, at most so many bytes, and tells
 * on standard error how many came. The exit status: 0, or 3 when there were more. */
int meter_be(const char *max);

#endif
