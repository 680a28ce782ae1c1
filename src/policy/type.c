#include "policy/type.h"

#include <stdio.h>
#include <string.h>

#include "base/strv.h"
#include "policy/bytes.h"
#include "policy/outline.h"
#include "policy/path.h"
#include "policy/regex.h"
#include "policy/value.h"
#include "writ/error.h"

enum within {
	NOTHING,
	RANGE,
	GLOBS,
	BASE,
	REGEX,
};

static const struct kind {
	const char *name;
	int within; /* the parentheses */
	int class;
	size_t len_max;
	bool (*takes)(const struct type *type, const char *text, size_t len);
	const char *samples[3];
} kinds[] = {
	[POLICY_INT] = { "int", RANGE, BYTE_DIGIT, 20, value_is_int, { 0 } },
	[POLICY_WORD] = { "word",
			  GLOBS,
			  BYTE_GRAPHIC,
			  TYPE_WORD_BYTES_MAX,
			  value_is_word,
			  { "a", "x1" } },
	[POLICY_IFNAME] = { "ifname",
			    GLOBS,
			    BYTE_NAME,
			    VALUE_IFNAME_BYTES_MAX,
			    value_is_name,
			    { "eth0" } },
	[POLICY_NETNS] = { "netns", GLOBS, BYTE_NAME, VALUE_NAME_BYTES_MAX, value_is_name, { "ns0" } },
	[POLICY_NEW_NETNS] = { "new-netns",
			       GLOBS,
			       BYTE_NAME,
			       VALUE_NAME_BYTES_MAX,
			       value_is_name,
			       { "ns0" } },
	[POLICY_IPV4] = { "ipv4", NOTHING, BYTE_DOTTED, 15, value_is_ipv4, { "192.0.2.1" } },
	[POLICY_IPV6] = { "ipv6", NOTHING, BYTE_ADDRESS, 45, value_is_ipv6, { "2001:db8::1" } },
	[POLICY_IP] = { "ip", NOTHING, BYTE_ADDRESS, 45, value_is_ip, { "192.0.2.1", "2001:db8::1" } },
	[POLICY_CIDR] = { "cidr",
			  NOTHING,
			  BYTE_NETWORK,
			  49,
			  value_is_cidr,
			  { "192.0.2.0/24", "2001:db8::/32" } },
	[POLICY_MAC] = { "mac", NOTHING, BYTE_ADDRESS, 17, value_is_mac, { "00:16:3e:00:00:01" } },
	[POLICY_PORT] = { "port", RANGE, BYTE_DIGIT, 5, value_is_int, { 0 } },
	[POLICY_UUID] = { "uuid",
			  NOTHING,
			  BYTE_NAME,
			  36,
			  value_is_uuid,
			  { "00000000-0000-4000-8000-000000000001" } },
	[POLICY_HEX] = { "hex", NOTHING, BYTE_ALNUM, 256, value_is_hex, { "1f", "0x1f" } },
	[POLICY_SIZE] = { "size", NOTHING, BYTE_NAME, 31, value_is_size, { "1", "16M" } },
	[POLICY_DURATION] = { "duration", NOTHING, BYTE_NAME, 31, value_is_duration, { "1", "1s" } },
	[POLICY_RATE] = { "rate", NOTHING, BYTE_NAME, 31, value_is_rate, { "1", "1mbit" } },
	[POLICY_USER] = { "user", NOTHING, BYTE_LOGIN, 32, value_is_user, { "nobody" } },
	[POLICY_TEXT] = { "text",
			  NOTHING,
			  BYTE_TEXT,
			  TYPE_TEXT_BYTES_MAX,
			  value_is_text,
			  { "a", "a b" } },
	[POLICY_SECRET] = { "secret",
			    NOTHING,
			    BYTE_TEXT,
			    TYPE_TEXT_BYTES_MAX,
			    value_is_text,
			    { "a" } },
	[POLICY_REGEX] = { "regex", REGEX, BYTE_TEXT, TYPE_WORD_BYTES_MAX, value_is_regex, { 0 } },
	[POLICY_ANY] = { "any", NOTHING, BYTE_ANY, POLICY_ARG_BYTES_MAX, value_is_any, { "a", "-a" } },
	[POLICY_PATH] = { "path", BASE, BYTE_TEXT, TYPE_WORD_BYTES_MAX, value_is_path, { 0 } },
	[POLICY_PATHNAME] = { "pathname", BASE, BYTE_TEXT, TYPE_WORD_BYTES_MAX, value_is_path, { 0 } },
	[POLICY_PID] = { "pid", NOTHING, BYTE_DIGIT, 10, value_is_pid, { "4711" } },
};

