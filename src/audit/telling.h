/* telling.h - names that tell of a secret: of variables, of options, of keys in
 * a text. The lists are those of Python's writ.agent.redact.
 *
 * Threads: any.
 * After fork: yes.
 */
#ifndef WRIT_AUDIT_TELLING_H
#define WRIT_AUDIT_TELLING_H

#include <stdbool.h>
#include <stddef.h>

/* "DB_PASSWORD", "MY_TOKEN_2"; not "TOKEN_FILE". */
bool telling_variable(const char *name, size_t len);

/* "--os-password", "-token", with its dashes; not "--password-file". */
bool telling_option(const char *word, size_t len);

/* "adminPassword", "db.pwd". */
bool telling_key(const char *name, size_t len);

/* "sig": what is so short that it only counts in the query of a URL. */
bool telling_query(const char *name, size_t len);

/* What a program takes as a secret after a short option: apart ("-p V"), or
 * joined ("-pV"). Blank-separated; empty texts for a program without. */
struct telling_program {
	const char *name;
	const char *apart;
	const char *joined;
};

/* The program that is called so, by path or by name; NULL: none of these. */
const struct telling_program *telling_program(const char *word, size_t len);

/* Is the word one of `list`? */
bool telling_is_one(const char *list, const char *word, size_t len);

/* The length of the one of `list` that the word begins with, if there is more
 * of it; else 0. */
size_t telling_begins(const char *list, const char *word, size_t len);

#endif
