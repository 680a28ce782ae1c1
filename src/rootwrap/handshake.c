#include "handshake.h"

#include <errno.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <stdint.h>
#include <string.h>
#include <sys/random.h>

enum {
	MD5_BYTES = 16,
	SHA256_BYTES = 32,
	TAG_BYTES = sizeof("{sha256}") - 1,
	LEGACY_BYTES = 20, /* of a challenge of Python 3.11 and before */
	OLDEST_BYTES = 16,
};

static const char tag[] = "{sha256}";

bool
handshake_random(void *ret_bytes, size_t len)
{
	ssize_t r;

	do
		r = getrandom(ret_bytes, len, 0);
	while (r < 0 && errno == EINTR);
	return r == (ssize_t)len; /* 256 bytes or less come whole */
}

bool
handshake_ask(unsigned char ret_message[HANDSHAKE_MESSAGE_BYTES])
{
	memcpy(ret_message, tag, TAG_BYTES);
	return handshake_random(ret_message + TAG_BYTES, HANDSHAKE_MESSAGE_BYTES - TAG_BYTES);
}

static void
hmac_md5(const unsigned char *key, const void *message, size_t len, unsigned char *ret_digest)
{
	struct hmac_md5_ctx ctx;

	hmac_md5_set_key(&ctx, HANDSHAKE_KEY_BYTES, key);
	hmac_md5_update(&ctx, len, message);
	hmac_md5_digest(&ctx, MD5_BYTES, ret_digest);
}

static void
hmac_sha256(const unsigned char *key, const void *message, size_t len, unsigned char *ret_digest)
{
	struct hmac_sha256_ctx ctx;

	hmac_sha256_set_key(&ctx, HANDSHAKE_KEY_BYTES, key);
	hmac_sha256_update(&ctx, len, message);
	hmac_sha256_digest(&ctx, SHA256_BYTES, ret_digest);
}

bool
handshake_check(const unsigned char key[HANDSHAKE_KEY_BYTES],
		const unsigned char message[HANDSHAKE_MESSAGE_BYTES], const char *answer,
		size_t len)
{
	unsigned char digest[SHA256_BYTES];

	if (len == MD5_BYTES) {
		hmac_md5(key, message, HANDSHAKE_MESSAGE_BYTES, digest);
		return memeql_sec(answer, digest, MD5_BYTES) == 1;
	}
	if (len != TAG_BYTES + SHA256_BYTES || memcmp(answer, tag, TAG_BYTES) != 0)
		return false;
	hmac_sha256(key, message, HANDSHAKE_MESSAGE_BYTES, digest);
	return memeql_sec(answer + TAG_BYTES, digest, SHA256_BYTES) == 1;
}

size_t
handshake_answer(const unsigned char key[HANDSHAKE_KEY_BYTES], const char *challenge, size_t len,
		 unsigned char ret_digest[HANDSHAKE_DIGEST_MAX])
{
	static const char md5_tag[] = "{md5}";

	if (len == LEGACY_BYTES || len == OLDEST_BYTES) {
		hmac_md5(key, challenge, len, ret_digest);
		return MD5_BYTES;
	}
	if (len > TAG_BYTES && memcmp(challenge, tag, TAG_BYTES) == 0) {
		memcpy(ret_digest, tag, TAG_BYTES);
		hmac_sha256(key, challenge, len, ret_digest + TAG_BYTES);
		return TAG_BYTES + SHA256_BYTES;
	}
	if (len > sizeof(md5_tag) - 1 && memcmp(challenge, md5_tag, sizeof(md5_tag) - 1) == 0) {
		memcpy(ret_digest, md5_tag, sizeof(md5_tag) - 1);
		hmac_md5(key, challenge, len, ret_digest + sizeof(md5_tag) - 1);
		return sizeof(md5_tag) - 1 + MD5_BYTES;
	}
	return 0;
}
