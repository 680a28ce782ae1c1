/* cmd.h - the order for one run.
 *
 * `{ 0 }` with an argv is the most closed request: the program named by a path,
 * no environment, standard input from the null device, both outputs captured
 * and bounded, no other descriptor, the whole tree ended with it. Opening
 * anything is visible at the call. WRIT_CMD is the everyday start.
 *
 * Everything pointed to is borrowed until writ_start() returns, but for
 * `in.data`, which is borrowed until the run has ended.
 *
 * Threads: a request is plain data.
 */
#ifndef WRIT_CMD_H
#define WRIT_CMD_H

#include "env.h"

#ifdef __cplusplus
extern "C" {
#endif

struct writ_proc;

/* How well the run must be contained; each level keeps the promises of those
 * below it. docs/containment.md says what each promises. */
enum writ_level {
	WRIT_LEVEL_ANY = 0, /* the best there is; the result says which */
	WRIT_LEVEL_PROCESS, /* the program itself */
	WRIT_LEVEL_SESSION, /* what stays in its session */
	WRIT_LEVEL_LAUNCHER, /* all that descends from it: a subreaper watches */
	WRIT_LEVEL_CGROUP,  /* all that was ever born in its control group */
};

enum writ_in_kind {
	WRIT_IN_NULL = 0, /* the null device */
	WRIT_IN_INHERIT,
	WRIT_IN_FILE,	/* `path`, opened for reading */
	WRIT_IN_FD,	/* `fd`, borrowed */
	WRIT_IN_DATA,	/* `data`, `len`: fed as the program reads */
	WRIT_IN_STREAM, /* fed by writ_proc_write(), ended by writ_proc_write_end() */
};

struct writ_in {
	int kind; /* enum writ_in_kind */
	const char *path;
	writ_fd fd;
	const void *data;
	size_t len;
};

enum writ_out_kind {
	WRIT_OUT_CAPTURE = 0, /* kept in the result, bounded */
	WRIT_OUT_NULL,
	WRIT_OUT_INHERIT,
	WRIT_OUT_FILE, /* `path`, made or emptied, as the shell's '>' does */
	WRIT_OUT_FD,   /* `fd`, borrowed */
	WRIT_OUT_STREAM, /* handed to `sink` piece by piece */
	WRIT_OUT_MERGE,	 /* standard error only: goes where standard output goes */
};

/* What is kept of an output past its bound. The rest is read and counted. */
enum writ_overflow {
	WRIT_OVERFLOW_BOTH = 0, /* the first and the last half */
	WRIT_OVERFLOW_HEAD,
	WRIT_OVERFLOW_TAIL,
	WRIT_OVERFLOW_KILL, /* the head, and the run is ended: cause output-limit */
};

enum writ_stream {
	WRIT_STREAM_IN = 0,
	WRIT_STREAM_OUT = 1,
	WRIT_STREAM_ERR = 2,
};

/* What a sink answers. */
enum writ_flow {
	WRIT_FLOW_ON = 0,
	WRIT_FLOW_PAUSE, /* taken, but no more until writ_proc_resume() */
	WRIT_FLOW_CLOSE, /* no more, ever: the program's next write meets a closed pipe */
	WRIT_FLOW_END,	 /* end the run: cause cancelled */
};

/* A piece of output, valid during the call; `len` 0 tells the end of the
 * stream. Runs on the thread that steps the host. */
typedef int (*writ_sink)(void *ctx, struct writ_proc *proc, enum writ_stream stream,
			 const void *data, size_t len);

enum {
	WRIT_OUT_MAX_BYTES_DEFAULT = 16 * 1024 * 1024, /* of a captured stream */
	WRIT_DRAIN_MS_DEFAULT = 100,
	WRIT_DRAIN_MAX_MS_DEFAULT = 2000,
	WRIT_KILL_AFTER_MS_DEFAULT = 5000,
};

struct writ_out {
	int kind; /* enum writ_out_kind */
	const char *path;
	writ_fd fd;
	size_t max_bytes; /* 0: WRIT_OUT_MAX_BYTES_DEFAULT */
	int overflow;	  /* enum writ_overflow */
	writ_sink sink;
	void *ctx;
};

/* One more descriptor for the child: `from` here, `to` there (3 or more). */
struct writ_pass {
	writ_fd from;
	int to;
};

/* One step of ending a tree: the signal, then so long a wait. */
struct writ_teardown {
	int signal;
	int64_t wait_ms;
};

enum { WRIT_CREDS_GROUPS_MAX = 8192 }; /* the kernel takes 65536, an order to the child these */

/* An identity by its numbers; no database is asked. Set by setgroups(2), setresgid(2)
 * and setresuid(2), all three ids alike, and read back before the program is executed.
 * The numbers are wider than the kernel's, so that one that came from outside as -1 or
 * past 4294967294 is seen and refused, and not taken for another. */
struct writ_creds {
	int64_t uid;
	int64_t gid;
	const uint32_t *groups; /* supplementary, as getgrouplist(3) gives them; gid is not
				 * added to them */
	size_t group_count;	/* 0: none at all, not the caller's */
};

/* What becomes of a path in an argument. */
enum writ_beneath_kind {
	WRIT_BENEATH_READ = 0, /* a regular file, opened to read */
	WRIT_BENEATH_WRITE,    /* the same, to write: neither made nor emptied */
	WRIT_BENEATH_DIR,      /* a directory, opened as a path only (O_PATH) */
	WRIT_BENEATH_PARENT,   /* the directory that it is in lies beneath; the text stays */
};

enum { WRIT_BENEATH_MAX = 16 };

/* An argument that names a file beneath a directory: argv[arg] from `offset` on, 3 in
 * "if=/srv/images/a". The path begins with `base` and a '/', or is relative and then
 * taken from `base` (not with WRIT_BENEATH_PARENT, where the program would take it from
 * its working directory).
 *
 * It is opened before the program is executed, with the program's rights: from `base`
 * on no symbolic link is followed and nothing above it reached (openat2(2):
 * RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS, RESOLVE_NO_MAGICLINKS). In `base` itself one is
 * followed where only root could have made it: in a directory that root owns and nobody
 * else may write to. The program gets the file as a descriptor, whose number is the
 * lowest that `pass` and those before it leave from 3 on, and "/proc/self/fd/N" instead
 * of the path. WRIT_BENEATH_PARENT only looks: what is swapped after that is not seen.
 *
 * Errors: WRIT_E_INVAL, before the start; after it WRIT_E_SYS, stage path: ELOOP a
 * symbolic link, EXDEV outside, ENOENT, EACCES, EINVAL not a regular file. */
struct writ_beneath {
	size_t arg; /* from 1 on */
	size_t offset;
	const char *base; /* absolute */
	int kind;	  /* enum writ_beneath_kind */
};

struct writ_cmd {
	size_t size; /* of this struct; 0 means that of the first release */

	const char *const *argv; /* NULL-ended, argv[0] included */
	const char *program;	 /* what to execute; NULL: argv[0] */
	bool search;		 /* look up a program without '/' in `path` */
	const char *path; /* colon list; NULL: PATH as `env.set` sets it, else the source's;
			   * relative and empty entries are skipped */
	const char *cwd;  /* NULL: the caller's. The program is looked up before */

	struct writ_env env;
	struct writ_in in;
	struct writ_out out;
	struct writ_out err;
	const struct writ_pass *pass;
	size_t pass_count;

	/* USER[:GROUP], names or numbers, as getent(1) knows them; the groups are set too */
	const char *user;
	const char *const *limits; /* "NAME=SOFT[:HARD]", names of getrlimit(2), lower case */
	bool set_nice;
	int nice; /* -20..19 */
	bool set_umask;
	unsigned umask; /* 0..0777 */

	int64_t timeout_ms;	 /* wall clock (CLOCK_MONOTONIC); 0: none */
	int64_t idle_timeout_ms; /* without output; 0: none. Needs a captured or streamed output */
	int64_t drain_ms;	 /* how long a pipe that a descendant holds is read after the
				  * program ended, again after each piece; 0: default, < 0: not */
	int64_t drain_max_ms;	 /* the same, in all; 0: default */

	const struct writ_teardown *teardown; /* NULL: TERM, 5 s. KILL always follows */
	size_t teardown_count;		      /* at most 8 */

	int contain;	/* enum writ_level: refuse to run below it */
	bool keep_tree; /* what the program leaves behind when it ends by itself lives on */

	bool record; /* write the record of the run, one line of JSON, to record_fd: */
	writ_fd record_fd; /* borrowed until the run has ended. A file, or a pipe that is read:
			    * one that is full is waited for, by a step of a loop too */

	/* Another identity, and what is taken with it, by a process that shares no memory with
	 * the caller, before the program is executed. A step that fails is an error with its
	 * stage and errno: WRIT_E_SYS, EPERM where the caller lacks the privilege. One that is
	 * not root must have as ambient capabilities what its steps take. */

	/* instead of `user`. Errors: WRIT_E_INVAL, WRIT_E_LIMIT; stage identity */
	const struct writ_creds *creds;

	/* Capabilities, bit N for number N (capabilities(7), writ_cap_by_name()). The ambient
	 * set is all that a program has that is not root's: permitted, effective, inheritable
	 * and ambient set are this one. One that is root's has what the bounding set has, so
	 * ambient ones are refused. The bounding set is taken from the caller's: what that
	 * lacks stays away. If any of the two is asked for, or the identity changes, nothing
	 * else of the caller's inheritable set is passed on. Errors: WRIT_E_INVAL;
	 * WRIT_E_UNSUPPORTED where this kernel does not have an ambient one, WRIT_E_SYS
	 * with EPERM where the caller has not; stage capability */
	uint64_t ambient_caps;
	uint64_t bounding_caps;
	bool set_bounding_caps;

	bool no_new_privs; /* no program gains rights by being executed (prctl(2)) */

	/* Instead of `cwd`: a directory that is open, O_PATH will do, entered with the rights
	 * of the program. Borrowed until the start has returned. Stage chdir */
	bool set_cwd_fd;
	writ_fd cwd_fd;

	/* The network namespace /run/netns/NETNS, as ip-netns(8) makes them, and as its `exec`
	 * does a mount namespace with /sys of that, and each file of /etc/netns/NETNS over the
	 * one in /etc. Not ".", "..", nor with '/'; at most 255 bytes. Refused are what is no
	 * network namespace, one that belongs to a user namespace that is neither ours nor
	 * root's, a file that is not root's or has none to stand for in /etc, and more than 64
	 * of them. Errors: WRIT_E_INVAL, WRIT_E_NOT_FOUND, WRIT_E_LIMIT; stage namespace */
	const char *netns;

	const struct writ_beneath *beneath;
	size_t beneath_count; /* at most WRIT_BENEATH_MAX */

	/* Stay in the caller's session, process group and so terminal, as a program
	 * that is put in the place of another must; else it has a session of its own
	 * unless standard input is inherited from the terminal. Not with `user` or `creds`:
	 * another's identity never shares a terminal with ours (TIOCSTI). */
	bool same_session;
};

#define WRIT_SIGNAL_HUP 1
#define WRIT_SIGNAL_INT 2
#define WRIT_SIGNAL_QUIT 3
#define WRIT_SIGNAL_KILL 9
#define WRIT_SIGNAL_TERM 15

/* The everyday start: minimal environment, PATH searched, outputs captured. */
#ifndef __cplusplus
#define WRIT_CMD(...)                                                         \
	{                                                                     \
		.size = sizeof(struct writ_cmd), .argv = WRIT_LIST(__VA_ARGS__), \
		.search = true, .env = { .preset = WRIT_ENV_MINIMAL }         \
	}
#endif

/* The same as a function, for C++ and for an argv made at run time. */
WRIT_API void writ_cmd_init(struct writ_cmd *cmd, const char *const *argv);

/* Prints what a run of `cmd` would do, step by step, without doing it: a text
 * that the caller frees with free(). Everything is checked as for a run.
 * Errors: as writ_start() before the child exists. */
struct writ_host;
WRIT_API int writ_plan_text(struct writ_host *host, const struct writ_cmd *cmd, bool json,
			    char **ret_text, struct writ_error *err);

#ifdef __cplusplus
}
#endif

#endif
