/* argv.h - what a process was started as, and whether that is a command. */
#ifndef WRIT_PROC_ARGV_H
#define WRIT_PROC_ARGV_H

#include <stdbool.h>
#include <stddef.h>

/* Splits the block of NUL-ended strings of /proc/PID/cmdline into a list that
 * points into it; the caller frees the list. NULL: out of memory. */
char **argv_split(char *block, size_t len);

/* Is the command line of a process that of the command, or a title that says
 * so? See writ_id_match(). */
bool argv_match(char *const *running, const char *const *expected);

/* Is it, behind the interpreter of a script? The index of the script, whose
 * first line must then be looked at; or 0. */
int argv_match_script(char *const *running, const char *const *expected);

#endif
