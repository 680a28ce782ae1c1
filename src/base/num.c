#include "base/num.h"

bool
num_read(const char **text, uint64_t max, uint64_t *ret_value)
{
	const char *c = *text;
	uint64_t value = 0;

	if (*c < '0' || *c > '9')
		return false;
	for (; *c >= '0' && *c <= '9'; c++) {
		uint64_t digit = (uint64_t)(*c - '0');

		if (value > (max - digit) / 10 || digit > max)
			return false;
		value = value * 10 + digit;
	}
	*text = c;
	*ret_value = value;
	return true;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

bool
num_read_hex(const char **text, uint64_t *ret_value)
{
	const char *c = *text;
	uint64_t value = 0;

	for (; hex_digit(*c) >= 0; c++) {
		if (value >> 60 != 0)
			return false;
		value = value << 4 | (uint64_t)hex_digit(*c);
	}
	if (c == *text)
		return false;
	*text = c;
	*ret_value = value;
	return true;
}

bool
num_parse(const char *text, uint64_t max, uint64_t *ret_value)
{
	uint64_t value;

	if (!num_read(&text, max, &value) || *text != '\0')
		return false;
	*ret_value = value;
	return true;
}

int64_t
num_add(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return b > 0 ? INT64_MAX : INT64_MIN;
	return sum;
}
