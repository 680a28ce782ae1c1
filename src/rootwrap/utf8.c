#include "utf8.h"

/* What the first byte says: how many follow, and the least that they may make. */
static int
following(unsigned char first, uint32_t *ret_bits, uint32_t *ret_least)
{
	if (first >= 0xC2 && first <= 0xDF) {
		*ret_bits = first & 0x1FU;
		*ret_least = 0x80;
		return 1;
	}
	if ((first & 0xF0) == 0xE0) {
		*ret_bits = first & 0x0FU;
		*ret_least = 0x800;
		return 2;
	}
	if (first >= 0xF0 && first <= 0xF4) {
		*ret_bits = first & 0x07U;
		*ret_least = 0x10000;
		return 3;
	}
	return -1;
}

static bool
is_surrogate(uint32_t point)
{
	return point >= 0xD800 && point <= 0xDFFF;
}

uint32_t
utf8_next(const char *text, size_t len, size_t *ret_len)
{
	unsigned char first = (unsigned char)text[0];
	uint32_t point = 0;
	uint32_t least = 0;
	int more;

	*ret_len = 1;
	if (first < 0x80)
		return first;
	more = following(first, &point, &least);
	if (more < 0 || (size_t)more >= len)
		return UTF8_ESCAPED + first;
	for (int i = 1; i <= more; i++) {
		unsigned char byte = (unsigned char)text[i];

		if ((byte & 0xC0) != 0x80)
			return UTF8_ESCAPED + first;
		point = point << 6 | (byte & 0x3FU);
	}
	if (point < least || point > 0x10FFFF || is_surrogate(point))
		return UTF8_ESCAPED + first;
	*ret_len = (size_t)more + 1;
	return point;
}

bool
utf8_is_good(const char *text, size_t len)
{
	for (size_t at = 0, step; at < len; at += step)
		if (is_surrogate(utf8_next(text + at, len - at, &step)))
			return false;
	return true;
}

size_t
utf8_points(const char *text, size_t len, uint32_t *ret_points)
{
	size_t count = 0;

	for (size_t at = 0, step; at < len; at += step)
		ret_points[count++] = utf8_next(text + at, len - at, &step);
	return count;
}

size_t
utf8_put(uint32_t point, char ret_bytes[4])
{
	if (point < 0x80) {
		ret_bytes[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		ret_bytes[0] = (char)(0xC0 | point >> 6);
		ret_bytes[1] = (char)(0x80 | (point & 0x3F));
		return 2;
	}
	if (is_surrogate(point)) {
		if (point < UTF8_ESCAPED + 0x80 || point > UTF8_ESCAPED + 0xFF)
			return 0;
		ret_bytes[0] = (char)(point - UTF8_ESCAPED);
		return 1;
	}
	if (point < 0x10000) {
		ret_bytes[0] = (char)(0xE0 | point >> 12);
		ret_bytes[1] = (char)(0x80 | (point >> 6 & 0x3F));
		ret_bytes[2] = (char)(0x80 | (point & 0x3F));
		return 3;
	}
	if (point > 0x10FFFF)
		return 0;
	ret_bytes[0] = (char)(0xF0 | point >> 18);
	ret_bytes[1] = (char)(0x80 | (point >> 12 & 0x3F));
	ret_bytes[2] = (char)(0x80 | (point >> 6 & 0x3F));
	ret_bytes[3] = (char)(0x80 | (point & 0x3F));
	return 4;
}
