/* pidfd.h - the system calls of pidfds, which Debian 12's libc headers half have. */
#ifndef WRIT_OS_LINUX_PIDFD_H
#define WRIT_OS_LINUX_PIDFD_H

#include <stdbool.h>
#include <stdint.h>

/* A descriptor, or a negative errno. -ENOSYS and -EPERM: this kernel has none,
 * or a filter forbids it. */
int pidfd_open_one(int64_t pid);
int pidfd_signal(int pidfd, int signal);

/* The same, by number where the kernel has no such call, or a filter forbids
 * it: for a process that is held, by its pidfd or because it is ours to reap. */
int pidfd_signal_held(int pidfd, int64_t pid, int signal);

/* Are its inode numbers identities? (Linux 6.9: they are of pidfs) */
bool pidfd_has_inode(int pidfd, uint64_t *ret_inode);

/* The wait status of a process that somebody else reaped, as wait(2) gives it
 * (Linux 6.15: PIDFD_INFO_EXIT); false: not to be had. */
bool pidfd_exit_status(int pidfd, int *ret_status);

#endif
