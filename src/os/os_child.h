/* os_child.h - starting one program in a containment, and ending all of it.
 *
 * The contract of every system: on Linux behind it stand control groups, the
 * launcher and sessions, on Windows job objects.
 */
#ifndef WRIT_OS_CHILD_H
#define WRIT_OS_CHILD_H

#include "os/os_netns.h"
#include "os/os_user.h"
#include "writ/host.h"

struct os_host;	 /* what outlives a run: leaves, launcher, guardian */
struct os_child; /* one run */

int os_host_open(const char *cgroup_dir, int level_max, struct os_host **ret_host,
		 struct writ_error *err);
struct os_host *os_host_close(struct os_host *host);

/* Is this process the one that opened the host, and not a fork of it? */
bool os_host_is_ours(const struct os_host *host);

/* Looks after what is left of runs that have ended; never waits. */
void os_host_tidy(struct os_host *host);

/* What a start needs beside the program is on its way: to be called before there
 * are pipes, of which it would hold copies until it has executed. */
void os_host_prepare(struct os_host *host);

/* One finding of `writ doctor`; see writ_host_finding(). */
int os_host_finding(struct os_host *host, unsigned index, struct writ_finding *ret_finding);

/* The null device, open for both directions; owned by the host. */
writ_fd os_host_null(const struct os_host *host);

/* Descriptor `from` of ours becomes `to` of the child. */
struct os_map {
	writ_fd from;
	int to;
};

enum { OS_MAP_MAX = 64 };

/* A file that the child opens, as its descriptor `fd`. */
struct os_beneath {
	int fd;
	int kind; /* enum writ_beneath_kind */
	const char *base;
	const char *path; /* in `base` */
};

struct os_start {
	const char *exe; /* absolute */
	const char *const *argv;
	const char *const *envp;
	const char *cwd;
	struct os_map map[OS_MAP_MAX]; /* by rising `to`; 0, 1, 2 first */
	size_t map_count;
	const struct os_creds *creds; /* NULL: ours */
	/* not in memory that is also ours: who the program is could reach into it */
	bool apart;
	bool set_caps;	   /* ambient and bounding set, and what is inheritable */
	bool is_root;	   /* the program: it has what the bounding set has */
	uint64_t ambient_caps;
	uint64_t bounding_caps; /* UINT64_MAX: as it is */
	bool no_new_privs;
	bool set_cwd_fd; /* instead of `cwd` */
	writ_fd cwd_fd;
	const struct os_netns *netns; /* NULL: ours */
	const struct os_beneath *beneath;
	size_t beneath_count;
	const struct os_limit *limits;
	size_t limit_count;
	bool set_nice;
	int nice;
	bool set_umask;
	unsigned umask;
	bool on_terminal; /* stay in our session: standard input is our terminal */
	int contain;	  /* enum writ_level: the least */
	bool later;	  /* see os_child_start() */
	bool tell;	  /* of one started later: that it was executed */
	bool quiet;	  /* nobody asks for its identity before its end */
};

/* Prints the steps that os_child_start() would take, but for descriptors. */
struct buf;
int os_plan_print(const struct os_start *start, bool json, struct buf *buf,
		  struct writ_error *err);

/* What the system takes of arguments and environment: bytes in all, pointers
 * counted (execve(2)), and of one string. */
uint64_t os_args_max(const struct os_limit *limits_set, size_t limit_count);
enum { OS_ARG_STRING_MAX = 32 * 4096 };

/* Starts it. When this returns 0, the program has been executed. Unless `later`:
 * then it may still fail, and all that `start` says must live until
 * OS_CHILD_STARTED or OS_CHILD_FAILED is told, at the end at the latest. */
int os_child_start(struct os_host *host, const struct os_start *start,
		   struct os_child **ret_child, struct writ_error *err);

/* To be called soon after, before a descriptor that `start` gives is closed, and
 * before the next start: the program has its own from then on. */
void os_child_part(struct os_child *child);

/* What tells OS_CHILD_STARTED at once, if `tell` was asked: readable then; -1: it
 * is known, or another descriptor tells it. */
writ_fd os_child_start_fd(const struct os_child *child);

/* After that, once the descriptor is not watched any more: gives back what the
 * start needed. False: the program is stuck between clone and exec, and may for
 * ever read what `start` says. */
bool os_child_forget_start(struct os_child *child);

/* What to wait on: readable when os_child_step() has something to do.
 * `main`: the program; `tree`: all of it (-1: none yet). */
writ_fd os_child_fd(const struct os_child *child);

/* The descriptor on which os_child_watch_tree() tells, with the OS_POLL_* to
 * wait for; -1: none, ask again by time. */
writ_fd os_child_tree_fd(struct os_child *child, unsigned *ret_what);

struct os_end {
	bool known; /* false: the status was taken by somebody else */
	bool exited;
	int code; /* exit code or signal */
	bool core_dumped;
	int64_t user_ns; /* -1: not known */
	int64_t sys_ns;
	int64_t max_rss_bytes;
};

/* Looks what has happened, without waiting. */
enum {
	OS_CHILD_ENDED = 1,
	OS_CHILD_EMPTY = 2,
	OS_CHILD_FAILED = 4, /* it could not be executed */
	OS_CHILD_GONE = 8, /* empty, and for certain: nobody of the tree is left */
	OS_CHILD_STARTED = 16, /* the program has been executed: its identity is known */
};
unsigned os_child_step(struct os_child *child);

/* Why the program was not executed: fills `err` and returns its code. */
int os_child_failure(const struct os_child *child, struct writ_error *err);

const struct os_end *os_child_end(const struct os_child *child);
const struct writ_id *os_child_id(const struct os_child *child);
int os_child_level(const struct os_child *child);
bool os_child_is_guarded(const struct os_child *child);

/* A signal for the program alone, as long as it is not reaped. 0 or -errno. */
int os_child_signal(struct os_child *child, int signal);

/* How many processes of the tree are alive. -EAGAIN: that is asked for; ask again
 * when the descriptor of the tree tells something. */
int os_child_count(struct os_child *child);

/* A signal, then CONT, for the whole tree. */
void os_child_signal_tree(struct os_child *child, int signal);
void os_child_kill_tree(struct os_child *child);

/* Lets what is left live on, outside the containment. Returns how many, as far as
 * that is known: 0 or more. */
int os_child_release(struct os_child *child);

/* Who is still there, by identity. Returns how many. */
int os_child_survivors(struct os_child *child, struct writ_id *list, int max);

/* The account of the tree; false: there is none. */
bool os_child_usage(struct os_child *child, int64_t *ret_user_ns, int64_t *ret_sys_ns,
		    int *ret_source);

/* Gives the guardian the beginning of the record, and where to write it, for
 * the case that we die. */
void os_child_tell_record(struct os_child *child, const char *head, writ_fd fd);

/* Gives everything back; what still runs is killed and not waited for. NULL.
 * Before it, os_child_forget_start(). */
struct os_child *os_child_close(struct os_child *child);

/* An orphan of the run that fell to us, as PID 1 or subreaper, is reaped. */
void os_child_reap_orphans(struct os_child *child);

#endif
