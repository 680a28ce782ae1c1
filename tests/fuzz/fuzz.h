/* fuzz.h - what is given any bytes, and must hold what it promises.
 *
 * Each program has LLVMFuzzerTestOneInput(). With clang, libFuzzer drives it:
 *
 *   ./dev build fuzz
 *   build/fuzz/tests/fuzz/libfuzzer_audit_verify -max_total_time=60
 *
 * Everywhere else drive.c does, with the same mutations in every run, as a test.
 */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

/* A promise that was not kept. */
#define FUZZ_CHECK(condition)                                                                      \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);    \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Where drive.c begins; the last is NULL. */
extern const char *const fuzz_seeds[];

#endif
