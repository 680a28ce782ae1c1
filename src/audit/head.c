/* head.c - the last line of a record, as a text that is kept elsewhere. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/verify.h"
#include "base/num.h"

char *
audit_head_text(const struct audit_head *head, char text[AUDIT_HEAD_TEXT_MAX])
{
	snprintf(text, AUDIT_HEAD_TEXT_MAX, "%" PRIu64 ":%s", head->n, head->hash);
	return text;
}

bool
audit_head_parse(const char *text, struct audit_head *ret_head)
{
	struct audit_head head = { 0 };

	if (!num_read(&text, UINT64_MAX, &head.n) || head.n == 0 || *text++ != ':' ||
	    strlen(text) != sizeof(head.hash) - 1 ||
	    strspn(text, "0123456789abcdef") != sizeof(head.hash) - 1)
		return false;
	memcpy(head.hash, text, sizeof(head.hash));
	*ret_head = head;
	return true;
}
