/* wire.h - the frames between writd and who asks it, as docs/PROTOCOL.md says.
 *
 * Pure: bytes in, bytes out. What is read points into the frame.
 */
#ifndef WRIT_WIRE_WIRE_H
#define WRIT_WIRE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_SOCKET "/run/writ/writd.sock"

enum {
	WIRE_VERSION = 1,
	WIRE_FRAME_MAX = 96 * 1024, /* bytes of one frame */
	WIRE_WORDS_MAX = 4096,	    /* argc, and envc */
	WIRE_FDS_MAX = 4,
};

/* Words of four letters: one flipped bit makes no other of them. */
#define WIRE_WORD(a, b, c, d) \
	((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

enum wire_kind {
	WIRE_HELLO = WIRE_WORD('H', 'E', 'L', 'O'),
	WIRE_ASK = WIRE_WORD('A', 'S', 'K', '.'),
	WIRE_SIGNAL = WIRE_WORD('S', 'I', 'G', 'N'),
	WIRE_STOP = WIRE_WORD('S', 'T', 'O', 'P'),
	WIRE_ACCEPTED = WIRE_WORD('P', 'A', 'S', 'S'),
	WIRE_REFUSED = WIRE_WORD('D', 'E', 'N', 'Y'),
	WIRE_RECORD = WIRE_WORD('R', 'E', 'C', 'O'),
	WIRE_ENDED = WIRE_WORD('E', 'N', 'D', 'S'),
};

enum wire_flags {
	WIRE_HAS_IN = 1, /* a descriptor for it comes with the frame, in this order */
	WIRE_HAS_OUT = 2,
	WIRE_HAS_ERR = 4,
	WIRE_HAS_CWD = 8,
	WIRE_WANTS_RECORD = 16,
	WIRE_FLAGS_ALL = 31,
};

enum wire_code { /* why it was refused */
	WIRE_NO_RULE = 1,
	WIRE_MALFORMED = 2,
	WIRE_BAD_DESCRIPTOR = 3,
	WIRE_TOO_MANY = 4,
	WIRE_NOT_STARTED = 5,
	WIRE_CANNOT = 6,
	WIRE_RULE_BUSY = 7,
};

struct wire_head {
	uint32_t kind;
	uint32_t size;
	uint64_t id;
};

struct wire_hello {
	uint32_t version;
	uint32_t requests_max; /* zero from the client */
};

struct wire_ask {
	int64_t timeout_ms;
	uint32_t flags;
	uint32_t argc;
	uint32_t envc;
	uint32_t text_bytes;
};

struct wire_signal {
	uint32_t number;
	uint32_t zero;
};

struct wire_stop {
	uint32_t at_once; /* 0: TERM, and KILL 5 s later; 1: KILL */
	uint32_t zero;
};

struct wire_refusal {
	uint32_t code; /* enum wire_code */
	int32_t err_no;
};

/* What is known of the run; numbers as in struct writ_result, -1: not seen. */
struct wire_result {
	char id[32]; /* of the run, as in the record; ended by NUL */
	int64_t started_ns;
	int64_t wall_ns;
	int64_t user_ns;
	int64_t sys_ns;
	int64_t max_rss_bytes;
	int64_t in_bytes;
	int64_t out_bytes;
	int64_t err_bytes;
	int32_t cause; /* enum writ_cause */
	int32_t exit_code;
	int32_t signal;
	int32_t containment; /* enum writ_level */
	int32_t left_count;
	int32_t left_killed;
	int32_t left_kept;
	int32_t left_survived;
	uint8_t core_dumped;
	uint8_t timed_out;
	uint8_t forced;
	uint8_t out_truncated;
	uint8_t err_truncated;
	uint8_t zero[3];
	char stopped_by[16];
};

/* A frame that was checked: its kind is known, its size right. */
struct wire_frame {
	struct wire_head head;
	const char *body;
	size_t body_len;
};

/* NULL, or what is wrong with it; static text. */
const char *wire_read(const void *data, size_t len, struct wire_frame *ret_frame);

/* A request: checks flags, counts and texts. `words` gets argc + envc pointers into the
 * frame with a NULL after each list; it has room for WIRE_WORDS_ROOM. */
enum { WIRE_WORDS_ROOM = 2 * WIRE_WORDS_MAX + 2 };
const char *wire_read_ask(const struct wire_frame *frame, struct wire_ask *ret_ask,
			  const char **words);

const char *wire_read_hello(const struct wire_frame *frame, struct wire_hello *ret_hello);
const char *wire_read_signal(const struct wire_frame *frame, unsigned *ret_number);
const char *wire_read_stop(const struct wire_frame *frame, bool *ret_at_once);
const char *wire_read_refusal(const struct wire_frame *frame, struct wire_refusal *ret_refusal,
			      const char **ret_text, size_t *ret_len);
const char *wire_read_result(const struct wire_frame *frame, struct wire_result *ret_result);

/* How many descriptors the flags of a request speak of. */
unsigned wire_fd_count(uint32_t flags);

/* Writing: each fills `frame`, which has room for WIRE_FRAME_MAX, and returns the bytes; 0: it
 * would be larger than a frame may be. */
size_t wire_write(void *frame, uint32_t kind, uint64_t id, const void *body, size_t len);
size_t wire_write_ask(void *frame, uint64_t id, const struct wire_ask *ask,
		      const char *const *argv, const char *const *env);
size_t wire_write_refusal(void *frame, uint64_t id, const struct wire_refusal *refusal,
			  const char *text);

#endif
