/* message.h - requests and replies of the daemon, as JSON.
 *
 * A text stands for bytes: what is not UTF-8 is lone surrogates in it (utf8.h). jansson
 * refuses those, so they are told to it in another way and found again after.
 *
 * Pure: bytes in, a request out, and the other way round.
 */
#ifndef WRIT_ROOTWRAP_MESSAGE_H
#define WRIT_ROOTWRAP_MESSAGE_H

#include "words.h"

enum { MESSAGE_WORDS_MAX = 64 * 1024 };

struct request {
	const char *ident; /* of the object; NULL: the manager */
	const char *method;
	/* of run_one_command */
	bool has_argv;
	struct words argv;
	const char *input; /* NULL: none */
	size_t input_len;
	const char *bad; /* its arguments are none: why; else NULL */
};

/* [IDENT, METHOD, ARGS, KWARGS]. False: that is no request. All is in the arena. */
bool message_read(struct arena *arena, const char *text, size_t len, struct request *ret_request);

/* ["#RETURN", [STATUS, "OUT", "ERR"]]; the caller frees it. NULL: out of memory. */
char *message_result(int status, const char *out, size_t out_len, const char *err, size_t err_len,
		     size_t *ret_len);

/* ["KIND", "VALUE"] */
char *message_text(const char *kind, const char *value, size_t *ret_len);

#endif
