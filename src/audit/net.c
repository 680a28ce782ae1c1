#include "audit/net.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "audit/telling.h"

enum {
	BLANKS_MAX = 4, /* around "=" and ":" */
	LABEL_MAX = 64, /* of "BEGIN ... PRIVATE KEY" */
	VALUE_MIN = 4,	/* after ":", which is in any prose */
	BEARER_MIN = 16,
	REACHES_MAX = 8, /* one for each set of bytes below that ends a value */
};

/* From `from` on, the first byte of `ends` is at `to`. */
struct reach {
	const char *ends;
	size_t from;
	size_t to;
};

/* A text that is read at a place. Many names may have their values in one and
 * the same run of bytes ("token=token=token=..."): how far it reaches is looked
 * up once. */
struct cursor {
	const char *text;
	size_t len;
	size_t at;
	struct reach *reaches; /* REACHES_MAX, or NULL */
};

/* What ends a value. One object each: they are told apart by their place. */
static const char ends_header[] = " \t\r\n'\",;";
static const char ends_cookie[] = "\r\n'\"";
static const char ends_equals[] = " \t\r\n&,;'\"";
static const char ends_colon[] = " \t\r\n,;'\"";
static const char ends_blank[] = " \t\r\n";
static const char ends_double[] = "\"\n";
static const char ends_single[] = "'\n";

static char
peek(const struct cursor *cursor)
{
	return cursor->at < cursor->len ? cursor->text[cursor->at] : '\0';
}

static bool
is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool
is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool
is_key(char c)
{
	return is_word(c) || c == '.' || c == '-';
}

/* Moves past bytes of `set`; returns how many, `max` at most. */
static size_t
skip_set(struct cursor *cursor, const char *set, size_t max)
{
	size_t begin = cursor->at;

	while (cursor->at - begin < max && is_one_of(peek(cursor), set))
		cursor->at++;
	return cursor->at - begin;
}

static size_t
skip_until(struct cursor *cursor, const char *ends)
{
	size_t begin = cursor->at;
	struct reach *reach = cursor->reaches;

	for (int i = 1; reach != NULL && reach->ends != ends; i++) {
		if (reach->ends == NULL)
			*reach = (struct reach){ ends, 0, 0 };
		else
			reach = i < REACHES_MAX ? reach + 1 : NULL;
	}
	if (reach != NULL && reach->from <= begin && begin < reach->to) {
		cursor->at = reach->to;
		return reach->to - begin;
	}
	while (cursor->at < cursor->len && !is_one_of(cursor->text[cursor->at], ends))
		cursor->at++;
	if (reach != NULL)
		*reach = (struct reach){ ends, begin, cursor->at };
	return cursor->at - begin;
}

static bool
skip_word(struct cursor *cursor, const char *word)
{
	size_t len = strlen(word);

	if (cursor->len - cursor->at < len ||
	    strncasecmp(cursor->text + cursor->at, word, len) != 0)
		return false;
	cursor->at += len;
	return true;
}

/* The next place where `word` stands, from `at` on; or SIZE_MAX. */
static size_t
find(const char *text, size_t len, size_t at, const char *word)
{
	const char *found = at < len ? memmem(text + at, len - at, word, strlen(word)) : NULL;

	return found != NULL ? (size_t)(found - text) : (size_t)-1;
}

/* At "-----END ", or "-----BEGIN ": past its last dash, if it is of a private key. */
static bool
skip_label(struct cursor *cursor, const char *begin)
{
	size_t label;

	if (!skip_word(cursor, begin))
		return false;
	label = cursor->at;
	while (cursor->at - label < LABEL_MAX &&
	       (isupper((unsigned char)peek(cursor)) || peek(cursor) == ' '))
		cursor->at++;
	if (cursor->at - label < 11 ||
	    memcmp(cursor->text + cursor->at - 11, "PRIVATE KEY", 11) != 0)
		return false;
	return skip_word(cursor, "-----");
}

/* A key goes to its end, or to the end of the text, where that was cut off. */
static void
find_keys(struct spans *spans, const char *text, size_t len)
{
	size_t at = find(text, len, 0, "-----BEGIN ");

	while (at != (size_t)-1) {
		struct cursor cursor = { text, len, at, NULL };
		size_t begin = at;

		if (skip_label(&cursor, "-----BEGIN ")) {
			size_t end = find(text, len, cursor.at, "-----END ");
			struct cursor last = { text, len, end, NULL };

			if (end == (size_t)-1)
				cursor.at = len;
			else
				cursor.at = skip_label(&last, "-----END ") ? last.at : end;
			spans_add(spans, begin, cursor.at, "key");
		}
		at = find(text, len, cursor.at > begin ? cursor.at : begin + 1, "-----BEGIN ");
	}
}

/* The rest of a key whose beginning was cut off. */
static void
find_key_rest(struct spans *spans, const char *text, size_t len)
{
	struct cursor cursor = { text, len, 0, NULL };

	if (find(text, len, 0, "-----END ") == (size_t)-1)
		return;
	while (isalnum((unsigned char)peek(&cursor)) || is_one_of(peek(&cursor), "+/= \t\r\n"))
		cursor.at++;
	if (skip_label(&cursor, "-----END "))
		spans_add(spans, 0, cursor.at, "key");
}

