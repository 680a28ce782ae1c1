/* handshake.h - both sides prove that they have the key (multiprocessing.connection).
 *
 *	S>C  #CHALLENGE# M	C>S  digest of M	S>C  #WELCOME# or #FAILURE#
 *	C>S  #CHALLENGE# M'	S>C  digest of M'	C>S  #WELCOME#
 *
 * Our M is "{sha256}" and 40 random bytes: Python 3.12 and later answer with HMAC-SHA256
 * behind the same tag, earlier ones with a bare HMAC-MD5 of all 48 bytes.
 */
#ifndef WRIT_ROOTWRAP_HANDSHAKE_H
#define WRIT_ROOTWRAP_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>

enum {
	HANDSHAKE_KEY_BYTES = 32,
	HANDSHAKE_MESSAGE_BYTES = 48,
	HANDSHAKE_DIGEST_MAX = 64,
};

#define HANDSHAKE_CHALLENGE "#CHALLENGE#"
#define HANDSHAKE_WELCOME "#WELCOME#"
#define HANDSHAKE_FAILURE "#FAILURE#"

/* Random bytes of the kernel. False: there are none. */
bool handshake_random(void *ret_bytes, size_t len);

/* A message to be answered. False: no random bytes. */
bool handshake_ask(unsigned char ret_message[HANDSHAKE_MESSAGE_BYTES]);

/* Is that the answer? It takes as long whatever is wrong with it. */
bool handshake_check(const unsigned char key[HANDSHAKE_KEY_BYTES],
		     const unsigned char message[HANDSHAKE_MESSAGE_BYTES], const char *answer,
		     size_t len);

/* Answers a challenge of the other side, given without its "#CHALLENGE#". Returns the bytes;
 * 0: it is none that can be answered. */
size_t handshake_answer(const unsigned char key[HANDSHAKE_KEY_BYTES], const char *challenge,
			size_t len, unsigned char ret_digest[HANDSHAKE_DIGEST_MAX]);

#endif
