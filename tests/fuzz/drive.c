/* drive.c [ROUNDS]: seeds, and what becomes of them. */
#include <string.h>

#include "fuzz.h"

enum { BYTES_MAX = 4096, ROUNDS = 20000 };

static uint32_t state = 1;

static uint32_t
chance(uint32_t below)
{
	state = state * 1664525u + 1013904223u; /* Knuth's; the low bits are poor */
	return (uint32_t)(((uint64_t)(state >> 8) * below) >> 24);
}

static const char *
pick_seed(void)
{
	size_t count = 0;

	while (fuzz_seeds[count] != NULL)
		count++;
	return fuzz_seeds[chance((uint32_t)count)];
}

/* Puts `from` into the text at a place, or over what is there. */
static size_t
splice(uint8_t *data, size_t len, const void *from, size_t from_len)
{
	size_t at = chance((uint32_t)len + 1);
	size_t over = chance(2) ? 0 : from_len < len - at ? from_len : len - at;

	if (len - over + from_len > BYTES_MAX)
		return len;
	memmove(data + at + from_len, data + at + over, len - at - over);
	memcpy(data + at, from, from_len);
	return len - over + from_len;
}

static size_t
mutate(uint8_t *data, size_t len)
{
	uint8_t byte = (uint8_t)chance(256);
	const char *seed = pick_seed();

	switch (chance(5)) {
	case 0:
		return splice(data, len, &byte, 1);
	case 1:
		return splice(data, len, seed, strlen(seed));
	case 2:
		return chance((uint32_t)len + 1);
	case 3:
		if (len > 0)
			data[chance((uint32_t)len)] ^= (uint8_t)(1u << chance(8));
		return len;
	default:
		if (len > 0)
			data[chance((uint32_t)len)] = (uint8_t) "\0\n\"'=:-[]{}@ "[chance(13)];
		return len;
	}
}

int
main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : ROUNDS;
	uint8_t *data = malloc(BYTES_MAX);

	if (data == NULL)
		return 1;
	for (unsigned long round = 0; round < rounds; round++) {
		const char *seed = pick_seed();
		size_t len = strlen(seed) < BYTES_MAX ? strlen(seed) : BYTES_MAX;
		uint8_t *exact;

		memcpy(data, seed, len);
		for (uint32_t i = chance(12); i > 0; i--)
			len = mutate(data, len);
		exact = malloc(len + (len == 0)); /* so that a byte too many is seen */
		if (exact == NULL)
			return 1;
		memcpy(exact, data, len);
		LLVMFuzzerTestOneInput(exact, len);
		free(exact);
	}
	free(data);
	return 0;
}
