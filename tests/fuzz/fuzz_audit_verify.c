/* Any bytes are judged the same in one piece and in many; and nothing but the
 * very bytes that were written is intact to who has the head. */
#include <string.h>

#include "audit/verify.h"
#include "fuzz.h"

enum { LINES = 8, CHAIN_BYTES_MAX = LINES * 512 };

const char *const fuzz_seeds[] = {
	"{\"writ\": \"audit/1\", \"n\": 1, \"time\": \"2026-01-01T00:00:00.000000000Z\", "
	"\"prev\": \"" LINE_NO_PREV "\", \"event\": \"accepted\", \"a\": 1}\n",
	"{\"writ\": \"audit/1\", \"n\": 2, \"time\": \"2026-01-01T00:00:00.000000000Z\", "
	"\"prev\": \"" LINE_NO_PREV "\", \"event\": \"torn\", \"bytes\": 7, \"sha256\": "
	"\"" LINE_NO_PREV "\"}\n",
	"[torn]\n",
	"\n",
	"\x01",
	"\x01"
	"abcdefghijkl",
	NULL,
};

static enum audit_fault
judge(const uint8_t *data, size_t len, size_t piece, const struct audit_head *head,
      struct audit_verify *verify)
{
	audit_verify_begin(verify, head);
	audit_verify_file(verify);
	for (size_t at = 0; at < len; at += piece)
		audit_verify_add(verify, data + at, len - at < piece ? len - at : piece);
	return audit_verify_end(verify);
}

static void
check_pieces(const uint8_t *data, size_t len)
{
	struct audit_verify whole;
	struct audit_verify pieces;

	judge(data, len, len + 1, NULL, &whole);
	judge(data, len, 1 + len % 97, NULL, &pieces);
	FUZZ_CHECK(whole.fault == pieces.fault && whole.at.line == pieces.at.line);
	FUZZ_CHECK(whole.lines == pieces.lines && whole.open_bytes == pieces.open_bytes);
	FUZZ_CHECK(strcmp(whole.head.hash, pieces.head.hash) == 0);
}

static size_t
make_chain(char *text, struct audit_head *head)
{
	size_t len = 0;

	*head = (struct audit_head){ 0, LINE_NO_PREV };
	for (unsigned n = 1; n <= LINES; n++) {
		struct line line = { .n = n, .event = "accepted" };
		size_t at = len;

		memcpy(line.prev, head->hash, sizeof(line.prev));
		len += line_write(text + len, CHAIN_BYTES_MAX - len, &line, n * 1000000007LL);
		len += (size_t)snprintf(text + len, CHAIN_BYTES_MAX - len, ", \"i\": %u}\n", n);
		head->n = n;
		digest_of(text + at, len - at, head->hash);
	}
	return len;
}

/* The input says what is changed: a place, and a byte for it; or a piece that is
 * taken out, moved or doubled. */
static void
check_spoilt(const uint8_t *data, size_t len)
{
	static char text[CHAIN_BYTES_MAX];
	static uint8_t spoilt[2 * CHAIN_BYTES_MAX];
	struct audit_verify verify;
	struct audit_head head;
	size_t chain_len = make_chain(text, &head);
	size_t spoilt_len = chain_len;

	memcpy(spoilt, text, chain_len);
	for (; len >= 3 && spoilt_len > 0; data += 3, len -= 3) {
		size_t at = ((size_t)data[0] << 8 | data[1]) % spoilt_len;
		size_t rest = spoilt_len - at;

		if (data[0] < 128) {
			spoilt[at] = data[2];
		} else if (data[0] < 192) {
			size_t out = data[2] < rest ? data[2] : rest;

			memmove(spoilt + at, spoilt + at + out, rest - out);
			spoilt_len -= out;
		} else if (spoilt_len + data[2] < sizeof(spoilt)) {
			memmove(spoilt + at + data[2], spoilt + at, rest);
			spoilt_len += data[2];
		}
	}
	if (judge(spoilt, spoilt_len, spoilt_len + 1, &head, &verify) == AUDIT_INTACT)
		FUZZ_CHECK(spoilt_len == chain_len && memcmp(spoilt, text, chain_len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	check_pieces(data, len);
	if (len > 0 && data[0] == 1)
		check_spoilt(data + 1, len - 1);
	return 0;
}
