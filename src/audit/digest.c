#include "audit/digest.h"

void
digest_begin(struct digest *digest)
{
	sha256_init(&digest->state);
}

void
digest_add(struct digest *digest, const void *data, size_t len)
{
	sha256_update(&digest->state, len, data);
}

void
digest_text(const struct digest *digest, char ret_text[DIGEST_TEXT_MAX])
{
	static const char digits[] = "0123456789abcdef";
	struct digest copy = *digest; /* nettle begins anew after each result */
	unsigned char hash[SHA256_DIGEST_SIZE];

	sha256_digest(&copy.state, sizeof(hash), hash);
	for (size_t i = 0; i < sizeof(hash); i++) {
		ret_text[2 * i] = digits[hash[i] >> 4];
		ret_text[2 * i + 1] = digits[hash[i] & 15];
	}
	ret_text[2 * sizeof(hash)] = '\0';
}

void
digest_of(const void *data, size_t len, char ret_text[DIGEST_TEXT_MAX])
{
	struct digest digest;

	digest_begin(&digest);
	digest_add(&digest, data, len);
	digest_text(&digest, ret_text);
}
