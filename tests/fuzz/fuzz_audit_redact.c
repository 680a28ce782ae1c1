/* Any words become one line within the bounds, and what the policy knows to be
 * secret is in it nowhere. */
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "audit/redact.h"
#include "fuzz.h"

enum { WORDS_MAX = 64, BOUND = 2000 };

const char *const fuzz_seeds[] = {
	"\x01\x02\x08--password\nhunter2hunter2\nx",
	"\x02\x03\x09mysql\n-phunter2\n--token=hunter2hunter2",
	"\x03\x01\x07https://me:hunter2@host/?access_token=abc&sig=x",
	"Authorization: Basic abcdef",
	"Cookie: a=b",
	"-----BEGIN RSA PRIVATE KEY-----",
	"-----END RSA PRIVATE KEY-----",
	"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
	"ghp_a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1a1",
	"bearer abcdefghijklmnop",
	"auth_pass \"x",
	"psk \"y",
	"curl\n-u\nredis-cli\n-a\n",
	"password = '",
	"\xe2\x82\xac",
	NULL,
};

/* Texts that redaction puts in itself. */
static const char own[] =
	"[REDACTED:secret][REDACTED:value][REDACTED:option][REDACTED:key]"
	"[REDACTED:url][REDACTED:header][REDACTED:shape][... bytes ...][... more ...]";

/* Is it a text that is found as it is, if it is there? */
static bool
is_plain(const char *text)
{
	bool has_letter = false;

	for (const char *c = text; *c != '\0'; c++) {
		if (!isalnum((unsigned char)*c))
			return false;
		has_letter = has_letter || isalpha((unsigned char)*c);
	}
	return has_letter && strlen(text) >= REDACT_EXACT_BYTES_MIN && strstr(own, text) == NULL;
}

static void
check_line(const struct buf *buf, size_t bound)
{
	FUZZ_CHECK(buf->len <= bound && strlen(buf->data) == buf->len);
	for (size_t i = 0; i < buf->len; i++)
		FUZZ_CHECK((unsigned char)buf->data[i] >= 0x20);
}

static void
check_words(const char *const *argv, size_t argc, const struct redact_secret *secret)
{
	const struct redact_options options = {
		.secrets = secret, .secret_count = 1, .word_bytes_max = 100, .bytes_max = BOUND
	};
	const char *word = secret->argument < argc ? argv[secret->argument] : "";
	size_t word_len = strlen(word);
	char *value = strndup(word + (secret->offset < word_len ? secret->offset : word_len),
			      secret->len);
	struct buf buf = { 0 };

	FUZZ_CHECK(value != NULL);
	redact_argv(&buf, argv, argc, &options);
	check_line(&buf, BOUND);
	FUZZ_CHECK(buf.data[0] == '[' && buf.data[buf.len - 1] == ']');
	if (is_plain(value) && strstr(buf.data, "base64") == NULL)
		FUZZ_CHECK(strstr(buf.data, value) == NULL);
	buf_done(&buf);
	free(value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	const struct redact_options options = { .bytes_max = BOUND };
	const char *argv[WORDS_MAX];
	struct redact_secret secret = { 0 };
	struct buf buf = { 0 };
	size_t argc = 0;
	char *text;
	char *rest;

	if (len < 3)
		return 0;
	secret = (struct redact_secret){ data[0] % 8, data[1] % 32, data[2] };
	text = strndup((const char *)data + 3, len - 3);
	FUZZ_CHECK(text != NULL);
	redact_text(&buf, text, &options);
	check_line(&buf, BOUND);
	buf_done(&buf);

	rest = text;
	while (argc < WORDS_MAX && rest != NULL)
		argv[argc++] = strsep(&rest, "\n");
	check_words(argv, argc, &secret);
	free(text);
	return 0;
}
