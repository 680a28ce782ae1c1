/* cage.h - one run, and the containment it is in: a control group, a launcher,
 * or a session, each of them a table of the same verbs. */
#ifndef WRIT_OS_LINUX_CAGE_H
#define WRIT_OS_LINUX_CAGE_H

#include "host.h"
#include "launcher/note.h"
#include "leaf.h"

struct os_child {
	struct os_host *host;
	const struct cage_ops *ops;
	int level; /* enum writ_level */
	int run;   /* its number with the guardian */
	bool guarded;
	bool recorded; /* the guardian or the launcher has the head of its record */
	struct writ_id id;
	int pidfd; /* of our child: the program, or its launcher */
	int birth; /* readable when the program was executed, or was not; or -1 */
	int birth_end; /* what closes then; ours is closed when the child has its own */
	bool birth_is_said; /* by a launcher on its way to become the program */
	bool born; /* executed, or known to have failed */
	int apart_from;
	struct spawned spawned; /* what is known of that */
	/* with what it is started, as long as that may be needed: */
	const struct os_start *start;
	struct order *order; /* of the program */
	struct order *boot;  /* of the launcher, if it may be pending; else NULL */
	char **launcher_argv;
	int sock;  /* to the launcher, or -1 */
	struct leaf *leaf;
	bool counting; /* the launcher was asked */
	bool ended;
	bool empty;
	bool forced; /* something was killed: the leaf is not reused */
	bool released;
	struct os_end end;
	struct note last; /* the launcher's NOTE_EMPTY or NOTE_COUNTED */
};

struct cage_ops {
	/* starts the program; fills id, pidfd, and what is the cage's own */
	int (*start)(struct os_child *child, const struct os_start *start, struct writ_error *err);
	void (*step)(struct os_child *child);
	bool (*is_gone)(const struct os_child *child); /* what is empty: for certain? */
	int (*count)(struct os_child *child);
	void (*signal)(struct os_child *child, int signal);
	void (*kill)(struct os_child *child);
	int (*release)(struct os_child *child);
	int (*survivors)(struct os_child *child, struct writ_id *list, int max);
	bool (*usage)(struct os_child *child, int64_t *ret_user_ns, int64_t *ret_sys_ns);
	void (*close)(struct os_child *child);
	int source; /* enum writ_source of the usage */
};

extern const struct cage_ops cage_cgroup;
extern const struct cage_ops cage_launcher;
extern const struct cage_ops cage_session; /* and the program alone */

/* A cage that cannot be had answers this from start(): try the next one. */
enum { CAGE_NEXT = 1 };

/* Starts the program as our own child. */
int cage_spawn(struct os_child *child, const struct os_start *start, int cgroup,
	       struct writ_error *err);

/* Frees with what it was started, when that is read no more. */
void cage_forget_start(struct os_child *child);

/* Looks whether it has executed, where no launcher stays to tell. */
void cage_look(struct os_child *child);

/* Our child has ended, or was killed: looks whether it had executed. That stays open
 * only if it is in the kernel's hands. */
void cage_settle(struct os_child *child);

/* Starts the launcher, to stay ("run") or to become the program ("exec"). */
enum launch {
	LAUNCH_RUN,
	LAUNCH_EXEC,
};
int cage_launch(struct os_child *child, const struct os_start *start, enum launch mode, int cgroup,
		bool later, struct writ_error *err);

/* The launcher said who the program is, or why there is none. */
void cage_hear_start(struct os_child *child, const struct note *note);

/* Has our child ended? Never waits. */
bool cage_reap(struct os_child *child, struct os_end *ret_end);

/* Waits until the descriptor can be read, at most so long; false: it cannot. */
bool cage_wait(int fd, int64_t max_ms);

/* Our child, which was killed or ends by itself, is reaped later. */
void cage_leave(struct os_child *child);

#endif