enum { KIND_COUNT = sizeof(kinds) / sizeof(kinds[0]) };

const char *
type_name(int kind)
{
	return kind > 0 && kind < KIND_COUNT ? kinds[kind].name : "?";
}

int
type_find(const char *name, size_t len)
{
	for (int i = 1; i < KIND_COUNT; i++)
		if (strlen(kinds[i].name) == len && memcmp(kinds[i].name, name, len) == 0)
			return i;
	return 0;
}

int
type_class(const struct type *type)
{
	/* a number below zero begins with '-' */
	return type->kind == POLICY_INT && type->low < 0 ? BYTE_NAME : kinds[type->kind].class;
}

/* `text` is what follows BASE/ in a path. */
static bool
fits_globs(const struct type *type, const char *text, size_t len)
{
	for (const char *const *glob = type->globs; *glob != NULL; glob++)
		if ((text[0] != '-' || (*glob)[0] == '-') && glob_match(*glob, text, len))
			return true;
	return false;
}

/* A '-' in front is taken where the type says so: a number below zero, any, and
 * a pattern that begins with '-' itself. */
static bool
may_begin_so(const struct type *type, char first)
{
	return first != '-' || type->globs != NULL || type->kind == POLICY_INT ||
	       type->kind == POLICY_ANY || (type->kind == POLICY_REGEX && type->low == '-');
}

bool
type_takes(const struct type *type, const char *text, size_t len)
{
	const struct kind *kind = &kinds[type->kind];
	size_t skip = kind->within == BASE ? type->base_len + 1 : 0;

	if (len > kind->len_max)
		return false;
	if (len == 0)
		return type->kind == POLICY_ANY;
	if (!may_begin_so(type, text[0]) || !kind->takes(type, text, len))
		return false;
	return type->globs == NULL || fits_globs(type, text + skip, len - skip);
}

static int
parse_range(const char *text, size_t len, struct type *type, char why[160])
{
	const char *dots = memmem(text, len, "..", 2);
	size_t head = dots != NULL ? (size_t)(dots - text) : 0;

	if (dots == NULL || !value_read_int(text, head, &type->low) ||
	    !value_read_int(dots + 2, len - head - 2, &type->high) || type->low > type->high) {
		snprintf(why, 160, "a range is written LOW..HIGH, as in int(1..4094)");
		return WRIT_E_SYNTAX;
	}
	if (type->kind == POLICY_PORT && (type->low < 0 || type->high > 65535)) {
		snprintf(why, 160, "a port is at most 65535");
		return WRIT_E_SYNTAX;
	}
	return 0;
}

static const char *
fault_of_glob(const char *glob, size_t len, int class)
{
	size_t stars = 0;

	if (len == 0 || len > TYPE_GLOB_BYTES_MAX)
		return "a pattern has 1 to 255 bytes";
	for (size_t i = 0; i < len; i++) {
		stars += glob[i] == '*';
		if (glob[i] != '*' && glob[i] != '?' && !byte_is(class, glob[i]))
			return "a pattern holds a byte that no value of the type has";
		if (i > 0 && glob[i] == '*' && glob[i - 1] == '*')
			return "'**' says no more than '*'";
	}
	return stars > TYPE_STARS_MAX ? "a pattern has at most 4 stars" : NULL;
}

static int
parse_globs(struct arena *arena, const char *text, size_t len, struct type *type, char why[160])
{
	const char *end = text + len;
	size_t count = 0;
	const char **globs = arena_take(arena, TYPE_GLOBS_MAX + 1, sizeof(*globs));

	if (globs == NULL)
		return WRIT_E_NOMEM;
	type->globs = globs;
	for (const char *at = text; at <= end;) {
		const char *bar = memchr(at, '|', (size_t)(end - at));
		size_t part = (size_t)((bar != NULL ? bar : end) - at);
		const char *fault = fault_of_glob(at, part, type_class(type));

		if (count == TYPE_GLOBS_MAX)
			fault = "at most 64 patterns";
		if (fault != NULL) {
			snprintf(why, 160, "%s", fault);
			return WRIT_E_SYNTAX;
		}
		globs[count] = arena_text(arena, at, part);
		if (globs[count++] == NULL)
			return WRIT_E_NOMEM;
		at += part + 1;
	}
	return 0;
}

