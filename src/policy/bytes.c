#include "policy/bytes.h"

/* The bits of `first` to `last` in the `w`-th word of a set, as a constant. */
#define LOW(first, w) ((first) > 64 * (w) ? (first) : 64 * (w))
#define HIGH(last, w) ((last) < 64 * (w) + 63 ? (last) : 64 * (w) + 63)
#define BITS(first, last, w)                                                                       \
	(LOW(first, w) > HIGH(last, w) ? UINT64_C(0)                                               \
				       : UINT64_MAX >> ((63 - (HIGH(last, w) - LOW(first, w))) &   \
							63) << ((LOW(first, w) - 64 * (w)) & 63))
#define BYTE(byte, w) BITS(byte, byte, w)
#define SET(bits)                                                                                  \
	{                                                                                          \
		{                                                                                  \
			bits(0), bits(1), bits(2), bits(3)                                         \
		}                                                                                  \
	}

#define ANY(w) BITS(1, 255, w)
#define TEXT(w) (BITS(0x20, 0x7e, w) | BITS(0x80, 0xff, w))
#define GRAPHIC(w) BITS(0x21, 0x7e, w)
#define DIGIT(w) BITS('0', '9', w)
#define HEX(w) (DIGIT(w) | BITS('a', 'f', w) | BITS('A', 'F', w))
#define ALNUM(w) (DIGIT(w) | BITS('a', 'z', w) | BITS('A', 'Z', w))
#define LOGIN(w) (ALNUM(w) | BYTE('_', w) | BYTE('-', w) | BYTE('.', w) | BYTE('$', w))
#define NAME(w)                                                                                    \
	(ALNUM(w) | BYTE('_', w) | BYTE('-', w) | BYTE('.', w) | BYTE('+', w) | BYTE('@', w))
#define DOTTED(w) (DIGIT(w) | BYTE('.', w))
#define TEXT_UNDASHED(w) (TEXT(w) & ~BYTE('-', w))
#define GRAPHIC_UNDASHED(w) (GRAPHIC(w) & ~BYTE('-', w))
#define NAME_UNDASHED(w) ((NAME(w) | LOGIN(w)) & ~BYTE('-', w))
#define ADDRESS(w) (HEX(w) | BYTE(':', w) | BYTE('.', w))
#define NETWORK(w) (ADDRESS(w) | BYTE('/', w))

const struct byteset byte_sets[BYTE_CLASSES] = {
	[BYTE_ANY] = SET(ANY),
	[BYTE_TEXT] = SET(TEXT),
	[BYTE_GRAPHIC] = SET(GRAPHIC),
	[BYTE_NAME] = SET(NAME),
	[BYTE_DIGIT] = SET(DIGIT),
	[BYTE_HEX] = SET(HEX),
	[BYTE_ALNUM] = SET(ALNUM),
	[BYTE_DOTTED] = SET(DOTTED),
	[BYTE_ADDRESS] = SET(ADDRESS),
	[BYTE_NETWORK] = SET(NETWORK),
	[BYTE_LOGIN] = SET(LOGIN),
	[BYTE_TEXT_UNDASHED] = SET(TEXT_UNDASHED),
	[BYTE_GRAPHIC_UNDASHED] = SET(GRAPHIC_UNDASHED),
	[BYTE_NAME_UNDASHED] = SET(NAME_UNDASHED),
};

bool
byteset_meets(const struct byteset *a, const struct byteset *b)
{
	uint64_t both = 0;

	for (int i = 0; i < 4; i++)
		both |= a->bits[i] & b->bits[i];
	return both != 0;
}

unsigned char
byteset_example(const struct byteset *a, const struct byteset *b)
{
	static const unsigned char order[] = "a0A1.:/-_ ";

	for (size_t i = 0; i < sizeof(order) - 1; i++)
		if (byteset_has(a, order[i]) && byteset_has(b, order[i]))
			return order[i];
	for (unsigned byte = 1; byte < 256; byte++)
		if (byteset_has(a, (unsigned char)byte) && byteset_has(b, (unsigned char)byte))
			return (unsigned char)byte;
	return 0;
}

/* The length of the sequence at `s`, or 0: no surrogate, nothing overlong,
 * nothing past U+10FFFF. */
static size_t
sequence_length(const unsigned char *s, size_t left)
{
	size_t len = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;

	if (len == 0 || len > left || s[0] > 0xf4)
		return 0;
	for (size_t i = 1; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return len;
}

bool
bytes_are_utf8(const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;

	for (size_t i = 0; i < len;) {
		size_t step = sequence_length(s + i, len - i);

		if (step == 0)
			return false;
		i += step;
	}
	return true;
}

bool
bytes_have_control(const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;

	for (size_t i = 0; i < len; i++) {
		if (s[i] < 0x20 || s[i] == 0x7f)
			return true;
		if (s[i] == 0xc2 && i + 1 < len && s[i + 1] >= 0x80 && s[i + 1] < 0xa0)
			return true;
	}
	return false;
}

bool
bytes_are(const char *text, size_t len, int class)
{
	const struct byteset *set = &byte_sets[class];

	for (size_t i = 0; i < len; i++)
		if (!byteset_has(set, (unsigned char)text[i]))
			return false;
	return true;
}
