#include "base/json.h"

#include <inttypes.h>
#include <string.h>

/* The length of the well-formed UTF-8 sequence at `s`, or 0 (RFC 3629: no
 * overlong forms, no surrogates, nothing past U+10FFFF). */
static size_t
utf8_length(const unsigned char *s)
{
	size_t len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (len == 0 || s[0] > 0xf4)
		return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

static bool
is_utf8(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	while (*s != '\0') {
		size_t len = utf8_length(s);

		if (len == 0)
			return false;
		s += len;
	}
	return true;
}

static void
add_quoted(struct buf *buf, const char *text)
{
	buf_add(buf, "\"", 1);
	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '"' || *c == '\\')
			buf_printf(buf, "\\%c", *c);
		else if (*c == '\n')
			buf_add_text(buf, "\\n");
		else if (*c == '\t')
			buf_add_text(buf, "\\t");
		else if ((unsigned char)*c < 0x20 || *c == 0x7f)
			buf_printf(buf, "\\u%04x", (unsigned)(unsigned char)*c);
		else
			buf_add(buf, c, 1);
	}
	buf_add(buf, "\"", 1);
}

static void
add_base64(struct buf *buf, const char *text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *s = (const unsigned char *)text;
	size_t left = strlen(text);

	buf_add_text(buf, "{\"base64\": \"");
	for (; left > 0; s += 3, left -= left < 3 ? left : 3) {
		unsigned bits = (unsigned)s[0] << 16 | (left > 1 ? (unsigned)s[1] << 8 : 0) |
				(left > 2 ? s[2] : 0);
		char out[4] = { digits[bits >> 18], digits[bits >> 12 & 63],
				left > 1 ? digits[bits >> 6 & 63] : '=',
				left > 2 ? digits[bits & 63] : '=' };

		buf_add(buf, out, sizeof(out));
	}
	buf_add_text(buf, "\"}");
}

static void
add_name(struct json *json, const char *name)
{
	if (json->comma)
		buf_add_text(json->buf, ", ");
	json->comma = true;
	if (name == NULL)
		return;
	add_quoted(json->buf, name);
	buf_add_text(json->buf, ": ");
}

void
json_begin(struct json *json, const char *name, char bracket)
{
	add_name(json, name);
	buf_add(json->buf, &bracket, 1);
	json->comma = false;
}

void
json_end(struct json *json, char bracket)
{
	buf_add(json->buf, &bracket, 1);
	json->comma = true;
}

void
json_text(struct json *json, const char *name, const char *text)
{
	if (text == NULL) {
		json_null(json, name);
		return;
	}
	add_name(json, name);
	if (is_utf8(text))
		add_quoted(json->buf, text);
	else
		add_base64(json->buf, text);
}

void
json_int(struct json *json, const char *name, int64_t value)
{
	add_name(json, name);
	buf_printf(json->buf, "%" PRId64, value);
}

void
json_bool(struct json *json, const char *name, bool value)
{
	add_name(json, name);
	buf_add_text(json->buf, value ? "true" : "false");
}

void
json_null(struct json *json, const char *name)
{
	add_name(json, name);
	buf_add_text(json->buf, "null");
}

void
json_count(struct json *json, const char *name, int64_t value)
{
	if (value < 0)
		json_null(json, name);
	else
		json_int(json, name, value);
}

void
json_list(struct json *json, const char *name, const char *const *list)
{
	json_begin(json, name, '[');
	for (size_t i = 0; list != NULL && list[i] != NULL; i++)
		json_text(json, NULL, list[i]);
	json_end(json, ']');
}