/* "BASE" or "BASE, GLOB": the pattern is for what comes below BASE. */
static int
parse_base(struct arena *arena, const char *text, size_t len, struct type *type, char why[160])
{
	const char *comma = memchr(text, ',', len);
	size_t head = comma != NULL ? (size_t)(comma - text) : len;

	if (!path_is_plain(text, head)) {
		snprintf(why, 160,
			 "BASE is an absolute path without '.', '..', '//' or a slash at "
			 "its end, and not '/' itself");
		return WRIT_E_SYNTAX;
	}
	type->base = arena_text(arena, text, head);
	type->base_len = head;
	if (type->base == NULL)
		return WRIT_E_NOMEM;
	if (comma == NULL)
		return 0;
	for (comma++; comma < text + len && *comma == ' ';)
		comma++;
	return parse_globs(arena, comma, (size_t)(text + len - comma), type, why);
}

static int
parse_regex(const char *text, size_t len, struct type *type, char why[160])
{
	type->regex = regex_new(text, len, why);
	if (type->regex == NULL)
		return why[0] != '\0' ? WRIT_E_SYNTAX : WRIT_E_NOMEM;
	type->low = text[0] == '-' ? '-' : 0;
	return 0;
}

static int
parse_within(struct arena *arena, const char *text, size_t len, struct type *type, char why[160])
{
	switch (kinds[type->kind].within) {
	case RANGE:
		return parse_range(text, len, type, why);
	case GLOBS:
		return parse_globs(arena, text, len, type, why);
	case BASE:
		return parse_base(arena, text, len, type, why);
	case REGEX:
		return parse_regex(text, len, type, why);
	default:
		snprintf(why, 160, "%s takes nothing in parentheses", type_name(type->kind));
		return WRIT_E_SYNTAX;
	}
}

int
type_parse(struct arena *arena, const char *text, size_t len, struct type *ret_type, char why[160])
{
	const char *open = memchr(text, '(', len);
	size_t head = open != NULL ? (size_t)(open - text) : len;
	struct type type = { .kind = type_find(text, head) };

	why[0] = '\0';
	if (type.kind == 0 || type.kind == POLICY_PID) {
		snprintf(why, 160, "no such type: %.*s%s", (int)(head < 40 ? head : 40), text,
			 type.kind != 0 ? " (write a rule with Signal=)" : "");
		return WRIT_E_SYNTAX;
	}
	type.low = type.kind == POLICY_PORT ? 1 : 0;
	type.high = type.kind == POLICY_PORT ? 65535 : INT64_MAX;
	if (open != NULL && (text[len - 1] != ')' || len < head + 3)) {
		snprintf(why, 160, "the parentheses of the type %s are empty or not closed",
			 type_name(type.kind));
		return WRIT_E_SYNTAX;
	}
	if (open != NULL) {
		int r = parse_within(arena, open + 1, len - head - 2, &type, why);

		if (r < 0)
			return r;
	} else if (kinds[type.kind].within == BASE || kinds[type.kind].within == REGEX) {
		snprintf(why, 160, "%s needs something in parentheses", type_name(type.kind));
		return WRIT_E_SYNTAX;
	}
	*ret_type = type;
	return 0;
}

void
type_done(struct type *type)
{
	type->regex = regex_free(type->regex);
}

static void
outline_fixed(struct outline *outline, int kind)
{
	size_t len = kind == POLICY_MAC ? 17 : 36;

	for (size_t i = 0; i < len; i++) {
		bool colon = kind == POLICY_MAC && i % 3 == 2;
		bool dash = kind == POLICY_UUID && (i == 8 || i == 13 || i == 18 || i == 23);

		if (colon || dash)
			outline_add_text(outline, colon ? ":" : "-", 1);
		else
			outline_add(outline, BYTE_HEX, false);
	}
}

static void
outline_ipv4(struct outline *outline)
{
	for (int i = 0; i < 4; i++) {
		if (i > 0)
			outline_add_text(outline, ".", 1);
		outline_add(outline, BYTE_DIGIT, false);
		outline_add(outline, BYTE_DIGIT, true);
	}
}

/* At least two colons, or it is none. */
static void
outline_ipv6(struct outline *outline)
{
	for (int i = 0; i < 3; i++) {
		if (i > 0)
			outline_add_text(outline, ":", 1);
		outline_add(outline, BYTE_ADDRESS, true);
	}
}

