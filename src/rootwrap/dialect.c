#include "dialect.h"

#include <stdint.h>
#include <string.h>

#include "utf8.h"
#include "words.h"

/* What has been read so far. */
struct reading {
	struct arena *arena;
	bool strict;
	struct ini *ini;
	struct ini_fault *fault;
	struct ini_section *section; /* NULL: no header yet */
	struct ini_option *option;   /* NULL: none that a line could continue */
	struct piece *pieces;	     /* of its value, last first */
	size_t indent;
	int line;
	int options;
};

/* One line of a value. */
struct piece {
	const char *text;
	size_t len;
	struct piece *before;
};

static int
fail(struct reading *reading, const char *why)
{
	if (reading->fault->why == NULL)
		*reading->fault = (struct ini_fault){ reading->line, why };
	return INI_NOT_ONE;
}

/* The pieces joined by newlines, without blanks at the end. */
static void
end_value(struct reading *reading)
{
	size_t size = 0;
	char *value;
	char *at;

	if (reading->option == NULL)
		return;
	for (const struct piece *piece = reading->pieces; piece != NULL; piece = piece->before)
		size += piece->len + 1;
	value = arena_take(reading->arena, size + 1);
	at = value + size;
	for (const struct piece *piece = reading->pieces; piece != NULL; piece = piece->before) {
		*--at = '\n';
		at -= piece->len;
		memcpy(at, piece->text, piece->len);
	}
	while (size > 0 && words_is_blank(value[size - 1]))
		value[--size] = '\0';
	reading->option->value = value;
	reading->option = NULL;
	reading->pieces = NULL;
}

static void
add_piece(struct reading *reading, const char *text, size_t len)
{
	struct piece *piece = arena_take(reading->arena, sizeof(*piece));

	*piece = (struct piece){ text, len, reading->pieces };
	reading->pieces = piece;
}

static struct ini_section *
find_section(struct ini *ini, const char *name)
{
	if (strcmp(name, "DEFAULT") == 0)
		return &ini->defaults;
	for (struct ini_section *section = ini->first; section != NULL; section = section->next)
		if (strcmp(section->name, name) == 0)
			return section;
	return NULL;
}

/* "[NAME]" and whatever follows the last ']'. */
static int
begin_section(struct reading *reading, const char *text, size_t len)
{
	const char *name = arena_copy(reading->arena, text, len);
	struct ini_section *section = find_section(reading->ini, name);

	if (section == NULL) {
		section = arena_take(reading->arena, sizeof(*section));
		*section = (struct ini_section){ .name = name };
		section->end = &section->first;
		*reading->ini->end = section;
		reading->ini->end = &section->next;
	} else if (reading->strict && section != &reading->ini->defaults) {
		return fail(reading, "a section given twice");
	}
	reading->section = section;
	return 0;
}

static struct ini_option *
find_option(const struct ini_section *section, const char *name)
{
	for (struct ini_option *option = section->first; option != NULL; option = option->next)
		if (strcmp(option->name, name) == 0)
			return option;
	return NULL;
}

static char *
lower_copy(struct arena *arena, const char *text, size_t len)
{
	char *copy = arena_copy(arena, text, len);

	for (char *c = copy; *c != '\0'; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c + ('a' - 'A'));
	return copy;
}

static int
begin_option(struct reading *reading, const char *text, size_t len)
{
	size_t name_len = 0;
	size_t value_at;
	const char *name;
	struct ini_option *option;

	while (name_len < len && text[name_len] != ':' && text[name_len] != '=')
		name_len++;
	if (name_len == len)
		return fail(reading, "neither NAME: VALUE nor a section");
	if (name_len == 0)
		return fail(reading, "a value without a name");
	value_at = name_len + 1;
	while (words_is_blank(text[name_len - 1]))
		name_len--;
	while (value_at < len && words_is_blank(text[value_at]))
		value_at++;

	name = lower_copy(reading->arena, text, name_len);
	option = find_option(reading->section, name);
	if (option != NULL && reading->strict)
		return fail(reading, "an option given twice");
	if (option == NULL) {
		if (++reading->options > INI_OPTIONS_MAX)
			return fail(reading, "too many options");
		option = arena_take(reading->arena, sizeof(*option));
		*option = (struct ini_option){ .name = name };
		*reading->section->end = option;
		reading->section->end = &option->next;
	}
	option->line = reading->line;
	reading->option = option;
	add_piece(reading, text + value_at, len - value_at);
	return 0;
}

