/* plain.h - the little that the launcher needs of a C library. */
#ifndef WRIT_OS_LINUX_LAUNCHER_PLAIN_H
#define WRIT_OS_LINUX_LAUNCHER_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "note.h"

void *memset(void *to, int byte, size_t len);
void *memcpy(void *to, const void *from, size_t len);
size_t strlen(const char *text);
bool text_same(const char *a, const char *b);
bool text_begins(const char *text, const char *prefix);

/* A text of bounded length that is put together; what does not fit is cut. */
struct line {
	char text[320];
	size_t len;
};

void line_add(struct line *line, const char *text);
void line_add_int(struct line *line, int64_t value);
void line_add_hex(struct line *line, uint64_t value);

/* Decimal digits at `*text`, which moves past them; -1 if there are none. */
int64_t number_read(const char **text);

int64_t now_ms(void);
int64_t now_ns(void);

/* Reads at most `size` - 1 bytes of a file and ends them by NUL. -1: failed. */
long file_read(int dir, const char *path, char *buf, size_t size);
long file_write(int dir, const char *path, const char *text);

/* Sends a note; gives nothing back, the other side may be gone. */
void note_send(int sock, const struct note *note);

/* Closes every descriptor but these. */
void close_all_but(const int *keep, size_t count);

#endif
