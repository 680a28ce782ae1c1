/* digest.h - SHA-256 as the chain uses it: over the bytes of a line with its
 * newline, so that sha256sum(1) can check it by hand.
 *
 * Threads: any.
 * After fork: yes.
 */
#ifndef WRIT_AUDIT_DIGEST_H
#define WRIT_AUDIT_DIGEST_H

#include <stddef.h>

#include <nettle/sha2.h>

enum { DIGEST_TEXT_MAX = 65 }; /* 64 hexadecimal digits and a NUL */

/* Copied freely: a copy goes on from where it was taken. */
struct digest {
	struct sha256_ctx state;
};

void digest_begin(struct digest *digest);
void digest_add(struct digest *digest, const void *data, size_t len);

/* The digest of all that was added; more may be added afterwards. */
void digest_text(const struct digest *digest, char ret_text[DIGEST_TEXT_MAX]);

/* The same of one piece. */
void digest_of(const void *data, size_t len, char ret_text[DIGEST_TEXT_MAX]);

#endif
