/* getent.h - the databases of users and groups, asked by getent(1).
 *
 * Their sources are modules of libc (nsswitch.conf(5)): they load libraries,
 * hold locks and sockets, and wait for the network. In a process of its own
 * they do it with a bound, and none of it stays in the caller's; nor need the
 * caller have been linked with a libc that can load them.
 */
#ifndef WRIT_OS_LINUX_GETENT_H
#define WRIT_OS_LINUX_GETENT_H

/* What is printed for `key`, a name or a number, of `database`: "passwd",
 * "group" or "initgroups". In `ret_text` (to be freed), without its newline.
 * Returns 0, -ENOENT if there is no such entry, -ETIMEDOUT after 20 s, or the
 * errno of what else went wrong. */
int getent_ask(const char *database, const char *key, char **ret_text);

#endif
