/* json.h - writing JSON: commas and quotes are never the caller's care.
 *
 * A name is NULL inside an array and for the outermost value. A string that
 * is not UTF-8 becomes {"base64": "..."}, as the record's format says. */
#ifndef WRIT_BASE_JSON_H
#define WRIT_BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct json {
	struct buf *buf;
	bool comma; /* a value came before, on this level */
};

void json_begin(struct json *json, const char *name, char bracket);
void json_end(struct json *json, char bracket);
void json_text(struct json *json, const char *name, const char *text);
void json_int(struct json *json, const char *name, int64_t value);
void json_bool(struct json *json, const char *name, bool value);
void json_null(struct json *json, const char *name);

/* A number that is null when it is negative. */
void json_count(struct json *json, const char *name, int64_t value);

/* An array of strings, NULL-ended. */
void json_list(struct json *json, const char *name, const char *const *list);

#endif
