/* proc.h - one run, from its start to its end. */
#ifndef WRIT_PROC_PROC_H
#define WRIT_PROC_PROC_H

#include "os/os_tty.h"
#include "proc/check.h"
#include "proc/host.h"
#include "proc/plan.h"
#include "proc/stream.h"
#include "writ/proc.h"

struct writ_proc {
	struct writ_host *host;
	struct writ_proc *next;
	struct writ_proc **link; /* what points to us; NULL: not in the list */
	struct writ_events events;
	struct os_child *child;
	struct stream in;
	struct stream out;
	struct stream err;
	struct plan *plan; /* while the start may need it, else NULL */
	struct source start_source;
	struct source main_source;
	struct source tree_source;
	struct timer timer;
	struct os_tty *tty;

	uint64_t number;

	/* what was asked */
	int64_t idle_ns;
	int64_t drain_ns;
	int64_t drain_max_ns;
	struct writ_teardown teardown[CHECK_TEARDOWN_MAX];
	size_t teardown_count;
	bool keep_tree;
	bool record;
	writ_fd record_fd;

	/* when; 0: not set */
	int64_t started_at;
	int64_t timeout_at;
	int64_t last_output_at;
	int64_t drain_at;  /* when the streams are closed, unless data comes */
	int64_t drain_end; /* when they are closed anyhow */
	int64_t step_at;   /* when the next step of ending the tree is due */

	/* where it is */
	bool born;	  /* the program has been executed */
	bool main_ended;
	bool drained;	  /* the streams are done with */
	bool counted;	  /* what was left behind */
	int64_t count_at; /* when its number is not waited for any more; 0: it is not yet */
	bool stopping;	  /* the teardown sequence runs */
	bool killed;	  /* its last step was taken */
	bool gave_up;
	bool finished;
	size_t teardown_step;
	int stop_cause; /* enum writ_cause, or 0: nobody stopped it */
	bool blocks;	/* in one call, from start to end */
	int busy;	/* callbacks that run */
	bool doomed;	/* freed in one of them */

	struct writ_result res;
};

/* See writ_start(), which also looks whether it may wait. `blocks`: nothing but
 * this one call looks at the run. */
int proc_start(struct writ_host *host, const struct writ_cmd *cmd,
	       const struct writ_events *events, bool blocks, struct writ_proc **ret_proc,
	       struct writ_error *err);

/* The program has been executed, as it turns out: what that allows is done, and
 * told. */
void proc_be_born(struct writ_proc *proc);

/* Gives back what the start needed. */
void proc_forget_start(struct writ_proc *proc);

/* Something may have happened: goes on from there. */
void proc_advance(struct writ_proc *proc);

/* Output came. */
void proc_saw_output(struct writ_proc *proc);

/* Begins to end the tree, for a cause (0: it is only what was left behind). */
void proc_stop(struct writ_proc *proc, int cause, const char *by, bool at_once);

/* The wait after a step of ending is over: the next one; after KILL, give up. */
void proc_stop_more(struct writ_proc *proc);

/* Sets the timer to the next of its instants. */
void proc_set_timer(struct writ_proc *proc);

/* Ends it at once: nobody is told anything any more. It is freed at its end. */
void proc_abandon(struct writ_proc *proc);

/* Gives all back but the result. */
void proc_give_back(struct writ_proc *proc);

/* What there is nothing to wait for, or cannot be waited for: gives all back, and
 * frees it. */
void proc_drop(struct writ_proc *proc);

/* Fills the result with what the end tells, and gives all back but it. */
void proc_conclude(struct writ_proc *proc);

/* The program was not executed; it was not looked at before, if that is not waited
 * for. Returns `code`, or what a look at it tells now, as `err` does. */
int proc_explain(struct writ_proc *proc, int code, struct writ_error *err);

/* Fills the result of one whose program could not be executed, and writes its
 * record; that this failed too is added to the error, which is copied. */
void proc_tell_failure(struct writ_proc *proc, struct writ_error *err);

/* While a callback runs, the run is not freed under it. */
void proc_enter(struct writ_proc *proc);
void proc_leave(struct writ_proc *proc);

/* Frees the memory of one that is in no list. */
void proc_free(struct writ_proc *proc);

#endif
