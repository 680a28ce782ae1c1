/* listen.h - the socket that clients connect to. */
#ifndef WRIT_BROKER_LISTEN_H
#define WRIT_BROKER_LISTEN_H

#include "writ.h"

/* The socket that systemd gave us (sd_listen_fds(3)), else one made at `path`, for everybody to
 * connect: who may ask for what is the policy's to say. One that a dead daemon left is
 * replaced; a living one's is not. Its directory must be one that only root can change. */
int listen_open(const char *path, int *ret_fd, struct writ_error *err);

/* Removes what listen_open() has made. */
void listen_remove(const char *path);

#endif
