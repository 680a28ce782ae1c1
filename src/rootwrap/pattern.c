#include "pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 32 /* of code points: lone surrogates are what Python sees too */
#include <pcre2.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "utf8.h"

enum {
	REPEAT_MAX = 1000,
	DEPTH_MAX = 32,
	MATCH_STEPS_MAX = 200 * 1000, /* some milliseconds */
	HEAP_KIB_MAX = 8 * 1024,
	SUBJECT_MAX = 256 * 1024,
};

#define LETTERS_SAME "dDsSwWbBnrtfva0"

/* Reads a pattern, and stops at what is not the same in both languages. */
struct reading {
	const char *at;
	int depth;
	bool can_repeat; /* something stands before that may be repeated */
};

static const char *
read_escape(struct reading *reading)
{
	char c = *++reading->at;

	if (c == '\0')
		return "a backslash at the end";
	if (((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) &&
	    strchr(LETTERS_SAME, c) == NULL)
		return "an escape that is not supported";
	reading->at++;
	return NULL;
}

static const char *
read_set(struct reading *reading)
{
	const char *why = NULL;

	reading->at++;
	if (*reading->at == '^')
		reading->at++;
	for (bool first = true; why == NULL; first = false) {
		char c = *reading->at;

		if (c == '\0')
			return "a set without an end";
		if (c == ']' && !first)
			break;
		if (c == '\\')
			why = read_escape(reading);
		else if (c == '[' && strchr(":.=", reading->at[1]) != NULL)
			why = "a class in a set";
		else
			reading->at++;
	}
	if (why == NULL)
		reading->at++;
	return why;
}

static const char *
read_group(struct reading *reading)
{
	if (++reading->depth > DEPTH_MAX)
		return "groups too deep";
	reading->at++;
	if (*reading->at == '*')
		return "nothing to repeat";
	if (*reading->at != '?')
		return NULL;
	if (strchr(":!=", reading->at[1]) == NULL || reading->at[1] == '\0')
		return "a group that is not supported";
	reading->at += 2;
	return NULL;
}

/* "{N}" and its like repeat; any other '{' is itself, in both. */
static bool
is_count(const char *text, const char **ret_end)
{
	const char *digits = ++text;

	while (*text >= '0' && *text <= '9')
		text++;
	if (*text == ',')
		for (text++; *text >= '0' && *text <= '9';)
			text++;
	*ret_end = text + 1;
	return *text == '}' && text > digits;
}

static const char *
read_count(struct reading *reading, const char *end)
{
	const char *text = reading->at + 1;

	if (*text == ',')
		return "a count without a least";
	for (; text < end; text++)
		if (*text >= '0' && *text <= '9' && strtoul(text, NULL, 10) > REPEAT_MAX)
			return "a count of more than 1000";
	reading->at = end;
	return NULL;
}

/* '*', '+', '?' or a count, and the '?' that makes it lazy. */
static const char *
read_repeat(struct reading *reading, const char *count_end)
{
	const char *why = NULL;

	if (!reading->can_repeat)
		return "nothing to repeat";
	if (count_end != NULL)
		why = read_count(reading, count_end);
	else
		reading->at++;
	if (*reading->at == '?')
		reading->at++;
	else if (*reading->at == '+')
		return "a possessive repeat";
	reading->can_repeat = false;
	return why;
}

static const char *
read_one(struct reading *reading)
{
	const char *count_end = NULL;
	char c = *reading->at;

	if (strchr("*+?", c) != NULL || (c == '{' && is_count(reading->at, &count_end)))
		return read_repeat(reading, count_end);
	reading->can_repeat = strchr("(|^", c) == NULL;
	if (c == '(')
		return read_group(reading);
	if (c == '[')
		return read_set(reading);
	if (c == '\\')
		return read_escape(reading);
	if (c == ')' && --reading->depth < 0)
		return "a group without a beginning";
	reading->at++;
	return NULL;
}

const char *
pattern_init(struct pattern *pattern, const char *text, bool exact)
{
	struct reading reading = { .at = text };
	const char *why = NULL;

	*pattern = (struct pattern){ .text = text, .exact = exact };
	pattern->is_literal = strpbrk(text, "\\.^$*+?{}[]()|") == NULL;
	if (strlen(text) > PATTERN_BYTES_MAX)
		why = "too long";
	if (strncmp(text, "(?i)", 4) == 0)
		reading.at += 4;
	while (why == NULL && *reading.at != '\0')
		why = read_one(&reading);
	if (why == NULL && reading.depth > 0)
		why = "a group without an end";
	if (why != NULL)
		*pattern = (struct pattern){ .text = text, .is_tried = true };
	return why;
}

void
pattern_done(struct pattern *pattern)
{
	if (pattern->code != NULL)
		pcre2_code_free(pattern->code);
	pattern->code = NULL;
}

/* In strict mode what is anchored is all of it: "a|b" is a or b. */
static void
compile(struct pattern *pattern)
{
	static const char before[] = "(?:";
	const char *text = pattern->text;
	size_t len = strlen(text);
	size_t before_len = pattern->exact ? 0 : sizeof(before) - 1;
	uint32_t *points = malloc((len + sizeof(before) + 1) * sizeof(*points));
	uint32_t options = PCRE2_ANCHORED | PCRE2_NEVER_UTF | PCRE2_NO_AUTO_CAPTURE;
	pcre2_compile_context *context = pcre2_compile_context_create(NULL);
	size_t count;
	size_t offset;
	int code;

	pattern->is_tried = true;
	if (points == NULL || context == NULL)
		goto out;
	utf8_points(before, before_len, points);
	count = before_len + utf8_points(text, len, points + before_len);
	points[count++] = pattern->exact ? '$' : ')';
	options |= pattern->exact ? PCRE2_UCP : PCRE2_ENDANCHORED;
	pcre2_set_newline(context, PCRE2_NEWLINE_LF);
	pattern->code = pcre2_compile(points, count, options, &code, &offset, context);
out:
	pcre2_compile_context_free(context);
	free(points);
}

static bool
run(const struct pattern *pattern, const uint32_t *points, size_t count)
{
	pcre2_match_context *context = pcre2_match_context_create(NULL);
	pcre2_match_data *data = pcre2_match_data_create(1, NULL);
	int r = -1;

	if (context != NULL && data != NULL) {
		pcre2_set_match_limit(context, MATCH_STEPS_MAX);
		pcre2_set_depth_limit(context, MATCH_STEPS_MAX);
		pcre2_set_heap_limit(context, HEAP_KIB_MAX);
		r = pcre2_match(pattern->code, points, count, 0, 0, data, context);
	}
	pcre2_match_data_free(data);
	pcre2_match_context_free(context);
	return r >= 0;
}

static bool
match_literal(const struct pattern *pattern, const char *argument, size_t len)
{
	size_t text_len = strlen(pattern->text);

	if (pattern->exact && len == text_len + 1 && argument[text_len] == '\n')
		len--; /* '$' is also before a newline at the end */
	return len == text_len && memcmp(pattern->text, argument, len) == 0;
}

bool
pattern_match(struct pattern *pattern, const char *argument)
{
	size_t len = strlen(argument);
	uint32_t *points;
	bool matches;

	if (len > SUBJECT_MAX || (!pattern->exact && memchr(argument, '\n', len) != NULL))
		return false;
	if (pattern->is_literal)
		return match_literal(pattern, argument, len);
	if (!pattern->is_tried)
		compile(pattern);
	if (pattern->code == NULL)
		return false;
	points = malloc((len + 1) * sizeof(*points));
	if (points == NULL)
		return false;
	matches = run(pattern, points, utf8_points(argument, len, points));
	free(points);
	return matches;
}
