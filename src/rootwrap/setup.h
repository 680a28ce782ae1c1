/* setup.h - what both programs do first. */
#ifndef WRIT_ROOTWRAP_SETUP_H
#define WRIT_ROOTWRAP_SETUP_H

#include "load.h"
#include "log.h"
#include "machine.h"

/* Everything that deciding needs. Not moved once it is made: parts point at each other. */
struct setup {
	struct arena arena; /* of configuration and filters */
	struct config config;
	struct filters filters;
	struct machine_own own;
	struct machine machine;
	struct log log;
	struct words told; /* what was said while loading, for who is denied */
	bool tells_all;	   /* warnings too, on standard error: the daemon, at its start */
};

/* No descriptor of ours becomes a standard stream that was closed. */
void setup_streams(void);

/* Loads CONF and its filters. Returns 0, or an exit status after saying why. */
int setup_load(struct setup *setup, const char *name, const char *conf, bool tells_all);
void setup_done(struct setup *setup);

#endif
