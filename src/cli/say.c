#include "say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WORD_MAX = 64, NEAR_ENOUGH = 3 };

/* One write(2), so that lines of several processes do not mix. */
static void
print_line(const struct say *say, const char *prefix, char *text)
{
	char line[2200];
	const char *begin = say->color ? "\033[1m" : "";
	const char *end = say->color ? "\033[0m" : "";

	for (char *c = text; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = '?';
	snprintf(line, sizeof(line), "%s%s%s%s\n", begin, prefix, end, text);
	if (write(STDERR_FILENO, line, strlen(line)) < 0)
		return; /* nobody to tell it to */
}

void
say(const struct say *say, const char *format, ...)
{
	char text[2048];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	print_line(say, "writ: ", text);
}

void
say_error(const struct say *say_to, const struct writ_error *err)
{
	char text[700];

	say(say_to, "%s", writ_error_text(err, text, sizeof(text)));
	if (err->hint[0] != '\0') {
		snprintf(text, sizeof(text), "%s", err->hint);
		print_line(say_to, "  ", text);
	}
}

static size_t
smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Levenshtein's distance, row by row. */
static size_t
distance(const char *a, const char *b)
{
	size_t row[WORD_MAX + 1];
	size_t len = strlen(b);

	if (strlen(a) > WORD_MAX || len > WORD_MAX)
		return WORD_MAX;
	for (size_t i = 0; i <= len; i++)
		row[i] = i;
	for (size_t i = 0; a[i] != '\0'; i++) {
		size_t corner = row[0];

		row[0] = i + 1;
		for (size_t k = 0; k < len; k++) {
			size_t above = row[k + 1];

			row[k + 1] = smallest(row[k] + 1, above + 1, corner + (a[i] != b[k]));
			corner = above;
		}
	}
	return row[len];
}

const char *
nearest(const char *word, const char *const *known)
{
	const char *best = NULL;
	size_t best_distance = NEAR_ENOUGH;

	for (size_t i = 0; known[i] != NULL; i++) {
		size_t d = distance(word, known[i]);

		if (d < best_distance && d < strlen(word)) {
			best = known[i];
			best_distance = d;
		}
	}
	return best;
}

void
say_unknown(const struct say *say_to, const char *what, const char *word, const char *const *known)
{
	const char *meant = nearest(word, known);
	char text[256];

	say(say_to, "unknown %s: %s", what, word);
	if (meant == NULL)
		return;
	snprintf(text, sizeof(text), "did you mean %s?", meant);
	print_line(say_to, "  ", text);
}

bool
say_set_color(struct say *say, const char *when)
{
	const char *none = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (strcmp(when, "always") == 0)
		say->color = true;
	else if (strcmp(when, "never") == 0)
		say->color = false;
	else if (strcmp(when, "auto") == 0)
		say->color = isatty(STDERR_FILENO) == 1 && (none == NULL || *none == '\0') &&
			     term != NULL && strcmp(term, "dumb") != 0;
	else
		return false;
	return true;
}

int
answer_end(const struct say *say_to, int status, int failed)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	say(say_to, "cannot write the answer: standard output: %s", strerror(errno));
	return failed;
}

json_t *
json_text(const char *text)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	json_t *json = json_string(text);
	size_t len = strlen(text);
	char *encoded;
	char *at;

	if (json != NULL)
		return json;
	at = encoded = malloc((len + 2) / 3 * 4 + 1);
	if (encoded == NULL)
		return NULL;
	for (size_t i = 0; i < len; i += 3) {
		const unsigned char *s = (const unsigned char *)text + i;
		size_t left = len - i;
		unsigned bits = (unsigned)s[0] << 16 | (left > 1 ? (unsigned)s[1] << 8 : 0U) |
				(left > 2 ? s[2] : 0U);

		*at++ = digits[bits >> 18];
		*at++ = digits[bits >> 12 & 63];
		*at++ = left > 1 ? digits[bits >> 6 & 63] : '=';
		*at++ = left > 2 ? digits[bits & 63] : '=';
	}
	*at = '\0';
	json = json_pack("{s:s}", "base64", encoded);
	free(encoded);
	return json;
}

void
answer_json(json_t *take_json)
{
	json_dumpf(take_json, stdout, JSON_INDENT(2));
	fputc('\n', stdout);
	json_decref(take_json);
}
