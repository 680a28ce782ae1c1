/* check.h - `writ-rootwrap --check CONF [COMMAND...]`: what strict mode changes, before it
 * does. */
#ifndef WRIT_ROOTWRAP_CHECK_H
#define WRIT_ROOTWRAP_CHECK_H

#include <stddef.h>

/* Prints each filter whose verdicts differ in strict mode, and how. With a command also both
 * verdicts, and why the filters that came close did not match. Returns 0; 1 when
 * the command is denied; or the status of a bad CONF. */
int check_run(const char *name, const char *conf, char **argv, size_t count);

#endif
