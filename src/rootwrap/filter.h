/* filter.h - one line of a filter file, and the ten classes there are. */
#ifndef WRIT_ROOTWRAP_FILTER_H
#define WRIT_ROOTWRAP_FILTER_H

#include "arena.h"
#include "pattern.h"
#include "words.h"

struct query;
struct filter;

/* What a filter would have run. */
struct command {
	struct words argv; /* argv[0] is the program, as it was found */
	struct words env;  /* NAME=VALUE to set */
};

struct filter_class {
	const char *name;
	size_t args_min;   /* of the line, behind the class */
	bool has_path;	   /* the first of them is the program */
	const char *path;  /* else this is */
	bool has_user;	   /* the next is the user */
	bool has_patterns; /* the rest are regular expressions */
	bool chains;	   /* its command runs another, which must be allowed too */
	/* Does it admit the argv? */
	bool (*match)(struct query *query, struct filter *filter, struct words *argv);
	/* Of an argv that it admitted: the words of the inner command; NULL: nothing is
	 * made of them, and nothing is allowed. */
	struct words (*inner)(struct query *query, const struct filter *filter,
			      const struct words *argv);
	/* The same: what is to run. */
	void (*make)(struct query *query, struct filter *filter, const struct words *argv,
		     struct command *ret_command);
};

struct filter {
	const struct filter_class *class;
	const char *name;      /* lower case, as in the file */
	const char *exec_path; /* as in the file */
	const char *run_as;
	struct words args;	  /* what follows */
	struct pattern *patterns; /* of each of them, where they are such */
	size_t env_count;	  /* EnvFilter: how many names the args begin with, */
	size_t patterns_at;	  /* and where its patterns do */
	const char *found;	  /* the program, as the last question found it */
	const char *file;
	int line;
	struct filter *next;
};

struct filters {
	struct filter *first;
	struct filter **end;
	size_t count;
};

enum { FILTERS_MAX = 16 * 1024 };

void filters_init(struct filters *filters);
void filters_add(struct filters *filters, struct filter *filter);
void filters_done(struct filters *filters);

enum filter_made {
	FILTER_MADE = 0,
	FILTER_UNKNOWN, /* no such class */
	FILTER_BAD,	/* `*ret_why` says why */
	FILTER_NO_USER, /* it is made, and what it admits will not run; `*ret_why` */
	FILTER_NEVER,	/* it is made, but matches nothing; `*ret_why` */
};

/* "CLASS, ARGUMENT, ..." as the option `name` of a file. */
enum filter_made filter_make(struct arena *arena, const char *name, const char *value, bool exact,
			     struct filter **ret_filter, const char **ret_why);

/* The filter that stock appends to every list: with `exact` its own, any arguments; else
 * the arguments that Neutron and its like start it with. */
struct filter *filter_make_privsep(struct arena *arena, bool exact);

/* "CLASS" of a definition; a copy. */
const char *filter_class_name(struct arena *arena, const char *value);

extern const struct filter_class class_command, class_regexp, class_path, class_kill,
	class_read_file, class_ip, class_env, class_chaining, class_ip_netns_exec,
	class_chaining_regexp, class_privsep;

#endif
