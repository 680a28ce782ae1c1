/* talk.h - our side of what is said to the launcher; launcher/note.h. */
#ifndef WRIT_OS_LINUX_TALK_H
#define WRIT_OS_LINUX_TALK_H

#include <stdbool.h>
#include <stddef.h>

#include "launcher/note.h"

/* A pair of sockets for notes. 0 or a negative errno. */
int talk_open(int ends[2]);

/* Sends a note, with a text and a descriptor (-1: none). 0 or a negative errno. */
int talk_send(int sock, const struct note *note, const void *text, size_t len, int fd);

/* The same for a note that is its type and a number. */
int talk_send_type(int sock, enum note_type type, int code);

/* Takes a note. 1; 0: the other side is gone; or a negative errno. `wait`: until one comes. */
int talk_receive(int sock, struct note *ret_note, bool wait);

#endif
