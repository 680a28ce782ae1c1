/* users.h - names of users in /etc/passwd.
 *
 * This program is linked statically: libc's own look-up would load libraries.
 */
#ifndef WRIT_ROOTWRAP_USERS_H
#define WRIT_ROOTWRAP_USERS_H

#include <stdbool.h>
#include <sys/types.h>

enum { USERS_NAME_MAX = 256 };

/* A name as useradd(8) takes them; a number is none: who reads "0x0", " 0" or "-1" as a
 * user makes root of a mistake. */
bool users_is_name(const char *name);

bool users_find(const char *name, uid_t *ret_uid);

/* The name of a uid, or the number. Returns `buf`. */
const char *users_name(uid_t uid, char buf[USERS_NAME_MAX]);

/* Who has logged in, as os.getlogin() knows it, else by $USER, $USERNAME, $LOGNAME;
 * "None" if nobody says. Returns `buf`, or a part of the environment. */
const char *users_login(char buf[USERS_NAME_MAX]);

#endif