static int
read_line(struct reading *reading, const char *line, size_t len)
{
	size_t indent = 0;
	const char *bracket;
	const char *text;

	reading->line++;
	while (indent < len && words_is_blank(line[indent]))
		indent++;
	while (len > indent && words_is_blank(line[len - 1]))
		len--;
	text = line + indent;
	len -= indent;
	if (len == 0) {
		if (reading->option != NULL)
			add_piece(reading, "", 0);
		return 0;
	}
	if (*text == '#' || *text == ';')
		return 0;
	if (reading->option != NULL && indent > reading->indent) {
		add_piece(reading, text, len);
		return 0;
	}
	end_value(reading);
	reading->indent = indent;
	bracket = *text == '[' ? memrchr(text, ']', len) : NULL;
	if (bracket != NULL && bracket > text + 1)
		return begin_section(reading, text + 1, (size_t)(bracket - text) - 1);
	if (reading->section == NULL)
		return fail(reading, "an option before any section");
	return begin_option(reading, text, len);
}

/* Python reads with universal newlines. */
static size_t
line_length(const char *text, size_t len, size_t *ret_next)
{
	size_t end = 0;

	while (end < len && text[end] != '\n' && text[end] != '\r')
		end++;
	*ret_next = end + 1 < len && text[end] == '\r' && text[end + 1] == '\n' ? end + 2 : end + 1;
	return end;
}

int
ini_parse(struct arena *arena, const char *text, size_t len, bool strict, struct ini *ret_ini,
	  struct ini_fault *ret_fault)
{
	struct reading reading = {
		.arena = arena, .strict = strict, .ini = ret_ini, .fault = ret_fault
	};
	int r = INI_GOOD;

	*ret_fault = (struct ini_fault){ 0 };
	*ret_ini = (struct ini){ .defaults.name = "DEFAULT" };
	ret_ini->end = &ret_ini->first;
	ret_ini->defaults.end = &ret_ini->defaults.first;
	if (len > INI_BYTES_MAX)
		return fail(&reading, "too large");
	if (memchr(text, '\0', len) != NULL || !utf8_is_good(text, len)) {
		fail(&reading, "not UTF-8 text");
		return INI_NOT_TEXT;
	}
	for (size_t at = 0, next; at < len; at += next) {
		size_t line_len = line_length(text + at, len - at, &next);

		if (read_line(&reading, text + at, line_len) < 0)
			r = INI_NOT_ONE;
	}
	end_value(&reading);
	return r;
}

static struct ini_option *
copy_option(struct arena *arena, const struct ini_option *option)
{
	struct ini_option *copy = arena_take(arena, sizeof(*copy));

	*copy = *option;
	copy->next = NULL;
	return copy;
}

bool
ini_items(struct arena *arena, const struct ini *ini, const char *section_name,
	  const struct ini_option **ret_first)
{
	struct ini_section *section = find_section((struct ini *)(uintptr_t)ini, section_name);
	struct ini_option *first = NULL;
	struct ini_option **end = &first;

	if (section == NULL)
		return false;
	for (const struct ini_option *option = ini->defaults.first; option != NULL;
	     option = option->next) {
		const struct ini_option *own = find_option(section, option->name);

		*end = copy_option(arena, own != NULL ? own : option);
		end = &(*end)->next;
	}
	for (const struct ini_option *option = section->first; option != NULL;
	     option = option->next) {
		if (find_option(&ini->defaults, option->name) != NULL)
			continue;
		*end = copy_option(arena, option);
		end = &(*end)->next;
	}
	*ret_first = first;
	return true;
}

const char *
ini_default(const struct ini *ini, const char *name)
{
	const struct ini_option *option = find_option(&ini->defaults, name);

	return option == NULL ? NULL : option->value;
}