/* scheme://user:HERE@host. A password may have '@' in it, though it should not. */
static void
find_urls(struct spans *spans, const char *text, size_t len)
{
	size_t at = 0;

	while ((at = find(text, len, at, "://")) != (size_t)-1) {
		struct cursor cursor = { text, len, at + 3, NULL };
		size_t part = skip_until(&cursor, "/?# \t\r\n'\"");
		const char *authority = text + at + 3;
		const char *host = memrchr(authority, '@', part);
		const char *colon =
			host != NULL ? memchr(authority, ':', (size_t)(host - authority)) : NULL;

		if (colon != NULL && at > 0 && isalnum((unsigned char)text[at - 1]))
			spans_add(spans, (size_t)(colon + 1 - text), (size_t)(host - text), "url");
		at = cursor.at;
	}
}

/* "Authorization: Basic HERE", at the end of the name. */
static void
take_authorization(struct spans *spans, struct cursor cursor)
{
	static const char *const schemes[] = { "basic",	    "bearer", "digest",
					       "negotiate", "token",  NULL };
	size_t begin;

	skip_set(&cursor, "'\"", 1);
	skip_set(&cursor, " \t", BLANKS_MAX);
	if (skip_set(&cursor, ":=", 1) == 0)
		return;
	skip_set(&cursor, " \t", BLANKS_MAX);
	skip_set(&cursor, "'\"", 1);
	for (const char *const *scheme = schemes; *scheme != NULL; scheme++) {
		struct cursor after = cursor;

		if (skip_word(&after, *scheme) && skip_set(&after, " \t", BLANKS_MAX) > 0)
			cursor = after;
	}
	begin = cursor.at;
	skip_until(&cursor, ends_header);
	spans_add(spans, begin, cursor.at, "header");
}

static void
take_cookie(struct spans *spans, struct cursor cursor)
{
	size_t begin;

	skip_set(&cursor, " \t", BLANKS_MAX);
	if (skip_set(&cursor, ":", 1) == 0)
		return;
	skip_set(&cursor, " \t", BLANKS_MAX);
	begin = cursor.at;
	skip_until(&cursor, ends_cookie);
	spans_add(spans, begin, cursor.at, "header");
}

/* A value, quoted or not, of at least `least` bytes; a quote that is not closed
 * ends with the line. */
static void
take_value(struct spans *spans, struct cursor cursor, const char *ends, size_t least)
{
	size_t begin = cursor.at;
	char quote = peek(&cursor);

	if (quote == '"' || quote == '\'') {
		cursor.at++;
		skip_until(&cursor, quote == '"' ? ends_double : ends_single);
		if (peek(&cursor) == quote)
			cursor.at++;
		if (cursor.at - begin > 1)
			spans_add(spans, begin, cursor.at, "value");
	} else if (skip_until(&cursor, ends) >= least) {
		spans_add(spans, begin, cursor.at, "value");
	}
}

/* "password = HERE", "token: HERE", at the end of the name. */
static void
take_assigned(struct spans *spans, struct cursor cursor)
{
	skip_set(&cursor, "'\"", 1);
	skip_set(&cursor, " \t", BLANKS_MAX);
	if (skip_set(&cursor, "=", 1) > 0) {
		skip_set(&cursor, " \t", BLANKS_MAX);
		take_value(spans, cursor, ends_equals, 1);
	} else if (skip_set(&cursor, ":", 1) > 0 && skip_set(&cursor, " \t", BLANKS_MAX) > 0) {
		take_value(spans, cursor, ends_colon, VALUE_MIN);
	}
}

/* keepalived's auth_pass and IPsec's PSK have a blank between. */
static void
take_after_blank(struct spans *spans, struct cursor cursor, bool only_quoted)
{
	if (skip_set(&cursor, " \t", 2 * BLANKS_MAX) > 0 && (!only_quoted || peek(&cursor) == '"'))
		take_value(spans, cursor, ends_blank, 1);
}

static bool
is_named(const char *name, size_t len, const char *wanted)
{
	return len >= strlen(wanted) &&
	       tolower((unsigned char)name[len - 1]) == wanted[strlen(wanted) - 1] &&
	       strncasecmp(name + len - strlen(wanted), wanted, strlen(wanted)) == 0;
}

/* All that is found by a name: each run of bytes that names are made of is
 * looked at once. */
static void
find_named(struct spans *spans, const char *text, size_t len)
{
	struct reach reaches[REACHES_MAX] = { { 0 } };
	struct cursor cursor = { text, len, 0, reaches };

	while (cursor.at < len) {
		size_t begin = cursor.at;
		const char *name = text + begin;
		size_t name_len;

		while (is_key(peek(&cursor)))
			cursor.at++;
		name_len = cursor.at - begin;
		if (name_len == 0) {
			cursor.at++;
			continue;
		}
		if (cursor.at == len)
			break; /* a name without a value */
		if (is_named(name, name_len, "authorization"))
			take_authorization(spans, cursor);
		if (is_named(name, name_len, "cookie"))
			take_cookie(spans, cursor);
		if (is_named(name, name_len, "auth_pass") || is_named(name, name_len, "psk"))
			take_after_blank(spans, cursor, !is_named(name, name_len, "auth_pass"));
		if (telling_key(name, name_len) || (begin > 0 && is_one_of(text[begin - 1], "?&") &&
						    telling_query(name, name_len)))
			take_assigned(spans, cursor);
	}
}

