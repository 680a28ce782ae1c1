#include "audit/redact.h"

#include <stdio.h>
#include <string.h>

#include "audit/net.h"
#include "audit/span.h"
#include "audit/telling.h"
#include "base/json.h"

enum {
	BYTES_MIN = 256,
	REST_BYTES_MAX = 48, /* "[... N more ...]" and the bracket */
	MARGIN_BYTES = 1024, /* longer than what has the shape of a token */
	ESCAPED_TIMES = 8,   /* what a byte may become, and some */
};

struct piece {
	const char *text;
	size_t len;
};

/* What is known of one command, or one text. */
struct redactor {
	const struct redact_options *options;
	size_t word_bytes_max;
	size_t bytes_max;
	size_t margin; /* no secret that is looked for is longer */
	size_t budget; /* bytes that may still be looked at */
	struct piece exact[REDACT_EXACT_MAX];
	size_t exact_count;
	struct spans spans;
	struct buf shown;
};

/* Reading the words of a command, one after the other. */
struct reader {
	const struct telling_program *program;
	bool is_value; /* the next word is the value of the option before it */
};

static void
remember(struct redactor *redactor, const char *text, size_t len)
{
	if (len < REDACT_EXACT_BYTES_MIN || len > REDACT_EXACT_BYTES_MAX ||
	    redactor->exact_count == REDACT_EXACT_MAX)
		return;
	if (len > redactor->margin)
		redactor->margin = len;
	redactor->exact[redactor->exact_count++] = (struct piece){ text, len };
}

static void
begin(struct redactor *redactor, const struct redact_options *options)
{
	static const struct redact_options none = { 0 };

	options = options != NULL ? options : &none;
	*redactor = (struct redactor){
		.options = options,
		.word_bytes_max = options->word_bytes_max != 0 ? options->word_bytes_max
							       : REDACT_WORD_BYTES_DEFAULT,
		.bytes_max = options->bytes_max == 0	      ? REDACT_BYTES_DEFAULT
			     : options->bytes_max < BYTES_MIN ? BYTES_MIN
							      : options->bytes_max,
		.margin = MARGIN_BYTES,
	};
	redactor->budget = 2 * redactor->bytes_max;
	for (size_t i = 0; options->exact != NULL && options->exact[i] != NULL; i++)
		remember(redactor, options->exact[i], strlen(options->exact[i]));
}

static void
end(struct redactor *redactor)
{
	spans_done(&redactor->spans);
	buf_done(&redactor->shown);
}

/* Where in a word its name, or what stands for one, says that a secret is; the
 * word's length: nowhere. Goes on to the next word. */
static size_t
find_value(struct reader *reader, const char *word, size_t len, const char **ret_rule)
{
	const char *equals = memchr(word, '=', len);
	size_t name_len = equals != NULL ? (size_t)(equals - word) : len;
	bool is_value = reader->is_value && strncmp(word, "--", 2) != 0;
	const struct telling_program *program = reader->program;
	size_t at = len;

	*ret_rule = "option";
	if (is_value)
		at = 0;
	else if (equals != NULL && (*word == '-' ? telling_option(word, name_len)
						 : telling_variable(word, name_len))) {
		at = name_len + 1;
		*ret_rule = "value";
	} else if (program != NULL && telling_begins(program->joined, word, len) > 0)
		at = telling_begins(program->joined, word, len);

	reader->is_value =
		!is_value && (telling_option(word, len) ||
			      (program != NULL && telling_is_one(program->apart, word, len)));
	program = telling_program(word, len);
	if (program != NULL)
		reader->program = program;
	return at;
}

/* The secrets of a command are looked for in all of it, also before the place
 * that names them. */
static void
learn(struct redactor *redactor, const char *const *argv, size_t argc)
{
	struct reader reader = { 0 };

	for (size_t i = 0; i < redactor->options->secret_count; i++) {
		const struct redact_secret *secret = &redactor->options->secrets[i];
		size_t len = secret->argument < argc ? strlen(argv[secret->argument]) : 0;

		if (secret->offset < len)
			remember(redactor, argv[secret->argument] + secret->offset,
				 secret->len < len - secret->offset ? secret->len
								    : len - secret->offset);
	}
	for (size_t i = 0; i < argc; i++) {
		const char *rule;
		size_t len = strlen(argv[i]);
		size_t at = find_value(&reader, argv[i], len, &rule);

		remember(redactor, argv[i] + at, len - at);
	}
}

static void
find_exact(struct redactor *redactor, const char *text, size_t len)
{
	for (size_t i = 0; i < redactor->exact_count; i++) {
		const struct piece exact = redactor->exact[i];
		size_t at = 0;
		const char *found;

		while ((found = memmem(text + at, len - at, exact.text, exact.len)) != NULL) {
			at = (size_t)(found - text) + exact.len;
			spans_add(&redactor->spans, at - exact.len, at, "value");
		}
	}
}

