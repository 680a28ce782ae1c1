#include "policy/learn.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "policy/arena.h"
#include "policy/bytes.h"
#include "policy/type.h"
#include "policy/value.h"

enum { ALTERNATIVES_MAX = 4 };

/* Requests of one peer that differ in their values only: the same program, as many
 * arguments, the same options at the same places, the same first word. */
struct shape {
	uint32_t uid;
	size_t argc;
	size_t count;
	const char *const *samples[LEARN_SAMPLES_MAX];
};

struct learn {
	struct arena arena;
	struct shape *shapes[LEARN_SHAPES_MAX];
	size_t count;
};

struct learn *
learn_new(void)
{
	return calloc(1, sizeof(struct learn));
}

struct learn *
learn_free(struct learn *learn)
{
	if (learn != NULL)
		arena_done(&learn->arena);
	free(learn);
	return NULL;
}

/* A word that says what is to be done, rather than to what. */
static bool
is_fixed(const char *const *argv, size_t at)
{
	return at <= 1 || argv[at][0] == '-';
}

static bool
is_like(const struct shape *shape, uint32_t uid, const char *const *argv, size_t argc)
{
	const char *const *sample = shape->samples[0];

	if (shape->uid != uid || shape->argc != argc)
		return false;
	for (size_t i = 0; i < argc; i++)
		if ((is_fixed(argv, i) || is_fixed(sample, i)) && strcmp(argv[i], sample[i]) != 0)
			return false;
	return true;
}

static bool
is_known(const struct shape *shape, const char *const *argv)
{
	for (size_t i = 0; i < shape->count; i++) {
		size_t at = 0;

		while (at < shape->argc && strcmp(shape->samples[i][at], argv[at]) == 0)
			at++;
		if (at == shape->argc)
			return true;
	}
	return false;
}

static struct shape *
find_shape(struct learn *learn, uint32_t uid, const char *const *argv, size_t argc)
{
	struct shape *shape;

	for (size_t i = 0; i < learn->count; i++)
		if (is_like(learn->shapes[i], uid, argv, argc))
			return learn->shapes[i];
	if (learn->count == LEARN_SHAPES_MAX)
		return NULL;
	shape = arena_take(&learn->arena, 1, sizeof(*shape));
	if (shape == NULL)
		return NULL;
	shape->uid = uid;
	shape->argc = argc;
	learn->shapes[learn->count++] = shape;
	return shape;
}

bool
learn_add(struct learn *learn, uint32_t uid, const char *const *argv, size_t argc)
{
	const char **copy;
	struct shape *shape;

	if (argc == 0 || argc > LEARN_ARGS_MAX)
		return false;
	shape = find_shape(learn, uid, argv, argc);
	if (shape == NULL || shape->count == LEARN_SAMPLES_MAX)
		return false;
	if (is_known(shape, argv))
		return true;
	copy = arena_take(&learn->arena, argc, sizeof(*copy));
	for (size_t i = 0; copy != NULL && i < argc; i++) {
		copy[i] = arena_text(&learn->arena, argv[i], strlen(argv[i]));
		if (copy[i] == NULL)
			return false;
	}
	if (copy == NULL)
		return false;
	shape->samples[shape->count++] = copy;
	return true;
}

size_t
learn_count(const struct learn *learn)
{
	return learn->count;
}

void
learn_shape(const struct learn *learn, size_t shape, uint32_t *ret_uid, size_t *ret_samples)
{
	*ret_uid = learn->shapes[shape]->uid;
	*ret_samples = learn->shapes[shape]->count;
}

/* As a policy writes it. */
static void
write_literal(struct buf *exec, const char *text)
{
	if (*text == '\0')
		buf_add_text(exec, "\"\"");
	for (; *text != '\0'; text++) {
		if (!byte_is(BYTE_GRAPHIC, *text) || strchr("{}()[]<>|\"\\", *text) != NULL)
			buf_printf(exec, "\\x%02x", (unsigned char)*text);
		else
			buf_add(exec, text, 1);
	}
}

/* Indexes of the different values at a place; one more than fits: there are more. */
static size_t
distinct(const struct shape *shape, size_t at, size_t list[ALTERNATIVES_MAX + 1])
{
	size_t count = 0;

	for (size_t i = 0; i < shape->count && count <= ALTERNATIVES_MAX; i++) {
		bool known = false;

		for (size_t k = 0; k < count; k++)
			known = known ||
				strcmp(shape->samples[list[k]][at], shape->samples[i][at]) == 0;
		if (!known)
			list[count++] = i;
	}
	return count;
}

static bool
all_are(const struct shape *shape, size_t at, const struct type *type)
{
	for (size_t i = 0; i < shape->count; i++)
		if (!type_takes(type, shape->samples[i][at], strlen(shape->samples[i][at])))
			return false;
	return true;
}

static void
write_range(const struct shape *shape, size_t at, struct buf *exec)
{
	int64_t low = INT64_MAX;
	int64_t high = 0;

	for (size_t i = 0; i < shape->count; i++) {
		const char *text = shape->samples[i][at];
		int64_t value = 0;

		value_read_int(text, strlen(text), &value);
		low = value < low ? value : low;
		high = value > high ? value : high;
	}
	buf_printf(exec, "{v%zu:int(%" PRId64 "..%" PRId64 ")}", at, low, high);
}

/* The tightest type that takes all samples; none but `any` may take them. */
static void
write_type(const struct shape *shape, size_t at, struct buf *exec)
{
	static const int kinds[] = { POLICY_IPV4, POLICY_IPV6, POLICY_IP,     POLICY_CIDR,
				     POLICY_MAC,  POLICY_UUID, POLICY_IFNAME, POLICY_USER,
				     POLICY_WORD, POLICY_TEXT };
	struct type type = { .kind = POLICY_INT, .high = INT64_MAX };

	if (all_are(shape, at, &type)) {
		write_range(shape, at, exec);
		return;
	}
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		type = (struct type){ .kind = kinds[i] };
		if (all_are(shape, at, &type)) {
			buf_printf(exec, "{v%zu:%s}", at, type_name(kinds[i]));
			return;
		}
	}
	buf_printf(exec, "{v%zu:any}", at);
}

void
learn_exec(const struct learn *learn, size_t number, learn_find find, void *ctx, struct buf *exec)
{
	const struct shape *shape = learn->shapes[number];
	const char *program = shape->samples[0][0];
	const char *found = program[0] == '/' ? program : find(ctx, program);

	if (found == NULL)
		buf_add_text(exec, "/usr/sbin/");
	write_literal(exec, found != NULL ? found : program);
	for (size_t at = 1; at < shape->argc; at++) {
		size_t list[ALTERNATIVES_MAX + 1];
		size_t count = distinct(shape, at, list);

		buf_add_text(exec, count > 1 && count <= ALTERNATIVES_MAX ? " (" : " ");
		for (size_t i = 0; i < count && count <= ALTERNATIVES_MAX; i++) {
			buf_add_text(exec, i > 0 ? "|" : "");
			write_literal(exec, shape->samples[list[i]][at]);
		}
		if (count > ALTERNATIVES_MAX)
			write_type(shape, at, exec);
		buf_add_text(exec, count > 1 && count <= ALTERNATIVES_MAX ? ")" : "");
	}
}
