#include "base/strv.h"

#include <string.h>

size_t
strv_count(const char *const *list)
{
	size_t count = 0;

	while (list != NULL && list[count] != NULL)
		count++;
	return count;
}

/* One pass with one place to go back to: linear times the number of stars,
 * never exponential. */
bool
glob_match(const char *pattern, const char *text, size_t len)
{
	const char *end = text + len;
	const char *star = NULL;
	const char *retry = NULL;

	while (text < end) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = text;
		} else if (*pattern != '\0' && (*pattern == '?' || *pattern == *text)) {
			pattern++;
			text++;
		} else if (star != NULL) {
			pattern = star;
			text = ++retry;
		} else {
			return false;
		}
	}
	return pattern[strspn(pattern, "*")] == '\0';
}
