/* machine.h - what deciding asks of the machine.
 *
 * All else is pure. So the decision can be tested, fuzzed and explained with
 * another machine than this one.
 */
#ifndef WRIT_ROOTWRAP_MACHINE_H
#define WRIT_ROOTWRAP_MACHINE_H

#include <stdint.h>

#include "arena.h"
#include "words.h"

/* A process that is held. A signal through the descriptor reaches it or nobody; and if it
 * does, its number has not been another's, whatever was read by it before. */
struct target {
	int fd; /* a pidfd, or -1 */
	int64_t pid;
	const char *program; /* as /proc/PID/exe has it, without " (deleted)"; NULL: not known */
};

struct machine {
	void *ctx;
	/* May this file be executed (and, in strict mode, be trusted to be what it is)? */
	bool (*can_execute)(void *ctx, const char *path);
	/* As os.path.realpath(): what does not exist stays as it is. */
	const char *(*resolve)(void *ctx, struct arena *arena, const char *path);
	/* The process of a pid; false: there is none that can be looked at. With `strict`
	 * only what the kernel says of its program is believed, and it is held. */
	bool (*hold)(void *ctx, struct arena *arena, int64_t pid, bool strict,
		     struct target *ret_target);
	/* Is this file, of which `held` says that it is its program, the one at this path? */
	bool (*is_program)(void *ctx, const struct target *held, const char *path);
	/* May privsep be configured by this file or directory? Returns it resolved, or NULL. */
	const char *(*configures)(void *ctx, struct arena *arena, const char *path, bool directory);
	const char *path; /* $PATH; NULL: not set */
};

/* This one. `ctx` is a struct machine_own. */
struct machine_own {
	bool strict;
	uint32_t service; /* uid of the service that asks, or that of root */
};

struct machine machine_own(struct machine_own *own);

/* Who asks: $SUDO_UID where sudo started us, else our real user. */
uint32_t machine_service(void);

#endif
