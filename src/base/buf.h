/* buf.h - a text that grows. A failed allocation is remembered and told once,
 * by buf_take(). */
#ifndef WRIT_BASE_BUF_H
#define WRIT_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

struct buf {
	char *data;
	size_t len;
	size_t size;
	bool failed;
};

void buf_add(struct buf *buf, const void *data, size_t len);
void buf_add_text(struct buf *buf, const char *text);
__attribute__((format(printf, 2, 3))) void buf_printf(struct buf *buf, const char *format, ...);

/* Hands out the text, ended by NUL, and empties the buffer; NULL if an
 * allocation failed on the way. The caller frees it. */
char *buf_take(struct buf *buf);
void buf_done(struct buf *buf);

#define auto_buf __attribute__((cleanup(buf_done))) struct buf

#endif
