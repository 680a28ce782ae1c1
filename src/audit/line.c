#include "audit/line.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum { TIME_BYTES = 30 }; /* 2026-01-01T00:00:00.000000000Z */

/* What is left of a text that is being read. */
struct rest {
	const char *text;
	size_t len;
};

size_t
line_write(char *buf, size_t size, const struct line *line, int64_t time_ns)
{
	int64_t ns = time_ns > 0 ? time_ns : 0;
	time_t seconds = (time_t)(ns / 1000000000);
	struct tm tm;
	int len;

	gmtime_r(&seconds, &tm);
	len = snprintf(buf, size,
		       "{\"writ\": \"audit/1\", \"n\": %" PRIu64
		       ", \"time\": \"%04d-%02d-%02dT%02d:%02d:%02d.%09dZ\""
		       ", \"prev\": \"%s\", \"event\": \"%s\"",
		       line->n, tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
		       tm.tm_sec, (int)(ns % 1000000000), line->prev, line->event);
	return len < 0 || (size_t)len >= size ? 0 : (size_t)len;
}

static bool
take(struct rest *rest, const char *text)
{
	size_t len = strlen(text);

	if (rest->len < len || memcmp(rest->text, text, len) != 0)
		return false;
	rest->text += len;
	rest->len -= len;
	return true;
}

/* As we write it: no zero in front. */
static bool
take_number(struct rest *rest, uint64_t *ret_value)
{
	uint64_t value = 0;
	size_t len = 0;

	for (; len < rest->len && rest->text[len] >= '0' && rest->text[len] <= '9'; len++)
		if (__builtin_mul_overflow(value, 10u, &value) ||
		    __builtin_add_overflow(value, (uint64_t)(rest->text[len] - '0'), &value))
			return false;
	if (len == 0 || (len > 1 && rest->text[0] == '0'))
		return false;
	rest->text += len;
	rest->len -= len;
	*ret_value = value;
	return true;
}

/* Bytes of `set` and a closing quote, at least `least` and fewer than `size`. */
static bool
take_quoted(struct rest *rest, const char *set, size_t least, size_t size, char *ret_text)
{
	size_t len = 0;

	while (len < rest->len && rest->text[len] != '\0' && strchr(set, rest->text[len]) != NULL)
		len++;
	if (len < least || len >= size || len == rest->len || rest->text[len] != '"')
		return false;
	memcpy(ret_text, rest->text, len);
	ret_text[len] = '\0';
	rest->text += len + 1;
	rest->len -= len + 1;
	return true;
}

static bool
take_hash(struct rest *rest, char ret_hash[DIGEST_TEXT_MAX])
{
	return take_quoted(rest, "0123456789abcdef", DIGEST_TEXT_MAX - 1, DIGEST_TEXT_MAX,
			   ret_hash);
}

bool
line_read(const char *text, size_t len, struct line *ret_line)
{
	struct rest rest = { text, len };
	struct line line = { 0 };
	char time[TIME_BYTES + 1];

	if (!take(&rest, "{\"writ\": \"audit/1\", \"n\": ") || !take_number(&rest, &line.n) ||
	    !take(&rest, ", \"time\": \"") ||
	    !take_quoted(&rest, "0123456789-T:.Z", TIME_BYTES, sizeof(time), time) ||
	    !take(&rest, ", \"prev\": \"") || !take_hash(&rest, line.prev) ||
	    !take(&rest, ", \"event\": \"") ||
	    !take_quoted(&rest, "abcdefghijklmnopqrstuvwxyz-", 1, sizeof(line.event), line.event))
		return false;
	if (line.n == 0 || (rest.len >= 2 && memcmp(rest.text, ", ", 2) != 0 && *rest.text != '}'))
		return false;
	line.len = len - rest.len;
	*ret_line = line;
	return true;
}

int
line_write_torn(char *buf, size_t size, uint64_t bytes, const char *hash)
{
	return snprintf(buf, size, "\"bytes\": %" PRIu64 ", \"sha256\": \"%s\"", bytes, hash);
}

bool
line_read_torn(const char *text, size_t len, const struct line *line, uint64_t *ret_bytes,
	       char ret_hash[DIGEST_TEXT_MAX])
{
	struct rest rest = { text + line->len, len - line->len };

	return strcmp(line->event, "torn") == 0 && take(&rest, ", \"bytes\": ") &&
	       take_number(&rest, ret_bytes) && take(&rest, ", \"sha256\": \"") &&
	       take_hash(&rest, ret_hash) && take(&rest, "}\n") && rest.len == 0;
}
