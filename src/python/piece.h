/* piece.h - output that came and was not yet read: a queue of bytes. */
#ifndef WRIT_PYTHON_PIECE_H
#define WRIT_PYTHON_PIECE_H

#include "module.h"

/* Past this the program waits for its reader. */
enum { PIECE_MAX_BYTES = 1024 * 1024 };

struct piece {
	char *data;
	size_t start;
	size_t len;
	size_t room;
	bool has_ended;
	bool is_paused;
};

/* False: no memory. */
bool piece_add(struct piece *piece, const void *data, size_t len);

/* At most `max` bytes of it; b"" at the end of the stream; None: nothing yet. */
PyObject *piece_take(struct piece *piece, size_t max);

void piece_done(struct piece *piece);

#endif
