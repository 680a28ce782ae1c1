#include "proc/ulid.h"

#include <stdint.h>

#include "os/os_clock.h"

void
ulid_make(char buf[27])
{
	static const char letters[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	uint64_t ms = (uint64_t)(os_clock_real_ns() / NS_PER_MS);
	uint64_t chance[2];

	os_random(chance, sizeof(chance));
	for (int i = 9; i >= 0; i--, ms >>= 5)
		buf[i] = letters[ms & 31];
	for (int i = 0; i < 16; i++)
		buf[10 + i] = letters[chance[i / 8] >> i % 8 * 5 & 31];
	buf[26] = '\0';
}
