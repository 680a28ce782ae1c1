#include "caplist.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MAX_BYTES = 64 };

/* A name of `len` bytes. */
static int
add(const char *name, size_t len, uint64_t *caps, struct writ_error *err)
{
	char text[NAME_MAX_BYTES];
	int number;

	snprintf(text, sizeof(text), "%.*s", len < sizeof(text) ? (int)len : NAME_MAX_BYTES, name);
	number = writ_cap_by_name(text + (*text == '+'), err);
	if (number < 0)
		return number;
	*caps |= WRIT_CAP_BIT(number);
	return 0;
}

int
caplist_parse(const char *text, uint64_t *ret_caps, struct writ_error *err)
{
	bool all_but = *text == '~';
	uint64_t caps = 0;

	text += all_but;
	if (strcmp(text, "none") != 0)
		for (;; text++) {
			size_t len = strcspn(text, ",");
			int r = add(text, len, &caps, err);

			if (r < 0)
				return r;
			text += len;
			if (*text == '\0')
				break;
		}
	*ret_caps = all_but ? ~caps : caps;
	return 0;
}
