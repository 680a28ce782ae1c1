/* say.h - the only place that prints: answers on stdout, messages on stderr. */
#ifndef WRIT_CLI_SAY_H
#define WRIT_CLI_SAY_H

#include <jansson.h>

#include "writ.h"

enum { STATUS_YES = 0, STATUS_NO = 1, STATUS_USAGE = 2, STATUS_SOME = 3, STATUS_NOT_DONE = 125 };

/* How messages look; from --color, NO_COLOR, TERM. */
struct say {
	bool color;
	bool quiet;
	bool verbose;
};

/* "writ: TEXT"; control bytes appear as '?'. */
__attribute__((format(printf, 2, 3))) void say(const struct say *say, const char *format, ...);

/* An error of the library: what failed, and what to do. */
void say_error(const struct say *say, const struct writ_error *err);

/* A word that was not understood, with the nearest of the known ones, a
 * NULL-ended list. */
void say_unknown(const struct say *say, const char *what, const char *word,
		 const char *const *known);

/* "auto", "always" or "never"; false: something else. */
bool say_set_color(struct say *say, const char *when);

/* An answer is printed through stdio; this ends it. Returns `status`, or
 * `failed` when the answer could not be written. */
int answer_end(const struct say *say, int status, int failed);

/* A JSON document as the answer; takes it. */
void answer_json(json_t *take_json);

/* A string; one that is not UTF-8 as {"base64": "..."}. */
json_t *json_text(const char *text);

/* The nearest known word by edit distance, or NULL. */
const char *nearest(const char *word, const char *const *known);

#endif
