#include "message.h"

#include <jansson.h>
#include <nettle/base64.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

/* U+FDD0 is no character, and so the mark: behind it U+0100 plus a byte that was escaped, or
 * itself where it was there. */
enum { MARK = 0xFDD0, MARKED = 0x0100, ESCAPE_LEN = 6 };

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The number of "\uXXXX" at `text`, or -1. */
static int
escape_at(const char *text, size_t len)
{
	int number = 0;

	if (len < ESCAPE_LEN || text[0] != '\\' || text[1] != 'u')
		return -1;
	for (int i = 2; i < ESCAPE_LEN; i++) {
		int digit = hex_digit(text[i]);

		if (digit < 0)
			return -1;
		number = number << 4 | digit;
	}
	return number;
}

static char *
put_mark(char *to, int behind)
{
	return to + snprintf(to, 2 * ESCAPE_LEN + 1, "\\ufdd0\\u%04x", behind);
}

/* One thing at `text`: an escape, or a byte. Returns how long it is. */
static size_t
mark_one(const char *text, size_t len, char **to)
{
	static const char mark_bytes[] = "\xEF\xB7\x90";
	int number = escape_at(text, len);
	size_t taken = 1;

	if (number >= UTF8_ESCAPED + 0x80 && number <= UTF8_ESCAPED + 0xFF) {
		*to = put_mark(*to, MARKED + (number - UTF8_ESCAPED));
		return ESCAPE_LEN;
	}
	if (number == MARK) {
		*to = put_mark(*to, MARK);
		return ESCAPE_LEN;
	}
	if (len >= 3 && memcmp(text, mark_bytes, 3) == 0) {
		*to = put_mark(*to, MARK);
		return 3;
	}
	if (number >= 0xD800 && number <= 0xDBFF && len >= 2 * ESCAPE_LEN)
		taken = 2 * ESCAPE_LEN; /* with its other half, whatever that is */
	else if (*text == '\\' && len >= 2)
		taken = 2;
	memcpy(*to, text, taken);
	*to += taken;
	return taken;
}

static json_t *
parse(const char *text, size_t len)
{
	char *marked = malloc(4 * len + 2 * ESCAPE_LEN + 1); /* three bytes become twelve */
	char *to = marked;
	json_t *json;

	if (marked == NULL)
		return NULL;
	for (size_t at = 0; at < len;)
		at += mark_one(text + at, len - at, &to);
	json = json_loadb(marked, (size_t)(to - marked), JSON_ALLOW_NUL, NULL);
	free(marked);
	return json;
}

/* A text as the bytes that it stands for. */
static char *
bytes_of(struct arena *arena, const json_t *string, size_t *ret_len)
{
	const char *text = json_string_value(string);
	size_t len = json_string_length(string);
	char *bytes = arena_take(arena, len + 4);
	char *to = bytes;

	for (size_t at = 0, step; at < len; at += step) {
		uint32_t point = utf8_next(text + at, len - at, &step);

		if (point == MARK && at + step < len) {
			at += step;
			point = utf8_next(text + at, len - at, &step);
			if (point != MARK)
				point = UTF8_ESCAPED + (point - MARKED);
		}
		to += utf8_put(point, to);
	}
	*to = '\0';
	*ret_len = (size_t)(to - bytes);
	return bytes;
}

static const char *
read_argv(struct arena *arena, const json_t *list, struct request *request)
{
	size_t count = json_array_size(list);

	if (!json_is_array(list))
		return "the command is not a list";
	if (count == 0)
		return "the command is empty";
	if (count > MESSAGE_WORDS_MAX)
		return "the command has too many words";
	request->argv = words_room(arena, count);
	for (size_t i = 0; i < count; i++) {
		const json_t *word = json_array_get(list, i);
		const char *bytes;
		size_t len;

		if (!json_is_string(word))
			return "a word of the command is not a text";
		bytes = bytes_of(arena, word, &len);
		if (strlen(bytes) != len)
			return "a word of the command has a NUL in it";
		words_add(&request->argv, bytes);
	}
	request->has_argv = true;
	return NULL;
}

static const char *
read_base64(struct arena *arena, const json_t *string, struct request *request)
{
	struct base64_decode_ctx ctx;
	size_t len = json_string_length(string);
	uint8_t *bytes = arena_take(arena, BASE64_DECODE_LENGTH(len) + 1);
	size_t bytes_len = BASE64_DECODE_LENGTH(len);

	base64_decode_init(&ctx);
	if (base64_decode_update(&ctx, &bytes_len, bytes, len, json_string_value(string)) != 1 ||
	    base64_decode_final(&ctx) != 1)
		return "the input is not base64";
	request->input = (const char *)bytes;
	request->input_len = bytes_len;
	return NULL;
}

