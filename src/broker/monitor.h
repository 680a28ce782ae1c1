/* monitor.h - the process with privilege: it knows who connects, judges what they ask, and
 * starts it. What clients send reaches it only through the front. */
#ifndef WRIT_BROKER_MONITOR_H
#define WRIT_BROKER_MONITOR_H

#include "journal.h"
#include "link.h"
#include "outbox.h"
#include "peer.h"
#include "rulebook.h"
#include "writ.h"

enum {
	PEERS_MAX = 8192,		    /* as many as the front has slots: guest.h */
	FRONT_UNREAD_BYTES_MAX = 64 << 20, /* answers a front that reads has never so much of */
};

struct monitor_options {
	const char *socket;
	const char *const *dirs; /* of policies, rising in rank */
	const char *log;	 /* file of the record; NULL: none */
	int64_t front_uid;
	int64_t front_gid;
};

struct monitor {
	const struct monitor_options *options;
	struct writ_host *host;
	struct rulebook *book;
	struct journal journal;
	int listener;
	int signals; /* signalfd */
	int link;    /* to the front; -1: there is none */
	struct writ_proc *front;
	int64_t front_began_ms;
	char self[4096]; /* our own program: the front is it once more */
	struct outbox to_front;
	struct peer *peers[PEERS_MAX];
	uint32_t generation; /* of the numbers of connections */
	size_t next_slot;
	unsigned run_count;
	unsigned strangers; /* without any rule, since the last line about them */
	int64_t strangers_told_ms;
	bool is_draining;
	bool is_over;	 /* the front may end */
	bool has_failed; /* it ended at once */
	struct link_message message; /* from the front */
	const char *words[WIRE_WORDS_ROOM];
	struct policy_capture captures[POLICY_CAPTURES_MAX];
};

/* Serves until it is told to end. Returns the exit status. */
int monitor_serve(const struct monitor_options *options);

/* A frame for a peer, by way of the front. One who is gone gets none. */
void monitor_answer(struct monitor *monitor, const struct peer *peer, const void *frame, size_t len);

/* A run of the peer has ended: one that is gone goes with its last. */
void monitor_release(struct monitor *monitor, struct peer *peer);

#endif
