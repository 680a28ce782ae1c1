#include "wire/wire.h"

#include <string.h>

static const uint32_t kinds[] = {
	WIRE_HELLO,    WIRE_ASK,     WIRE_SIGNAL, WIRE_STOP,
	WIRE_ACCEPTED, WIRE_REFUSED, WIRE_RECORD, WIRE_ENDED,
};

static bool
is_kind(uint32_t kind)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i] == kind)
			return true;
	return false;
}

const char *
wire_read(const void *data, size_t len, struct wire_frame *ret_frame)
{
	struct wire_frame frame;

	if (len < sizeof(frame.head) || len > WIRE_FRAME_MAX)
		return "a frame of this size";
	memcpy(&frame.head, data, sizeof(frame.head));
	if (frame.head.size != len)
		return "a frame of another size than it says";
	if (!is_kind(frame.head.kind))
		return "a frame of an unknown kind";
	if ((frame.head.id == 0) != (frame.head.kind == WIRE_HELLO))
		return "an id where none belongs, or none where one does";
	frame.body = (const char *)data + sizeof(frame.head);
	frame.body_len = len - sizeof(frame.head);
	*ret_frame = frame;
	return NULL;
}

/* A body of one struct. */
static bool
is_body(const struct wire_frame *frame, uint32_t kind, void *ret_body, size_t size)
{
	if (frame->head.kind != kind || frame->body_len != size)
		return false;
	memcpy(ret_body, frame->body, size);
	return true;
}

unsigned
wire_fd_count(uint32_t flags)
{
	unsigned count = 0;

	for (uint32_t flag = WIRE_HAS_IN; flag <= WIRE_HAS_CWD; flag <<= 1)
		count += (flags & flag) != 0;
	return count;
}

/* The texts one after the other: exactly so many, and nothing after them. */
static bool
split_texts(const char *text, size_t len, size_t argc, size_t envc, const char **words)
{
	const char *end = text + len;

	for (size_t i = 0; i < argc + envc; i++) {
		const char *nul = memchr(text, '\0', (size_t)(end - text));

		if (nul == NULL)
			return false;
		words[i < argc ? i : i + 1] = text;
		text = nul + 1;
	}
	words[argc] = NULL;
	words[argc + 1 + envc] = NULL;
	return text == end;
}

const char *
wire_read_ask(const struct wire_frame *frame, struct wire_ask *ret_ask, const char **words)
{
	struct wire_ask ask;

	if (frame->head.kind != WIRE_ASK || frame->body_len < sizeof(ask))
		return "a request that is cut";
	memcpy(&ask, frame->body, sizeof(ask));
	if ((ask.flags & ~(uint32_t)WIRE_FLAGS_ALL) != 0)
		return "a request with unknown flags";
	if (ask.timeout_ms < 0)
		return "a request with a negative time limit";
	if (ask.argc == 0 || ask.argc > WIRE_WORDS_MAX || ask.envc > WIRE_WORDS_MAX)
		return "a request without a command, or with too many words";
	if (ask.text_bytes != frame->body_len - sizeof(ask) ||
	    !split_texts(frame->body + sizeof(ask), ask.text_bytes, ask.argc, ask.envc, words))
		return "a request whose words are not as many as it says";
	*ret_ask = ask;
	return NULL;
}

const char *
wire_read_hello(const struct wire_frame *frame, struct wire_hello *ret_hello)
{
	struct wire_hello hello;

	if (!is_body(frame, WIRE_HELLO, &hello, sizeof(hello)))
		return "no hello";
	if (hello.version != WIRE_VERSION)
		return "another version of the protocol";
	*ret_hello = hello;
	return NULL;
}

const char *
wire_read_signal(const struct wire_frame *frame, unsigned *ret_number)
{
	struct wire_signal signal;

	if (!is_body(frame, WIRE_SIGNAL, &signal, sizeof(signal)) || signal.zero != 0)
		return "a signal that is cut";
	*ret_number = signal.number;
	return NULL;
}

