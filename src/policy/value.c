#include "policy/value.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/num.h"
#include "policy/bytes.h"
#include "policy/path.h"
#include "policy/regex.h"
#include "writ/text.h"

enum { ADDRESS_BYTES_MAX = 64, AMOUNT_BYTES_MAX = 32 };

bool
value_read_int(const char *text, size_t len, int64_t *ret_value)
{
	char copy[24];
	bool negative = len > 0 && text[0] == '-';
	size_t digits = len - negative;
	uint64_t value;

	if (len >= sizeof(copy) || digits == 0 ||
	    (text[negative] == '0' && (digits > 1 || negative)))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	if (!num_parse(copy + negative, INT64_MAX, &value))
		return false;
	*ret_value = negative ? -(int64_t)value : (int64_t)value;
	return true;
}

bool
value_is_int(const struct type *type, const char *text, size_t len)
{
	int64_t value;

	return value_read_int(text, len, &value) && value >= type->low && value <= type->high;
}

bool
value_is_word(const struct type *type, const char *text, size_t len)
{
	(void)type;
	return bytes_are(text, len, BYTE_GRAPHIC);
}

/* What the kernel takes for a name of an interface or of a file, and no tool
 * for something else: no '/', no "%d", no ':' of an alias. */
bool
value_is_name(const struct type *type, const char *text, size_t len)
{
	(void)type;
	return bytes_are(text, len, BYTE_NAME) && !(len == 1 && text[0] == '.') &&
	       !(len == 2 && text[0] == '.' && text[1] == '.');
}

static bool
reads_address(int family, const char *text, size_t len)
{
	char copy[ADDRESS_BYTES_MAX];
	unsigned char address[16];

	if (len >= sizeof(copy) || !bytes_are(text, len, BYTE_ADDRESS))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return inet_pton(family, copy, address) == 1;
}

bool
value_is_ipv4(const struct type *type, const char *text, size_t len)
{
	(void)type;
	return reads_address(AF_INET, text, len);
}

bool
value_is_ipv6(const struct type *type, const char *text, size_t len)
{
	(void)type;
	return reads_address(AF_INET6, text, len);
}

bool
value_is_ip(const struct type *type, const char *text, size_t len)
{
	return value_is_ipv4(type, text, len) || value_is_ipv6(type, text, len);
}

bool
value_is_cidr(const struct type *type, const char *text, size_t len)
{
	const char *slash = memchr(text, '/', len);
	size_t head = slash != NULL ? (size_t)(slash - text) : 0;
	int64_t bits;

	(void)type;
	if (slash == NULL || !value_read_int(slash + 1, len - head - 1, &bits) || bits < 0)
		return false;
	return (bits <= 32 && reads_address(AF_INET, text, head)) ||
	       (bits <= 128 && reads_address(AF_INET6, text, head));
}

bool
value_is_mac(const struct type *type, const char *text, size_t len)
{
	(void)type;
	for (size_t i = 0; i < len; i++)
		if (i % 3 == 2 ? text[i] != ':' : !byte_is(BYTE_HEX, text[i]))
			return false;
	return len == 17;
}

bool
value_is_uuid(const struct type *type, const char *text, size_t len)
{
	(void)type;
	for (size_t i = 0; i < len; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !byte_is(BYTE_HEX, text[i]))
			return false;
	}
	return len == 36;
}

bool
value_is_hex(const struct type *type, const char *text, size_t len)
{
	size_t prefix = len > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? 2 : 0;

	(void)type;
	return bytes_are(text + prefix, len - prefix, BYTE_HEX);
}

/* A number, with a fraction or not. Returns its length, or 0. */
static size_t
number_length(const char *text, size_t len)
{
	size_t whole = 0;
	size_t part = 0;

	while (whole < len && byte_is(BYTE_DIGIT, text[whole]))
		whole++;
	if (whole == 0 || whole == len || text[whole] != '.')
		return whole;
	while (whole + 1 + part < len && byte_is(BYTE_DIGIT, text[whole + 1 + part]))
		part++;
	return part == 0 ? 0 : whole + 1 + part;
}

static bool
ends_with_unit(const char *text, size_t len, const char *const *units)
{
	size_t number = len < AMOUNT_BYTES_MAX ? number_length(text, len) : 0;
	char unit[AMOUNT_BYTES_MAX];

	if (number == 0)
		return false;
	memcpy(unit, text + number, len - number);
	unit[len - number] = '\0';
	for (; *units != NULL; units++)
		if (strcasecmp(*units, unit) == 0)
			return true;
	return false;
}

/* As writ writes sizes, and tc(8). */
bool
value_is_size(const struct type *type, const char *text, size_t len)
{
	static const char *const units[] = { "",    "b",    "k",   "kb",   "kib", "kbit",
					     "m",   "mb",   "mib", "mbit", "g",	  "gb",
					     "gib", "gbit", "t",   "tb",   "tib", NULL };

	(void)type;
	return ends_with_unit(text, len, units);
}

/* tc(8), "PARAMETERS" */
bool
value_is_rate(const struct type *type, const char *text, size_t len)
{
	static const char *const units[] = { "",      "bit",   "kbit",	"mbit",	 "gbit",
					     "tbit",  "kibit", "mibit", "gibit", "tibit",
					     "bps",   "kbps",  "mbps",	"gbps",	 "tbps",
					     "kibps", "mibps", "gibps", "tibps", NULL };

	(void)type;
	return ends_with_unit(text, len, units);
}

bool
value_is_duration(const struct type *type, const char *text, size_t len)
{
	char copy[AMOUNT_BYTES_MAX];
	int64_t ms;

	(void)type;
	if (len >= sizeof(copy))
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return writ_duration_parse(copy, &ms, NULL) == 0;
}

/* A name, never a number: what is a number to one tool is a name to another. */
bool
value_is_user(const struct type *type, const char *text, size_t len)
{
	(void)type;
	return bytes_are(text, len, BYTE_LOGIN) && text[0] != '.' && text[0] != '$' &&
	       !byte_is(BYTE_DIGIT, text[0]) && memchr(text, '$', len - 1) == NULL;
}

bool
value_is_text(const struct type *type, const char *text, size_t len)
{
	(void)type;
	return bytes_are_utf8(text, len) && !bytes_have_control(text, len);
}

bool
value_is_regex(const struct type *type, const char *text, size_t len)
{
	return value_is_text(type, text, len) && regex_matches(type->regex, text, len);
}

bool
value_is_any(const struct type *type, const char *text, size_t len)
{
	(void)type;
	(void)text;
	(void)len;
	return true;
}

bool
value_is_path(const struct type *type, const char *text, size_t len)
{
	return bytes_are(text, len, BYTE_TEXT) &&
	       path_is_beneath(text, len, type->base, type->base_len);
}

bool
value_is_pid(const struct type *type, const char *text, size_t len)
{
	int64_t value;

	(void)type;
	return value_read_int(text, len, &value) && value > 1 && value <= INT32_MAX;
}
