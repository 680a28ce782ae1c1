/* guest.h - the front's connections, and the users they belong to, each with a bound. */
#ifndef WRIT_BROKER_GUEST_H
#define WRIT_BROKER_GUEST_H

#include "outbox.h"

#include <stdint.h>

enum {
	GUESTS_MAX = 8192,	      /* connections, of all users */
	GUESTS_OF_USER_MAX = 64,      /* connections of one */
	REQUESTS_MAX = 64,	      /* under way on one connection */
	REQUESTS_OF_USER_MAX = 1024,  /* under way for one user */
	GREETING_MS = 5000,	      /* for the hello */
	UNREAD_BYTES_MAX = 1024 * 1024, /* answers that a client does not take */
};

struct user {
	struct user *next;
	uint32_t uid;
	unsigned guests;
	unsigned requests;
};

struct guest {
	uint64_t number; /* the monitor's: its low half is our slot */
	int fd;
	unsigned requests; /* under way */
	struct user *user;
	struct outbox box;
	bool has_greeted;
	bool wants_out; /* epoll watches for room */
	int64_t greet_by_ms;
	struct guest *next; /* of those who have not greeted, the oldest first */
	struct guest **link;
};

struct guests {
	struct guest *slots[GUESTS_MAX];
	struct user *users;
	struct guest *silent;
	struct guest **silent_end;
};

void guests_init(struct guests *guests);

/* Takes `take_fd`. NULL: there are too many, or there is no memory; it is closed then. */
struct guest *guest_add(struct guests *guests, uint64_t number, uint32_t uid, int take_fd,
			int64_t now_ms);

/* Closes it. */
void guest_remove(struct guests *guests, struct guest *guest);

/* By the monitor's number; NULL: there is none any more. */
struct guest *guest_find(const struct guests *guests, uint64_t number);

/* It has said hello. */
void guest_greeted(struct guests *guests, struct guest *guest);

/* May it have one more request under way? If so it is counted. */
bool guest_begin_request(struct guest *guest);
void guest_end_request(struct guest *guest);

#endif
