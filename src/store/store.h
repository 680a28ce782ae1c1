/* store.h - the directories that policies are read from.
 *
 * A file of the same name in an earlier directory replaces the later one's; they
 * are taken in the order of their names. Each, and each directory on the way,
 * must be one that only root can change.
 */
#ifndef WRIT_STORE_STORE_H
#define WRIT_STORE_STORE_H

#include "policy/policy.h"

#define STORE_DIR_ETC "/etc/writ/policy.d"
#define STORE_DIR_LIB "/usr/lib/writ/policy.d"

struct store_options {
	const char *const *dirs; /* absolute paths of directories or files, NULL-ended, the first
				  * wins; NULL: the two above, if they are there */
	bool any_owner;		 /* do not ask whose files and programs are */
	bool any_program;	 /* do not look at the programs of rules at all */
	bool any_user;		 /* make up numbers for names that this machine does not know */
};

struct names;

/* Reads a whole policy: adds every file, looks up the names, seals. What is wrong
 * is told to `ear`; files that may not be used are refused by name. `names` are
 * those of names.h, to be asked again; NULL: own ones.
 * Returns 0 with the policy, or a negative enum writ_code: WRIT_E_SYNTAX (told),
 * WRIT_E_NOMEM. */
int store_load(const struct store_options *options, struct names *names,
	       const struct policy_ear *ear, struct policy **ret_policy);

/* A user as that policy would see it: 0, or a negative enum writ_code. */
int store_peer(const struct store_options *options, struct names *names, const char *user,
	       struct policy_user *ret_user);

/* Reads one file, at most `max` bytes of it; the caller frees it. A negative errno. */
int store_read(const char *path, size_t max, bool any_owner, char **ret_text, size_t *ret_len,
	       char why[320]);

#endif