/* Never within a character: half of one would make the text none. */
static size_t
move_to_character(const char *text, size_t at, int step)
{
	for (int i = 0; i < 3 && at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80; i++)
		at = step < 0 ? at - 1 : at + 1;
	return at;
}

/* Leaves out the middle of what is longer than `max`; or the end, where `unread`
 * bytes follow that nobody has looked at. */
static void
cut(struct buf *buf, size_t max, size_t unread)
{
	struct buf whole = *buf;
	size_t head;
	size_t tail;

	if (whole.failed || (whole.len <= max && unread == 0))
		return;
	if (unread > 0) {
		head = whole.len <= max ? whole.len : move_to_character(whole.data, max, -1);
		tail = whole.len;
	} else {
		head = move_to_character(whole.data, max / 2, -1);
		tail = move_to_character(whole.data, whole.len - max / 2, 1);
	}
	*buf = (struct buf){ 0 };
	buf_add(buf, whole.data, head);
	buf_printf(buf, "[... %zu bytes ...]", tail - head + unread);
	buf_add(buf, whole.data + tail, whole.len - tail);
	buf_done(&whole);
}

/* One word, or text, as a JSON string, with all its spans found but for those
 * that are known of any text. Of a very long one only the beginning is looked
 * at, and a little less than that is shown: what a secret that ends further on
 * would have of it, stays out. Returns how many secrets there were. */
static size_t
show(struct redactor *redactor, struct json *json, const char *text, size_t len, size_t max)
{
	size_t look = 2 * max + redactor->margin;
	size_t visible = len <= look ? len : move_to_character(text, 2 * max, -1);
	size_t hidden;

	look = len <= look ? len : look;
	redactor->budget -= look < redactor->budget ? look : redactor->budget;
	find_exact(redactor, text, look);
	net_find(&redactor->spans, text, look);
	if (redactor->spans.count == 0 && !redactor->spans.failed && len <= max) {
		json_text(json, NULL, text);
		return 0;
	}
	redactor->shown.len = 0;
	hidden = spans_show(&redactor->spans, text, visible, &redactor->shown);
	cut(&redactor->shown, max, len - visible);
	if (redactor->shown.failed)
		json->buf->failed = true;
	else
		json_text(json, NULL, redactor->shown.data);
	return hidden;
}

/* Takes back what was added since. */
static void
take_back(struct json *json, const struct json *before, size_t len)
{
	*json = *before;
	if (json->buf->failed || json->buf->data == NULL)
		return;
	json->buf->len = len;
	json->buf->data[len] = '\0';
}

static void
find_given(struct redactor *redactor, size_t argument, size_t len)
{
	for (size_t i = 0; i < redactor->options->secret_count; i++) {
		const struct redact_secret *secret = &redactor->options->secrets[i];

		if (secret->argument == argument && secret->offset < len)
			spans_add(&redactor->spans, secret->offset,
				  secret->len < len - secret->offset ? secret->offset + secret->len
								     : len,
				  "secret");
	}
}

size_t
redact_argv(struct buf *json_buf, const char *const *argv, size_t argc,
	    const struct redact_options *options)
{
	struct json json = { .buf = json_buf };
	struct reader reader = { 0 };
	struct redactor redactor;
	size_t start = json_buf->len;
	size_t hidden = 0;

	begin(&redactor, options);
	learn(&redactor, argv, argc);
	json_begin(&json, NULL, '[');
	for (size_t i = 0; i < argc && !json_buf->failed; i++) {
		const struct json before = json;
		size_t before_len = json_buf->len;
		size_t len = strlen(argv[i]);
		const char *rule;
		size_t at = find_value(&reader, argv[i], len, &rule);

		find_given(&redactor, i, len);
		spans_add(&redactor.spans, at, len, rule);
		hidden += show(&redactor, &json, argv[i], len, redactor.word_bytes_max);
		if (json_buf->len - start + REST_BYTES_MAX > redactor.bytes_max ||
		    (redactor.budget == 0 && i + 1 < argc)) {
			char rest[REST_BYTES_MAX];

			take_back(&json, &before, before_len);
			snprintf(rest, sizeof(rest), "[... %zu more ...]", argc - i);
			json_text(&json, NULL, rest);
			break;
		}
	}
	json_end(&json, ']');
	end(&redactor);
	return hidden;
}

size_t
redact_text(struct buf *json_buf, const char *text, const struct redact_options *options)
{
	struct json json = { .buf = json_buf };
	const struct json before = json;
	struct redactor redactor;
	size_t start = json_buf->len;
	size_t hidden;

	begin(&redactor, options);
	hidden = show(&redactor, &json, text, strlen(text), redactor.word_bytes_max);
	if (json_buf->len - start > redactor.bytes_max) {
		take_back(&json, &before, start);
		show(&redactor, &json, text, strlen(text), redactor.bytes_max / ESCAPED_TIMES);
	}
	end(&redactor);
	return hidden;
}

bool
redact_is_secret_name(const char *name, size_t len)
{
	return telling_variable(name, len);
}
