/* once.h - one command in the place of another: `writ-rootwrap CONF COMMAND...`. */
#ifndef WRIT_ROOTWRAP_ONCE_H
#define WRIT_ROOTWRAP_ONCE_H

#include "setup.h"

/* Decides, runs, and returns the exit status. */
int once_run(struct setup *setup, char **argv, size_t count);

#endif
