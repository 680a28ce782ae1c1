#include "rootwrap/handshake.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static unsigned char key[HANDSHAKE_KEY_BYTES];
static char modern[HANDSHAKE_MESSAGE_BYTES];
static char legacy[20];
static unsigned char digest[HANDSHAKE_DIGEST_MAX];

/* As they were taken from Python 3.11 and 3.13. */
static void
prepare(void)
{
	for (size_t i = 0; i < sizeof(key); i++)
		key[i] = (unsigned char)i;
	for (size_t i = 0; i < sizeof(legacy); i++)
		legacy[i] = (char)i;
	memcpy(modern, "{sha256}", 8);
	for (size_t i = 8; i < sizeof(modern); i++)
		modern[i] = (char)(i - 8);
}

static const char *
hex(size_t len)
{
	static char text[2 * HANDSHAKE_DIGEST_MAX + 1];

	for (size_t i = 0; i < len; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return text;
}

static void
challenges_are_answered_as_python_does(void)
{
	prepare();
	CHECK_TEXT(hex(handshake_answer(key, legacy, sizeof(legacy), digest)),
		   "7e57151ba744ee63c52e1497fbef19d0");
	CHECK_TEXT(
		hex(handshake_answer(key, modern, sizeof(modern), digest)),
		"7b7368613235367d0988643d19a1da3f98648ba4eec9b8b09b61d95da64bc38ba809c6b7e7bcaf3c");
	CHECK_INT(handshake_answer(key, "{sha999}xxxxxxxxxxxxx", 21, digest), 0);
	CHECK_INT(handshake_answer(key, "", 0, digest), 0);
}

static void
both_answers_to_ours_are_taken_and_no_other(void)
{
	static const unsigned char old[] = { 0x6d, 0x1d, 0x59, 0x99, 0x1e, 0xb0, 0xce, 0x8e,
					     0x22, 0xec, 0x96, 0x40, 0x68, 0x44, 0x7c, 0x96 };
	unsigned char message[HANDSHAKE_MESSAGE_BYTES];
	char bad[HANDSHAKE_DIGEST_MAX];
	size_t len;

	prepare();
	memcpy(message, modern, sizeof(message));
	CHECK(handshake_check(key, message, (const char *)old, sizeof(old)));
	len = handshake_answer(key, modern, sizeof(modern), digest);
	CHECK(handshake_check(key, message, (const char *)digest, len));
	for (size_t i = 0; i < len; i++) {
		memcpy(bad, digest, len);
		bad[i] = (char)(bad[i] ^ 1);
		CHECK(!handshake_check(key, message, bad, len));
	}
	for (size_t short_len = 0; short_len < len; short_len++)
		CHECK(!handshake_check(key, message, (const char *)digest, short_len));
}

static void
no_two_challenges_are_the_same(void)
{
	unsigned char a[HANDSHAKE_MESSAGE_BYTES];
	unsigned char b[HANDSHAKE_MESSAGE_BYTES];

	CHECK(handshake_ask(a) && handshake_ask(b));
	CHECK(memcmp(a, "{sha256}", 8) == 0 && memcmp(a, b, sizeof(a)) != 0);
}

int
main(void)
{
	const struct unit_test tests[] = {
		UNIT(challenges_are_answered_as_python_does),
		UNIT(both_answers_to_ours_are_taken_and_no_other),
		UNIT(no_two_challenges_are_the_same),
	};

	return UNIT_RUN(tests);
}
