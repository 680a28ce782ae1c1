/* policy.h - which command a peer may have run, and how: rules read from
 * texts, checked against each other, then asked.
 *
 * Pure: no system call, no clock, no global. Files are read by store/store.h,
 * names of users are looked up by the caller's functions.
 *
 * A policy is made in three phases: policy_new(), policy_add() for each text,
 * policy_seal(). From then on it never changes, and any number of threads may
 * ask it at once. docs/policy.md describes the language.
 */
#ifndef WRIT_POLICY_POLICY_H
#define WRIT_POLICY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct policy;
struct policy_rule;

enum {
	POLICY_LINE_BYTES_MAX = 64 * 1024, /* of a policy's text, continued lines joined */
	POLICY_FILE_BYTES_MAX = 4 * 1024 * 1024,
	POLICY_FILES_MAX = 1024,
	POLICY_RULES_MAX = 65536,
	POLICY_RULES_PROGRAM_MAX = 4096, /* that one first word of a command can mean */
	POLICY_NAME_MAX = 64,		 /* bytes of a rule's or a capture's name */

	POLICY_ARGS_MAX = 16384, /* of a request */
	POLICY_ARG_BYTES_MAX = 128 * 1024,
	POLICY_CAPTURES_MAX = 256, /* room that holds those of all but a long repeat */
	POLICY_ENVIRONMENT_MAX = 256,

	POLICY_UID_OVERFLOW = 65534, /* what the kernel shows for a user it cannot map */
};

/* What is found in a text. One line, "FILE:LINE: what: why", is made of it. */
enum policy_level {
	POLICY_FATAL = 0, /* the policy cannot be used */
	POLICY_WARNING,	  /* a rule is inert */
};

struct policy_finding {
	int level; /* enum policy_level */
	const char *file;
	unsigned line;	  /* from 1; 0: the file as a whole */
	const char *text; /* "what: why", no control bytes; valid during the call */
};

struct policy_ear {
	void (*tell)(void *ctx, const struct policy_finding *finding);
	void *ctx;
};

/* A user as the machine knows it; borrowed from the answering function until
 * it is called again. */
struct policy_user {
	uint32_t uid;
	uint32_t gid;
	const uint32_t *groups; /* supplementary */
	size_t group_count;
	const char *name;
	const char *home;
};

/* Who knows the users and groups: each answers 0, WRIT_E_NOT_FOUND, or another
 * code of enum writ_code. `name` may be a decimal number. */
struct policy_names {
	int (*user)(void *ctx, const char *name, struct policy_user *ret_user);
	int (*group)(void *ctx, const char *name, uint32_t *ret_gid);
	void *ctx;
	/* May this program be run: is its path one that only root can change? NULL: any
	 * may. If not, its rules are inert, with the warning `why`. */
	int (*program)(void *ctx, const char *path, char why[320]);
};

struct policy *policy_new(void); /* NULL: out of memory */

/* Takes the rules of one text. `file` names it in findings; its last component
 * without ".policy" comes before the names of its rules: "neutron/link-set".
 * Everything wrong with it is told, not only the first.
 * Errors: WRIT_E_SYNTAX (told to `ear`), WRIT_E_LIMIT (the same),
 * WRIT_E_NOMEM, WRIT_E_STATE (sealed). After one only policy_free() is left. */
int policy_add(struct policy *policy, const char *file, const char *text, size_t len,
	       const struct policy_ear *ear);

/* Looks up the names, checks rules against each other, and ends the making. A
 * name that is not known leaves the rules that need it inert, with a warning.
 * Errors: as policy_add(). */
int policy_seal(struct policy *policy, const struct policy_names *names,
		const struct policy_ear *ear);

struct policy *policy_free(struct policy *policy); /* NULL is fine; returns NULL */

/* Who asks, as the kernel says. */
struct policy_peer {
	uint32_t uid;
	uint32_t gid;
	const uint32_t *groups;
	size_t group_count;
	bool is_foreign; /* outside the broker's user, pid or mount namespace */
};

/* Has this peer any rule? */
bool policy_serves(const struct policy *policy, const struct policy_peer *peer);

/* What a capture's value is. */
enum policy_type {
	POLICY_INT = 1,
	POLICY_WORD,
	POLICY_IFNAME,
	POLICY_NETNS,
	POLICY_NEW_NETNS,
	POLICY_IPV4,
	POLICY_IPV6,
	POLICY_IP,
	POLICY_CIDR,
	POLICY_MAC,
	POLICY_PORT,
	POLICY_UUID,
	POLICY_HEX,
	POLICY_SIZE,
	POLICY_DURATION,
	POLICY_RATE,
	POLICY_USER,
	POLICY_TEXT,
	POLICY_SECRET, /* a text that no record shows */
	POLICY_REGEX,
	POLICY_ANY,
	POLICY_PATH,	 /* to be opened beneath `base`, and handed over as a descriptor */
	POLICY_PATHNAME, /* stays as it is; its parent is to be found beneath `base` */
	POLICY_PID,	 /* only in what a signal rule makes of the caller's kill */
};

/* One value: argv[argument], `len` bytes from `offset`. */
struct policy_capture {
	const char *name;
	const char *base; /* of a path or pathname: absolute, without a slash at its end */
	int type;	  /* enum policy_type */
	uint32_t argument;
	uint32_t offset;
	uint32_t len;
};

/* Allowed and refused differ in sixteen bits, and zero refuses. */
enum policy_answer {
	POLICY_REFUSED = 0,
	POLICY_ALLOWED = 0x5a3c96e1,
};

