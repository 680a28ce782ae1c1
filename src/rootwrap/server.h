/* server.h - the daemon: one loop, for the listener, its channels and what they run. */
#ifndef WRIT_ROOTWRAP_SERVER_H
#define WRIT_ROOTWRAP_SERVER_H

#include "handshake.h"
#include "setup.h"
#include "writ.h"

enum {
	SERVER_CHANNELS_MAX = 256,
	SERVER_STRANGERS_MAX = 32,	/* that have not proved the key: the oldest goes */
	SERVER_STRANGER_MS = 10 * 1000, /* so long one may take */
	SERVER_FAREWELL_MS = 10 * 1000, /* for who does not read the last replies */
	SERVER_OUTPUT_BYTES_MAX = 64 * 1024 * 1024,   /* of each stream of a command */
	SERVER_WAITING_BYTES_MAX = 256 * 1024 * 1024, /* of requests, in all channels */
	SERVER_IDENT_BYTES = 13,
};

struct channel;

struct server {
	struct setup *setup;
	struct writ_host *host;
	unsigned char key[HANDSHAKE_KEY_BYTES];
	char ident[SERVER_IDENT_BYTES]; /* of the one object that there is */
	char dir[256];
	char path[300];
	int listener; /* -1: closed */
	int signals;
	int starter; /* the standard output that we were started with, if it is a pipe: who reads
		      * it is who started us; -1: not known */
	struct channel *first;
	int count;
	int running;
	int64_t last_used_ms;
	int64_t stopping_ms; /* since when; 0: not */
};

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t server_now_ms(void);

/* Makes directory and socket. Returns 0, or -1 after saying why. */
int server_open(struct server *server, struct setup *setup);

/* Tells path and key on standard output, and serves until it is told to stop, or nobody has
 * asked for daemon_timeout seconds. Returns the exit status. */
int server_run(struct server *server);

/* No more new requests; what runs is waited for. */
void server_stop(struct server *server);

#endif
