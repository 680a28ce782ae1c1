/* os_user.h - users and groups, and resource limits, by their names. */
#ifndef WRIT_OS_USER_H
#define WRIT_OS_USER_H

#include <stddef.h>
#include <stdint.h>

#include "writ/error.h"

struct os_creds {
	uint32_t uid;
	uint32_t gid;
	uint32_t *groups;
	size_t group_count;
};

/* Looks up "USER[:GROUP]", names or numbers. The user database is asked here by
 * getent(1), which can take long (a network service), at most a minute.
 * Errors: WRIT_E_NOT_FOUND, WRIT_E_SYNTAX, WRIT_E_LIMIT, WRIT_E_NOMEM; WRIT_E_SYS
 * if it cannot be asked. */
int os_creds_find(const char *text, struct os_creds *ret_creds, struct writ_error *err);

/* Copies numbers, which are in range; the groups are sorted, each once.
 * Errors: WRIT_E_NOMEM. */
struct writ_creds;
int os_creds_copy(const struct writ_creds *from, struct os_creds *ret_creds,
		  struct writ_error *err);
void os_creds_done(struct os_creds *creds);

struct os_limit {
	int resource;
	uint64_t soft; /* UINT64_MAX: unlimited */
	uint64_t hard;
};

/* Reads "NAME=SOFT[:HARD]". Errors: WRIT_E_SYNTAX. */
int os_limit_parse(const char *text, struct os_limit *ret_limit, struct writ_error *err);
const char *os_limit_name(int resource);

#endif