#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define ALNUM UPPER "abcdefghijklmnopqrstuvwxyz" DIGITS

static const struct shape {
	const char *begin;
	const char *set; /* what follows is made of */
	size_t least;	 /* of it */
	size_t most;	 /* 0: any length */
} shapes[] = {
	{ "AKIA", UPPER DIGITS, 16, 16 },   { "ASIA", UPPER DIGITS, 16, 16 },
	{ "gho_", ALNUM, 36, 0 },	    { "ghp_", ALNUM, 36, 0 },
	{ "ghr_", ALNUM, 36, 0 },	    { "ghs_", ALNUM, 36, 0 },
	{ "ghu_", ALNUM, 36, 0 },	    { "github_pat_", ALNUM "_", 20, 0 },
	{ "glpat-", ALNUM "_-", 20, 0 },    { "xoxa-", ALNUM "-", 10, 0 },
	{ "xoxb-", ALNUM "-", 10, 0 },	    { "xoxp-", ALNUM "-", 10, 0 },
	{ "xoxr-", ALNUM "-", 10, 0 },	    { "xoxs-", ALNUM "-", 10, 0 },
	{ "sk_live_", ALNUM, 10, 0 },	    { "AIza", ALNUM "_-", 35, 0 },
	{ "ya29.", ALNUM "._-", 10, 0 },    { "npm_", ALNUM, 36, 0 },
	{ "pypi-AgEI", ALNUM "_-", 10, 0 }, { "gAAAAA", ALNUM "_=-", 60, 0 },
};

static size_t
take_shape(struct spans *spans, const struct shape *shape, struct cursor cursor)
{
	size_t begin = cursor.at;
	size_t len = strlen(shape->begin);
	size_t more;

	if (cursor.len - begin < len || memcmp(cursor.text + begin, shape->begin, len) != 0)
		return 0;
	cursor.at += len;
	more = skip_set(&cursor, shape->set, cursor.len);
	if (more < shape->least ||
	    (shape->most != 0 && (more > shape->most || is_word(peek(&cursor)))))
		return 0;
	spans_add(spans, begin, cursor.at, "shape");
	return cursor.at;
}

/* Base64 of {" and more, then a dot. */
static bool
skip_jwt_part(struct cursor *cursor)
{
	if (cursor->len - cursor->at < 3 || memcmp(cursor->text + cursor->at, "eyJ", 3) != 0)
		return false;
	skip_set(cursor, ALNUM "_-", cursor->len);
	return skip_set(cursor, ".", 1) == 1;
}

/* header.payload.signature. What begins within the header of one that is none,
 * is none either: `*dead` is where it ends. */
static size_t
take_jwt(struct spans *spans, struct cursor cursor, size_t *dead)
{
	size_t begin = cursor.at;
	bool is_begun;

	if (begin < *dead)
		return 0;
	is_begun = skip_jwt_part(&cursor);
	if (cursor.at > begin)
		*dead = cursor.at;
	if (!is_begun || !skip_jwt_part(&cursor))
		return 0;
	skip_set(&cursor, ALNUM "_-", cursor.len);
	spans_add(spans, begin, cursor.at, "shape");
	return cursor.at;
}

static size_t
take_bearer(struct spans *spans, struct cursor cursor)
{
	size_t begin;

	if (!skip_word(&cursor, "bearer "))
		return 0;
	begin = cursor.at;
	if (skip_set(&cursor, ALNUM "._~+/=-", cursor.len) < BEARER_MIN)
		return 0;
	spans_add(spans, begin, cursor.at, "shape");
	return cursor.at;
}

/* Tokens begin where a word does; past one the search goes on behind it. */
static void
find_shapes(struct spans *spans, const char *text, size_t len)
{
	size_t dead = 0;

	for (size_t i = 0; i < len; i++) {
		struct cursor cursor = { text, len, i, NULL };
		size_t end = 0;

		if ((i > 0 && is_word(text[i - 1])) || !is_one_of(text[i], "AagnpsxyeBb"))
			continue;
		for (size_t s = 0; s < sizeof(shapes) / sizeof(shapes[0]) && end == 0; s++)
			end = take_shape(spans, &shapes[s], cursor);
		if (end == 0)
			end = take_jwt(spans, cursor, &dead);
		if (end == 0)
			end = take_bearer(spans, cursor);
		if (end > i)
			i = end - 1;
	}
}

void
net_find(struct spans *spans, const char *text, size_t len)
{
	find_keys(spans, text, len);
	find_key_rest(spans, text, len);
	find_urls(spans, text, len);
	find_named(spans, text, len);
	find_shapes(spans, text, len);
}
