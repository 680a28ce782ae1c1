#include "piece.h"

#include <stdlib.h>
#include <string.h>

bool
piece_add(struct piece *piece, const void *data, size_t len)
{
	if (piece->start > 0) {
		memmove(piece->data, piece->data + piece->start, piece->len);
		piece->start = 0;
	}
	if (piece->len + len > piece->room) {
		size_t room = 2 * (piece->len + len);
		char *grown = realloc(piece->data, room);

		if (grown == NULL)
			return false;
		piece->data = grown;
		piece->room = room;
	}
	memcpy(piece->data + piece->len, data, len);
	piece->len += len;
	return true;
}

PyObject *
piece_take(struct piece *piece, size_t max)
{
	size_t len = piece->len < max ? piece->len : max;
	PyObject *bytes;

	if (len == 0 && !piece->has_ended)
		Py_RETURN_NONE;
	bytes = PyBytes_FromStringAndSize(len > 0 ? piece->data + piece->start : NULL,
					  (Py_ssize_t)len);
	if (bytes == NULL)
		return NULL;
	piece->start += len;
	piece->len -= len;
	if (piece->len == 0)
		piece_done(piece);
	return bytes;
}

void
piece_done(struct piece *piece)
{
	free(piece->data);
	piece->data = NULL;
	piece->start = piece->len = piece->room = 0;
}
