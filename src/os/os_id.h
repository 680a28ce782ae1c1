/* os_id.h - processes by identity, and what the system tells of them. */
#ifndef WRIT_OS_ID_H
#define WRIT_OS_ID_H

#include "writ/id.h"

/* A handle on the process that has the identity now: a pidfd, or -1 where the
 * system gives none (the identity was checked all the same). Returns 0, or
 * -ESRCH: gone, -ESTALE: the pid is another's now, or another negative errno. */
int os_id_open(const struct writ_id *id, writ_fd *ret_fd);

/* The identity behind a handle of a process that is known to be `pid`; with
 * handle -1 by its start time. `boot` as os_boot() says. 0 or a negative errno. */
int os_id_of(int64_t pid, writ_fd handle, uint64_t boot, struct writ_id *ret_id);

/* Sends a signal by identity. 0 or a negative errno as above. */
int os_id_signal(const struct writ_id *id, int signal);

/* The first 64 bits of the boot id; 0 if it cannot be read. */
uint64_t os_boot(void);
int64_t os_self_pid(void);

/* What /proc tells of a process. Not safe against reuse of the pid by itself:
 * read, then check the identity. */
struct os_stat {
	int64_t pid;
	int64_t ppid;
	int64_t session;
	uint64_t start_ticks;
	char state; /* 'R', 'S', 'D', 'T', 'Z' ... */
	char name[64];
};
int os_stat_read(int64_t pid, struct os_stat *ret_stat);

/* All pids, a list ended by 0 that the caller frees; NULL: failed. */
int64_t *os_pids(void);

/* The arguments, one block of NUL-ended strings of `*ret_len` bytes that the
 * caller frees. 0 or a negative errno. */
int os_cmdline_read(int64_t pid, char **ret_block, size_t *ret_len);

/* The first bytes of a file that is named as the process sees it: relative to
 * its working directory. Ends them by NUL. How many, or a negative errno. */
int os_file_head(int64_t pid, const char *path, char *buf, size_t size);

/* The control group of the run in which a process lives, as a name to compare.
 * False: it lives in none. */
enum { OS_RUN_NAME_MAX = 512 };
bool os_run_name(int64_t pid, char buf[OS_RUN_NAME_MAX]);

/* Is it a launcher, below which all is of one run? */
bool os_is_launcher(const struct os_stat *stat);

#endif
