#include "plain.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <time.h>

#include "../child.h"
#include "../sys.h"

/* The compiler calls these two by itself; volatile keeps it from seeing a
 * memset or memcpy in their loops and calling them for ever. */
void *
memset(void *to, int byte, size_t len)
{
	volatile unsigned char *c = to;

	while (len-- > 0)
		*c++ = (unsigned char)byte;
	return to;
}

void *
memcpy(void *restrict to, const void *restrict from, size_t len)
{
	volatile unsigned char *c = to;
	const unsigned char *s = from;

	while (len-- > 0)
		*c++ = *s++;
	return to;
}

size_t
strlen(const char *text)
{
	const volatile char *end = text;

	while (*end != '\0')
		end++;
	return (size_t)((const char *)end - text);
}

bool
text_begins(const char *text, const char *prefix)
{
	for (; *prefix != '\0'; text++, prefix++)
		if (*text != *prefix)
			return false;
	return true;
}

bool
text_same(const char *a, const char *b)
{
	return text_begins(a, b) && strlen(a) == strlen(b);
}

void
line_add(struct line *line, const char *text)
{
	for (; *text != '\0' && line->len < sizeof(line->text) - 1; text++)
		line->text[line->len++] = *text;
	line->text[line->len] = '\0';
}

static void
add_number(struct line *line, uint64_t value, unsigned base)
{
	char digits[24];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do {
		digits[--at] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value > 0);
	line_add(line, digits + at);
}

void
line_add_int(struct line *line, int64_t value)
{
	if (value < 0)
		line_add(line, "-");
	add_number(line, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 10);
}

void
line_add_hex(struct line *line, uint64_t value)
{
	add_number(line, value, 16);
}

int64_t
number_read(const char **text)
{
	int64_t value = 0;

	if (**text < '0' || **text > '9')
		return -1;
	for (; **text >= '0' && **text <= '9'; (*text)++)
		value = value * 10 + (**text - '0');
	return value;
}

int64_t
now_ns(void)
{
	struct timespec now = { 0, 0 };

	sys_call2(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t
now_ms(void)
{
	return now_ns() / 1000000;
}

long
file_read(int dir, const char *path, char *buf, size_t size)
{
	long fd = sys_call4(SYS_openat, dir, path, O_RDONLY | O_CLOEXEC, 0);
	size_t len = 0;
	long r = fd;

	while (fd >= 0 && len < size - 1) {
		r = sys_call3(SYS_read, fd, buf + len, size - 1 - len);
		if (r <= 0)
			break;
		len += (size_t)r;
	}
	if (fd >= 0)
		sys_call1(SYS_close, fd);
	buf[len] = '\0';
	return r < 0 ? -1 : (long)len;
}

long
file_write(int dir, const char *path, const char *text)
{
	long fd = sys_call4(SYS_openat, dir, path, O_WRONLY | O_CLOEXEC, 0);
	long r;

	if (fd < 0)
		return fd;
	r = sys_call3(SYS_write, fd, text, strlen(text));
	sys_call1(SYS_close, fd);
	return r;
}

void
note_send(int sock, const struct note *note)
{
	sys_call6(SYS_sendto, sock, (long)note, sizeof(*note), MSG_NOSIGNAL, 0, 0);
}

static void
close_between(int first, int last)
{
	if (first <= last)
		child_close(first, last);
}

void
close_all_but(const int *keep, size_t count)
{
	int first = 0;

	for (;;) {
		int next = -1; /* the smallest kept one from `first` on */

		for (size_t i = 0; i < count; i++)
			if (keep[i] >= first && (next < 0 || keep[i] < next))
				next = keep[i];
		if (next < 0)
			break;
		close_between(first, next - 1);
		first = next + 1;
	}
	close_between(first, 0x7fffffff);
}
