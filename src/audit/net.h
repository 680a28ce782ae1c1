/* net.h - what in a text has the look of a secret: a private key, a password in
 * a URL, a header, the value of a key with a telling name, a known token.
 *
 * Every search is linear in the text.
 *
 * Threads: any.
 * After fork: no; it allocates.
 */
#ifndef WRIT_AUDIT_NET_H
#define WRIT_AUDIT_NET_H

#include "audit/span.h"

/* Adds what is to be hidden of the text. */
void net_find(struct spans *spans, const char *text, size_t len);

#endif
