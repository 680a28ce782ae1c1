#include "writ/text.h"

#include <string.h>

#include "base/fail.h"
#include "base/num.h"

static const struct unit {
	const char *name;
	int64_t factor;
} duration_units[] = {
	{ "ms", 1 }, { "s", 1000 }, { "m", 60 * 1000 }, { "h", 3600 * 1000 }, { "d", 86400 * 1000 },
	{ NULL, 0 },
};

static const struct unit size_units[] = {
	{ "K", 1LL << 10 }, { "M", 1LL << 20 }, { "G", 1LL << 30 }, { "T", 1LL << 40 },
	{ NULL, 0 },
};

static const struct unit *
find_unit(const struct unit *units, const char *text, size_t len)
{
	for (const struct unit *unit = units; unit->name != NULL; unit++)
		if (strlen(unit->name) == len && memcmp(unit->name, text, len) == 0)
			return unit;
	return NULL;
}

/* Reads ".5" as thousandths: 500. Digits past the third are refused: they
 * would be dropped. */
static bool
read_thousandths(const char **text, uint64_t *ret_value)
{
	uint64_t value = 0;
	uint64_t place = 100;

	if (**text != '.')
		return true;
	(*text)++;
	if (**text < '0' || **text > '9')
		return false;
	for (; **text >= '0' && **text <= '9'; (*text)++, place /= 10) {
		if (place == 0)
			return false;
		value += (uint64_t)(**text - '0') * place;
	}
	*ret_value = value;
	return true;
}

/* One part of a duration, "1.5s" or "30m" or a last bare "10". Parts come in
 * falling order ("1h30m"), so that none is given twice. */
static bool
read_part(const char **text, const struct unit **last, uint64_t *sum)
{
	const struct unit *unit;
	uint64_t whole;
	uint64_t thousandths = 0;
	uint64_t part;
	size_t len;

	if (!num_read(text, INT64_MAX, &whole) || !read_thousandths(text, &thousandths))
		return false;
	len = strspn(*text, "abcdefghijklmnopqrstuvwxyz");
	if (len == 0 && *last == NULL && **text == '\0')
		unit = find_unit(duration_units, "s", 1);
	else
		unit = find_unit(duration_units, *text, len);
	if (unit == NULL || (*last != NULL && unit >= *last))
		return false;
	if (thousandths * (uint64_t)unit->factor % 1000 != 0)
		return false;

	*text += len;
	*last = unit;
	return !__builtin_mul_overflow(whole, (uint64_t)unit->factor, &part) &&
	       !__builtin_add_overflow(part, thousandths * (uint64_t)unit->factor / 1000, &part) &&
	       !__builtin_add_overflow(*sum, part, sum) && *sum <= INT64_MAX / 2000000;
}

int
writ_duration_parse(const char *text, int64_t *ret_ms, struct writ_error *err)
{
	const struct unit *last = NULL;
	const char *rest = text;
	uint64_t sum = 0;

	do {
		if (!read_part(&rest, &last, &sum)) {
			writ_fail(err, WRIT_E_SYNTAX, WRIT_STAGE_TIME, 0, "not a duration", "%s",
				  text);
			return writ_hint(err, WRIT_E_SYNTAX,
					 "write 10 (seconds), 500ms, 1.5s, 2m, or 1h30m");
		}
	} while (*rest != '\0');

	*ret_ms = (int64_t)sum;
	return 0;
}

int
writ_size_parse(const char *text, uint64_t *ret_bytes, struct writ_error *err)
{
	const char *rest = text;
	uint64_t value;
	const struct unit *unit;

	if (!num_read(&rest, INT64_MAX, &value))
		goto refuse;
	if (*rest != '\0') {
		unit = find_unit(size_units, rest, strlen(rest));
		if (unit == NULL ||
		    __builtin_mul_overflow(value, (uint64_t)unit->factor, &value) ||
		    value > INT64_MAX)
			goto refuse;
	}
	*ret_bytes = value;
	return 0;
refuse:
	writ_fail(err, WRIT_E_SYNTAX, WRIT_STAGE_NONE, 0, "not a size", "%s", text);
	return writ_hint(err, WRIT_E_SYNTAX, "write 4096, 512K, 16M or 2G");
}