/* Why a request is refused: a fixed code, which tells nothing of the rules. */
enum policy_why {
	POLICY_WHY_NONE = 0, /* it is allowed */
	POLICY_WHY_PEER,     /* the peer has no rule, or is nobody the kernel can name */
	POLICY_WHY_FOREIGN,  /* every rule that fits demands a peer of our namespaces */
	POLICY_WHY_PROGRAM,  /* no rule of this peer for that program */
	POLICY_WHY_ARGUMENT, /* there are, but none takes these arguments */
	POLICY_WHY_ENVIRONMENT, /* a variable is not passed by the rule, or its value is not its type */
	POLICY_WHY_LIMIT,	/* past a bound */
};

/* The code as the wire and the record name it: "argument". Static. */
const char *policy_why_name(int why);

struct policy_request {
	const char *const *argv;
	size_t argc;
	const char *const *environment; /* NAME=VALUE */
	size_t environment_count;
};

/* The caller sets `captures` and `capture_max`; the rest is the answer. */
struct policy_verdict {
	struct policy_capture *captures;
	size_t capture_max; /* more captures than this refuse the request */

	int answer; /* enum policy_answer */
	int why;    /* enum policy_why */
	const struct policy_rule *rule;
	size_t first; /* index of the argument that names the program: behind CallerPrefix */
	size_t capture_count;
	const char *netns; /* the network namespace's name, not NUL-ended; NULL: none */
	size_t netns_len;
	size_t variable; /* why environment: the index of the variable */

	/* of a signal rule: */
	bool is_signal;
	int signal;
	uint32_t
		pid; /* a number of the broker's pid namespace, to be checked against the targets */
};

/* Decides. Allocates nothing, and costs the same order of time whether it
 * allows or refuses. Returns the answer, as in `verdict->answer`. */
int policy_match(const struct policy *policy, const struct policy_peer *peer,
		 const struct policy_request *request, struct policy_verdict *verdict);

/* Signal rules may overlap: which one holds depends on the process. The next
 * rule, after the one of the verdict or of the last call, that would have taken
 * this very request as a signal; NULL: no more. */
const struct policy_rule *policy_signal_next(const struct policy *policy,
					     const struct policy_peer *peer,
					     const struct policy_request *request,
					     const struct policy_rule *after);

/* A rule that came close to a refused request. */
struct policy_near {
	const struct policy_rule *rule;
	size_t argument; /* the first that differs; argc: one more was expected */
	char why[320];	 /* one clause, no control bytes */
};

/* The rules of this peer that came close, the closest first, at most `max`.
 * Returns how many. Nothing is allocated. */
size_t policy_explain(const struct policy *policy, const struct policy_peer *peer,
		      const struct policy_request *request, struct policy_near *list, size_t max);

/* The rules, in the order of their files and lines. */
size_t policy_rule_count(const struct policy *policy);
const struct policy_rule *policy_rule_at(const struct policy *policy, size_t index);
const struct policy_rule *policy_rule_find(const struct policy *policy, const char *name);

/* "neutron/link-set": what records and counters know it by. */
const char *policy_rule_name(const struct policy_rule *rule);
const char *policy_rule_file(const struct policy_rule *rule);
unsigned policy_rule_line(const struct policy_rule *rule);
const char *policy_rule_exec(const struct policy_rule *rule); /* as written; NULL: a signal rule */
const char *policy_rule_prefix(const struct policy_rule *rule); /* as written, or NULL */
bool policy_rule_is_inert(const struct policy_rule *rule);

/* May this peer use the rule? */
bool policy_rule_serves(const struct policy_rule *rule, const struct policy_peer *peer);

enum policy_stdin {
	POLICY_STDIN_NULL = 0,
	POLICY_STDIN_PEER,
};
enum policy_keep_in {
	POLICY_KEEP_IN_KEPT = 0,
	POLICY_KEEP_IN_PEER,
};

/* A variable whose value is that of a capture, which is there in every request. */
struct policy_assigned {
	const char *name;
	const char *capture;
};

/* What a signal rule may signal. */
struct policy_target {
	const char *program;		/* a path; compared by device and inode */
	const struct policy_rule *rule; /* or: what was started under this rule */
};

/* Everything needed to start the run. Texts and lists live as long as the
 * policy; lists of texts are NULL-ended, and never NULL. */
struct policy_settings {
	const char *program; /* absolute; NULL: a signal rule */

	const char *user; /* as written, as records show it */
	uint32_t uid;
	uint32_t gid;
	const uint32_t *groups; /* exactly these are set */
	size_t group_count;
	uint64_t ambient; /* capabilities, a bit each */
	uint64_t bounding;
	bool no_new_privileges;

	const char *const *environment;		/* NAME=VALUE: the whole environment, but for
						* what is passed or assigned */
	const struct policy_assigned *assigned; /* and these, made of captures */
	size_t assigned_count;
	const char *const *passed; /* names; a request's variables have been checked already */
	const char *directory;	   /* working directory; NULL: the peer's */
	const char *const *limits; /* "nofile=1024:4096", as writ_cmd.limits takes it */
	unsigned umask;
	int64_t timeout_ms;	   /* 0: none, as the rule says in so many words */
	uint64_t output_max_bytes; /* 0: no bound */
	int stdin_from;		   /* enum policy_stdin */
	bool has_netns;		   /* a verdict's `netns` is to be entered */
	uint32_t max_running;	   /* 0: no bound */
	bool keep_tree;
	int keep_in;	     /* enum policy_keep_in */
	bool serves_foreign; /* Namespace=any */
	bool explain;	     /* its file opens reasons to its peers */
	bool log_required;   /* not to be run if its record cannot be written */

	const struct policy_target *targets; /* of a signal rule */
	size_t target_count;
	uint64_t signals; /* a bit each, of signal N bit N - 1 */
};

const struct policy_settings *policy_rule_settings(const struct policy_rule *rule);

#endif
