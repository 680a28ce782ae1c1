/* broker.h - a connection, and what is under way on it. */
#ifndef WRIT_CLIENT_BROKER_H
#define WRIT_CLIENT_BROKER_H

#include "wire/wire.h"
#include "writ/ask.h"

struct ask {
	struct ask *next;
	uint64_t id;
	struct writ_ask_events events;
};

struct writ_broker {
	writ_fd channel;
	uint64_t last_id;
	struct ask *asks;
	unsigned count;
	bool is_gone;
	char frame[WIRE_FRAME_MAX];
};

#endif
