/* request.h - from the options of `writ run` and its operands to a request. */
#ifndef WRIT_CLI_REQUEST_H
#define WRIT_CLI_REQUEST_H

#include "runopt.h"

/* Completes run->cmd, and opens the record. Returns -1 after saying what is
 * wrong. The operands are borrowed. */
int request_make(struct run *run, char **operands);

/* Clears and frees what the options and the request own. */
void request_done(struct run *run);

#endif
