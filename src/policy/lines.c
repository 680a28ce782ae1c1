#include "policy/lines.h"

#include <stdlib.h>
#include <string.h>

#include "policy/bytes.h"

bool
lines_init(struct lines *lines, const char *text, size_t len)
{
	*lines = (struct lines){ .at = text, .end = text + len };
	lines->joined = malloc(POLICY_LINE_BYTES_MAX + 1);
	return lines->joined != NULL;
}

void
lines_done(struct lines *lines)
{
	free(lines->joined);
	lines->joined = NULL;
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The next line of the file, without its newline; moves past it. */
static size_t
take_raw(struct lines *lines, const char **ret_raw)
{
	const char *raw = lines->at;
	size_t left = (size_t)(lines->end - raw);
	const char *newline = memchr(raw, '\n', left);

	lines->at = newline != NULL ? newline + 1 : lines->end;
	lines->number++;
	*ret_raw = raw;
	return newline != NULL ? (size_t)(newline - raw) : left;
}

static const char *
fault_of_bytes(const char *raw, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (raw[i] == '\0')
			return "a NUL byte";
		if (raw[i] == '\r')
			return "a carriage return: lines end with a newline alone";
		if (raw[i] != '\t' && ((unsigned char)raw[i] < 0x20 || raw[i] == 0x7f))
			return "a control byte";
	}
	return bytes_are_utf8(raw, len) ? NULL : "not UTF-8: other bytes are written \\xHH";
}

static void
append(struct lines *lines, const char *raw, size_t len)
{
	if (len > POLICY_LINE_BYTES_MAX - lines->len) {
		lines->why = "longer than 64 KiB";
		return;
	}
	memcpy(lines->joined + lines->len, raw, len);
	lines->len += len;
}

/* Takes the blanks off the end of what is joined. */
static void
trim(struct lines *lines)
{
	while (lines->len > 0 && is_blank(lines->joined[lines->len - 1]))
		lines->len--;
}

/* Joins a line and those that continue it. */
static void
join(struct lines *lines)
{
	bool more = true;

	lines->len = 0;
	lines->why = NULL;
	for (bool first = true; more; first = false) {
		const char *raw;
		size_t len = take_raw(lines, &raw);
		const char *fault = fault_of_bytes(raw, len);

		if (fault != NULL)
			lines->why = fault;
		while (len > 0 && is_blank(raw[len - 1]))
			len--; /* a line of blanks is an empty one */
		if (first && len > 0 && is_blank(raw[0]))
			lines->why =
				"begins with a blank: a '\\' at the end of a line continues it";
		while (!first && len > 0 && is_blank(*raw)) {
			raw++;
			len--;
		}
		if (!first && len > 0 && (*raw == '#' || *raw == ';'))
			lines->why = "a comment inside a continued line";
		more = len > 0 && raw[len - 1] == '\\' && !(first && (*raw == '#' || *raw == ';'));
		append(lines, raw, more ? len - 1 : len);
		trim(lines);
		if (more)
			append(lines, " ", 1);
		if (more && lines->at == lines->end) {
			lines->why = "the file ends inside a continued line";
			more = false;
		}
	}
	lines->joined[lines->len] = '\0';
}

static void
split_section(struct lines *lines, struct line *line)
{
	if (lines->len < 3 || lines->joined[lines->len - 1] != ']') {
		line->kind = LINE_WRONG;
		line->why = "a section is written [Policy] or [Command NAME]";
		return;
	}
	lines->joined[lines->len - 1] = '\0';
	line->kind = LINE_SECTION;
	line->name = lines->joined + 1;
}

static void
split_setting(struct lines *lines, struct line *line)
{
	char *equals = memchr(lines->joined, '=', lines->len);
	char *end = equals;

	line->kind = LINE_WRONG;
	line->why = "neither a section nor KEY=VALUE";
	if (equals == NULL || equals == lines->joined)
		return;
	while (end > lines->joined && is_blank(end[-1]))
		end--;
	*end = '\0';
	line->name = lines->joined;
	line->value = equals + 1 + strspn(equals + 1, " \t");
	line->kind = LINE_SETTING;
	line->why = NULL;
}

void
lines_next(struct lines *lines, struct line *ret_line)
{
	*ret_line = (struct line){ .kind = LINE_END };
	while (lines->at < lines->end) {
		ret_line->number = lines->number + 1;
		join(lines);
		if (lines->why != NULL) {
			ret_line->kind = LINE_WRONG;
			ret_line->why = lines->why;
			return;
		}
		if (lines->len == 0 || lines->joined[0] == '#' || lines->joined[0] == ';')
			continue;
		if (lines->joined[0] == '[')
			split_section(lines, ret_line);
		else
			split_setting(lines, ret_line);
		return;
	}
}