static const char *
read_input(struct arena *arena, const json_t *input, struct request *request)
{
	const json_t *bytes = json_object_get(input, "__bytes__");

	if (input == NULL || json_is_null(input))
		return NULL;
	if (json_is_string(bytes))
		return read_base64(arena, bytes, request);
	if (!json_is_string(input))
		return "the input is neither a text nor bytes";
	request->input = bytes_of(arena, input, &request->input_len);
	return NULL;
}

/* run_one_command(userargs, stdin=None), each by place or by name. */
static const char *
read_arguments(struct arena *arena, const json_t *args, const json_t *named,
	       struct request *request)
{
	const json_t *argv = json_array_get(args, 0);
	const json_t *input = json_array_get(args, 1);
	const char *why;

	why = read_argv(arena, argv != NULL ? argv : json_object_get(named, "userargs"), request);
	if (why != NULL)
		return why;
	return read_input(arena, input != NULL ? input : json_object_get(named, "stdin"), request);
}

static bool
read_all(struct arena *arena, const json_t *json, struct request *request)
{
	const json_t *ident = json_array_get(json, 0);
	const json_t *method = json_array_get(json, 1);
	size_t len;

	if (json_array_size(json) != 4 || !json_is_string(method) ||
	    !(json_is_null(ident) || json_is_string(ident)))
		return false;
	request->method = bytes_of(arena, method, &len);
	if (json_is_string(ident))
		request->ident = bytes_of(arena, ident, &len);
	if (request->ident != NULL && strcmp(request->method, "run_one_command") == 0)
		request->bad = read_arguments(arena, json_array_get(json, 2),
					      json_array_get(json, 3), request);
	return true;
}

bool
message_read(struct arena *arena, const char *text, size_t len, struct request *ret_request)
{
	json_t *json = parse(text, len);
	bool good;

	*ret_request = (struct request){ 0 };
	good = json != NULL && read_all(arena, json, ret_request);
	json_decref(json);
	return good;
}

static char *
put_point(char *to, uint32_t point)
{
	static const char digits[] = "0123456789abcdef";

	*to++ = '\\';
	*to++ = 'u';
	for (int shift = 12; shift >= 0; shift -= 4)
		*to++ = digits[point >> shift & 0xF];
	return to;
}

/* As json.dumps() writes it: ASCII alone. At most six bytes for one. */
static char *
put_string(char *to, const char *bytes, size_t len)
{
	static const char named[] = "\"\"\\\\\nn\rr\tt\ff\bb";

	*to++ = '"';
	for (size_t at = 0, step; at < len; at += step) {
		uint32_t point = utf8_next(bytes + at, len - at, &step);
		const char *name = NULL;

		for (int i = 0; named[i] != '\0' && name == NULL; i += 2)
			if (point == (uint32_t)named[i])
				name = &named[i + 1];
		if (name != NULL) {
			*to++ = '\\';
			*to++ = *name;
		} else if (point >= ' ' && point <= '~') {
			*to++ = (char)point;
		} else if (point > 0xFFFF) {
			to = put_point(to, 0xD800 + ((point - 0x10000) >> 10));
			to = put_point(to, 0xDC00 + ((point - 0x10000) & 0x3FF));
		} else {
			to = put_point(to, point);
		}
	}
	*to++ = '"';
	return to;
}

char *
message_result(int status, const char *out, size_t out_len, const char *err, size_t err_len,
	       size_t *ret_len)
{
	char *text = malloc(6 * (out_len + err_len) + 64);
	char *to;

	if (text == NULL)
		return NULL;
	to = text + snprintf(text, 32, "[\"#RETURN\", [%d, ", status);
	to = put_string(to, out, out_len);
	to = stpcpy(to, ", ");
	to = put_string(to, err, err_len);
	to = stpcpy(to, "]]");
	*ret_len = (size_t)(to - text);
	return text;
}

char *
message_text(const char *kind, const char *value, size_t *ret_len)
{
	size_t len = strlen(value);
	char *text = malloc(6 * len + strlen(kind) + 16);
	char *to;

	if (text == NULL)
		return NULL;
	to = stpcpy(stpcpy(stpcpy(text, "[\""), kind), "\", ");
	to = put_string(to, value, len);
	*to++ = ']';
	*ret_len = (size_t)(to - text);
	return text;
}
