/* os_netns.h - network namespaces that have a name. */
#ifndef WRIT_OS_NETNS_H
#define WRIT_OS_NETNS_H

#include <stdbool.h>
#include <stddef.h>

struct writ_error;

enum { OS_NETNS_FILES_MAX = 64 };

struct os_netns {
	const char *name; /* borrowed */
	char *files; /* paths of those that stand for one of /etc in it, each ended by NUL */
	size_t files_size;
	size_t file_count;
};

/* Can it be one? */
bool os_netns_is_name(const char *name);

/* Looks what there is. Errors: WRIT_E_NOT_FOUND, WRIT_E_LIMIT, WRIT_E_NOMEM, WRIT_E_SYS. */
int os_netns_find(const char *name, struct os_netns *ret_netns, struct writ_error *err);
void os_netns_done(struct os_netns *netns);

#endif
