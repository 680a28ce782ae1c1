/* errand.h - what a rule makes of a request: the order for one run. */
#ifndef WRIT_BROKER_ERRAND_H
#define WRIT_BROKER_ERRAND_H

#include "monitor.h"

enum { ERRAND_WORDS_MAX = 256 }; /* of a signal: targets past it are none */

/* Everything that a start of it points to. */
struct errand {
	struct writ_cmd cmd;
	struct writ_creds creds;
	struct writ_beneath beneath[WRIT_BENEATH_MAX];
	char netns[256];
	/* of a signal: `writd --strike -- SIGNAL PID TARGET...` */
	char signal[16];
	char pid[16];
	size_t word_count;
	size_t text_len; /* of texts */
	const char *words[ERRAND_WORDS_MAX + 1];
	char ids[ERRAND_WORDS_MAX][WRIT_ID_TEXT_MAX];
	const char *env[2 * POLICY_ENVIRONMENT_MAX + WIRE_WORDS_MAX + 1];
	char texts[16 * 1024]; /* variables that are made of captures */
};

/* The words of the request as the policy reads them. */
struct policy_request errand_request(struct monitor *monitor, const struct wire_ask *ask);

/* Fills `errand`, which points into the monitor, the verdict and the policy. Returns 0, or why it
 * is refused all the same. */
enum wire_code errand_make(struct errand *errand, struct monitor *monitor,
			   const struct peer *peer, const struct wire_ask *ask,
			   const struct policy_verdict *verdict, const int *fds);

#endif