const char *
wire_read_stop(const struct wire_frame *frame, bool *ret_at_once)
{
	struct wire_stop stop;

	if (!is_body(frame, WIRE_STOP, &stop, sizeof(stop)) || stop.at_once > 1 || stop.zero != 0)
		return "no way to stop";
	*ret_at_once = stop.at_once != 0;
	return NULL;
}

const char *
wire_read_refusal(const struct wire_frame *frame, struct wire_refusal *ret_refusal,
		  const char **ret_text, size_t *ret_len)
{
	if (frame->head.kind != WIRE_REFUSED || frame->body_len < sizeof(*ret_refusal))
		return "a refusal that is cut";
	memcpy(ret_refusal, frame->body, sizeof(*ret_refusal));
	*ret_text = frame->body + sizeof(*ret_refusal);
	*ret_len = frame->body_len - sizeof(*ret_refusal);
	return NULL;
}

const char *
wire_read_result(const struct wire_frame *frame, struct wire_result *ret_result)
{
	struct wire_result result;

	if (!is_body(frame, WIRE_ENDED, &result, sizeof(result)))
		return "a result that is cut";
	if (memchr(result.id, '\0', sizeof(result.id)) == NULL ||
	    memchr(result.stopped_by, '\0', sizeof(result.stopped_by)) == NULL)
		return "a result with a text without end";
	*ret_result = result;
	return NULL;
}

/* The head, of a body that will have `len` bytes; 0: too large. */
static size_t
write_head(char *frame, uint32_t kind, uint64_t id, size_t len)
{
	struct wire_head head = { .kind = kind, .id = id };

	if (len > WIRE_FRAME_MAX - sizeof(head))
		return 0;
	head.size = (uint32_t)(sizeof(head) + len);
	memcpy(frame, &head, sizeof(head));
	return head.size;
}

size_t
wire_write(void *frame, uint32_t kind, uint64_t id, const void *body, size_t len)
{
	size_t size = write_head(frame, kind, id, len);

	if (size != 0 && len != 0)
		memcpy((char *)frame + sizeof(struct wire_head), body, len);
	return size;
}

/* How many there are, and adds their bytes, NULs included. */
static size_t
measure(const char *const *words, size_t *bytes)
{
	size_t count = 0;

	for (; words != NULL && words[count] != NULL; count++)
		*bytes += strlen(words[count]) + 1;
	return count;
}

static char *
put_words(char *at, const char *const *words, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t len = strlen(words[i]) + 1;

		memcpy(at, words[i], len);
		at += len;
	}
	return at;
}

size_t
wire_write_ask(void *frame, uint64_t id, const struct wire_ask *ask, const char *const *argv,
	       const char *const *env)
{
	struct wire_ask body = *ask;
	size_t bytes = 0;
	size_t argc = measure(argv, &bytes);
	size_t envc = measure(env, &bytes);
	char *at = (char *)frame + sizeof(struct wire_head);
	size_t size;

	if (argc == 0 || argc > WIRE_WORDS_MAX || envc > WIRE_WORDS_MAX)
		return 0;
	size = write_head(frame, WIRE_ASK, id, sizeof(body) + bytes);
	if (size == 0)
		return 0;
	body.argc = (uint32_t)argc;
	body.envc = (uint32_t)envc;
	body.text_bytes = (uint32_t)bytes;
	memcpy(at, &body, sizeof(body));
	put_words(put_words(at + sizeof(body), argv, argc), env, envc);
	return size;
}

size_t
wire_write_refusal(void *frame, uint64_t id, const struct wire_refusal *refusal, const char *text)
{
	size_t len = strlen(text); /* the frame says where it ends: no NUL */
	char *at = (char *)frame + sizeof(struct wire_head);
	size_t size = write_head(frame, WIRE_REFUSED, id, sizeof(*refusal) + len);

	if (size == 0)
		return 0;
	memcpy(at, refusal, sizeof(*refusal));
	for (size_t i = 0; i < len; i++)
		at[sizeof(*refusal) + i] = text[i];
	return size;
}
