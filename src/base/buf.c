#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for `more` bytes and a NUL. */
static bool
grow(struct buf *buf, size_t more)
{
	size_t size = buf->size == 0 ? 256 : buf->size;
	char *data;

	if (buf->failed || more > SIZE_MAX / 4 || buf->len > SIZE_MAX / 4)
		return false;
	while (size < buf->len + more + 1)
		size *= 2;
	if (size == buf->size)
		return true;

	data = realloc(buf->data, size);
	if (data == NULL) {
		buf->failed = true;
		return false;
	}
	buf->data = data;
	buf->size = size;
	return true;
}

void
buf_add(struct buf *buf, const void *data, size_t len)
{
	if (!grow(buf, len))
		return;
	if (len > 0)
		memcpy(buf->data + buf->len, data, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void
buf_add_text(struct buf *buf, const char *text)
{
	buf_add(buf, text, strlen(text));
}

void
buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (len < 0 || !grow(buf, (size_t)len))
		return;

	va_start(args, format);
	vsnprintf(buf->data + buf->len, (size_t)len + 1, format, args);
	va_end(args);
	buf->len += (size_t)len;
}

char *
buf_take(struct buf *buf)
{
	char *data;

	buf_add(buf, "", 0); /* an empty text is a text */
	data = buf->failed ? NULL : buf->data;
	if (data == NULL)
		free(buf->data);
	*buf = (struct buf){ 0 };
	return data;
}

void
buf_done(struct buf *buf)
{
	free(buf->data);
	*buf = (struct buf){ 0 };
}
