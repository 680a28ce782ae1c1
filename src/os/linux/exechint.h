/* exechint.h - why a program could not be executed, in words. */
#ifndef WRIT_OS_LINUX_EXECHINT_H
#define WRIT_OS_LINUX_EXECHINT_H

struct writ_error;

/* Fills `err` from the errno of execve(2), after looking at the file: ENOENT
 * may be about its interpreter. Returns the code. */
int exec_fail(struct writ_error *err, const char *exe, int err_no);

#endif
