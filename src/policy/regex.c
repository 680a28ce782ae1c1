#include "policy/regex.h"

#include <stdio.h>
#include <stdlib.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

enum { COMPILED_BYTES_MAX = 64 * 1024, ALIGN = 16 };

struct regex {
	pcre2_code *code;
};

/* What a match takes is on the stack of the matching thread: a policy that is
 * asked allocates nothing, and is never changed. */
struct bench {
	size_t used;
	_Alignas(ALIGN) char data[REGEX_MATCH_BYTES];
};

static void *
take(size_t bytes, void *ctx)
{
	struct bench *bench = ctx;
	void *piece;

	if (bytes > sizeof(bench->data) - bench->used)
		return NULL; /* PCRE2 then says: no memory, which is no match */
	piece = bench->data + bench->used;
	bench->used += (bytes + ALIGN - 1) / ALIGN * ALIGN;
	if (bench->used > sizeof(bench->data))
		bench->used = sizeof(bench->data);
	return piece;
}

static void
give(void *piece, void *ctx)
{
	(void)piece;
	(void)ctx;
}

struct regex *
regex_new(const char *pattern, size_t len, char why[160])
{
	uint32_t options = PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY | PCRE2_UTF |
			   PCRE2_NO_AUTO_CAPTURE | PCRE2_NEVER_BACKSLASH_C | PCRE2_NEVER_UCP;
	struct regex *regex = malloc(sizeof(*regex));
	size_t size = 0;
	size_t at = 0;
	int code = 0;

	why[0] = '\0';
	if (regex == NULL)
		return NULL;
	regex->code = pcre2_compile((PCRE2_SPTR)pattern, len, options, &code, &at, NULL);
	if (regex->code == NULL) {
		unsigned char text[100] = "";

		pcre2_get_error_message(code, text, sizeof(text));
		snprintf(why, 160, "not a regular expression: %s, at byte %zu", (char *)text, at);
		return regex_free(regex);
	}
	pcre2_pattern_info(regex->code, PCRE2_INFO_SIZE, &size);
	if (size > COMPILED_BYTES_MAX) {
		snprintf(why, 160, "the regular expression compiles to more than 64 KiB");
		return regex_free(regex);
	}
	return regex;
}

struct regex *
regex_free(struct regex *regex)
{
	if (regex != NULL)
		pcre2_code_free(regex->code);
	free(regex);
	return NULL;
}

bool
regex_matches(const struct regex *regex, const char *text, size_t len)
{
	struct bench bench;
	pcre2_general_context *general;
	pcre2_match_context *context;
	pcre2_match_data *data;

	bench.used = 0;
	general = pcre2_general_context_create(take, give, &bench);
	context = general != NULL ? pcre2_match_context_create(general) : NULL;
	data = context != NULL ? pcre2_match_data_create(1, general) : NULL;
	if (data == NULL)
		return false;
	pcre2_set_match_limit(context, REGEX_STEPS_MAX);
	pcre2_set_depth_limit(context, REGEX_STEPS_MAX);
	return pcre2_match(regex->code, (PCRE2_SPTR)text, len, 0, 0, data, context) >= 0;
}