/* Not '-' in front, unless the type may: the class is then two marks. */
static void
outline_run(struct outline *outline, const struct type *type)
{
	static const int first_of[BYTE_CLASSES] = {
		[BYTE_TEXT] = BYTE_TEXT_UNDASHED,
		[BYTE_GRAPHIC] = BYTE_GRAPHIC_UNDASHED,
		[BYTE_NAME] = BYTE_NAME_UNDASHED,
		[BYTE_LOGIN] = BYTE_NAME_UNDASHED,
	};
	int class = type_class(type);
	int first = first_of[class] != 0 && !may_begin_so(type, '-') ? first_of[class] : class;

	if (type->kind == POLICY_SIZE || type->kind == POLICY_RATE || type->kind == POLICY_DURATION)
		first = BYTE_DIGIT;
	if (type->kind != POLICY_ANY)
		outline_add(outline, first, false);
	outline_add(outline, class, true);
}

/* An address, a slash, digits. */
static void
outline_cidr(struct outline *outline, bool is_v6)
{
	if (is_v6)
		outline_ipv6(outline);
	else
		outline_ipv4(outline);
	outline_add_text(outline, "/", 1);
	outline_add(outline, BYTE_DIGIT, false);
	outline_add(outline, BYTE_DIGIT, true);
}

size_t
type_choices(const struct type *type)
{
	if (type->globs != NULL)
		return strv_count(type->globs);
	return type->kind == POLICY_IP || type->kind == POLICY_CIDR ? 2 : 1;
}

void
type_outline(const struct type *type, size_t choice, struct outline *outline)
{
	if (type->base != NULL) {
		outline_add_text(outline, type->base, type->base_len);
		outline_add_text(outline, "/", 1);
	}
	if (type->globs != NULL)
		outline_add_glob(outline, type->globs[choice], type_class(type));
	else if (type->kind == POLICY_MAC || type->kind == POLICY_UUID)
		outline_fixed(outline, type->kind);
	else if (type->kind == POLICY_CIDR)
		outline_cidr(outline, choice == 1);
	else if (type->kind == POLICY_IPV4 || (type->kind == POLICY_IP && choice == 0))
		outline_ipv4(outline);
	else if (type->kind == POLICY_IPV6 || type->kind == POLICY_IP)
		outline_ipv6(outline);
	else
		outline_run(outline, type);
}

/* What outlines do not show, kind by kind: the table that proves types apart. */
bool
type_apart(const struct type *a, const struct type *b)
{
	static const int pairs[][2] = {
		{ POLICY_MAC, POLICY_IPV6 }, /* six pairs and no "::" are no address */
		{ POLICY_MAC, POLICY_IP },
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if ((a->kind == pairs[i][0] && b->kind == pairs[i][1]) ||
		    (b->kind == pairs[i][0] && a->kind == pairs[i][1]))
			return true;
	if (kinds[a->kind].within == RANGE && kinds[b->kind].within == RANGE)
		return a->high < b->low || b->high < a->low;
	return false;
}

/* A glob as a text: stars are left out, '?' is a letter. */
static size_t
sample_glob(const struct type *type, size_t choice, char *text, size_t size)
{
	const char *base = type->base != NULL ? type->base : "";
	int len = snprintf(text, size, "%s%s", base, *base != '\0' ? "/" : "");

	for (const char *c = type->globs[choice]; *c != '\0' && len + 1 < (int)size; c++)
		text[len++] = *c == '?' ? 'a' : *c == '*' ? '0' : *c;
	text[len] = '\0';
	return (size_t)len;
}

size_t
type_sample(const struct type *type, size_t choice, char *text, size_t size)
{
	const char *fixed = NULL;

	if (type->globs != NULL)
		return choice < strv_count(type->globs) ? sample_glob(type, choice, text, size) : 0;
	if (kinds[type->kind].within == RANGE && choice < 2)
		return (size_t)snprintf(text, size, "%lld",
					(long long)(choice == 0 ? type->low : type->high));
	if (kinds[type->kind].within == BASE && choice == 0)
		return (size_t)snprintf(text, size, "%s/a", type->base);
	if (kinds[type->kind].within == NOTHING || kinds[type->kind].within == GLOBS)
		fixed = choice < 3 ? kinds[type->kind].samples[choice] : NULL;
	return fixed != NULL ? (size_t)snprintf(text, size, "%s", fixed) : 0;
}
